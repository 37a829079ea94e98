"""Strategies written in Python, against the interface of those in C++, taking part in the same run.

>>> @aivmsim.strategy("always_seven", role="provider")
... class AlwaysSeven(aivmsim.ProviderStrategy):
...     def steps_to_compute(self, view):
...         return 0
...     def answer(self, view):
...         return 7
>>> scenario.replace(**{"provider.lazy.strategy": "python:always_seven"})

A strategy sees what its actor sees and decides; the actor does the rest. Chance comes from
``self.random`` and from nowhere else, or two runs of one seed differ. One object plays one actor of
one run. Views are good during the call that they are given to; their ``state`` has the queries of
:class:`aivmsim.State`, rows as plain dicts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, NamedTuple, TypeVar

from . import _core
from .operations import DisputeMove, Operation, SubmitTask
from .scenario import Scenario
from .vm import Block, Record, SignedOperation

RandomStream = _core.RandomStream
TaskView = _core.TaskView
NodeView = _core.NodeView
DisputeView = _core.DisputeView
DemandView = _core.DemandView
StrategyError = _core.StrategyError


class StrategyContext:
    """What a strategy knows before the run.

    Attributes
    ----------
    random : RandomStream
        Its own stream, for its decisions.
    identity : Record
        ``id``, ``role``, ``group``, ``address``, ``provider_id``.
    accomplices : list of Record
        All identities of its principal, itself included.
    config, policy : dict
        The rules, as :func:`aivmsim.default_config` and :func:`aivmsim.default_policy` have them.
    block_interval_ns : int
        Between two blocks.
    side : SideChannel
        Notices and payments between principals: ``post(topic, task, assignment, answer, amount)``,
        ``notices()``, ``pay(to, amount)``.

    Examples
    --------
    >>> import aivmsim
    >>> class Counts(aivmsim.ProviderStrategy):
    ...     def __init__(self, parameters, context):
    ...         super().__init__(parameters, context)
    ...         self.window = context.policy["challenge_reveal_blocks"]
    """

    def __init__(self, context: Mapping[str, Any]) -> None:
        self.random: RandomStream = context["random"]
        self.identity = Record(context["identity"])
        self.accomplices = [Record(identity) for identity in context["accomplices"]]
        self.config: dict[str, Any] = json.loads(context["config"])
        self.policy: dict[str, Any] = context["policy"]
        self.block_interval_ns: int = context["block_interval_ns"]
        self.side: _core.SideChannel = context["side"]

    def is_accomplice(self, address: str) -> bool:
        """Whether this address belongs to the same principal."""
        return any(identity["address"] == address for identity in self.accomplices)


class Strategy:
    """The base of all strategies.

    Attributes
    ----------
    parameters : dict
        The parameters of the group, with defaults filled in.
    context : StrategyContext
        What the strategy knows before the run.
    random : RandomStream
        The actor's own stream; the only source of randomness that keeps runs repeatable.
    """

    role: ClassVar[str]
    _base: ClassVar[type[Strategy]]

    def __init__(self, parameters: Mapping[str, int], context: StrategyContext) -> None:
        self.parameters = dict(parameters)
        self.context = context
        self.random = context.random

    @classmethod
    def _overridden(cls) -> set[str]:
        """The hooks that the class overrides; the others are answered without asking it."""
        hooks = {name for name in dir(cls._base) if not name.startswith("_")}
        return {name for name in hooks if getattr(cls, name) is not getattr(cls._base, name)}

    @property
    def _hooks(self) -> set[str]:
        return self._overridden()


class _Client(Strategy):
    def on_block(self, view: NodeView) -> Iterable[Operation] | None:
        """Operations beyond its role's own, such as leaving; called once for every block that it
        receives."""
        return None

    def on_pending(self, view: NodeView, operation: SignedOperation) -> Iterable[Operation] | None:
        """An operation of others waits for a block; called only where registered with
        ``watches_pending=True``."""
        return None


class ProviderStrategy(_Client):
    """Answers tasks; honestly unless a hook is overridden.

    Examples
    --------
    >>> import aivmsim
    >>> @aivmsim.strategy("sometimes_wrong", role="provider")
    ... class SometimesWrong(aivmsim.ProviderStrategy):
    ...     def answer(self, view):
    ...         return view.run() ^ int(self.random.bernoulli_ppm(100_000))
    """

    role = "provider"

    def steps_to_compute(self, view: TaskView) -> int:
        """How many inference steps it computes before it answers; 0: answers without computing."""
        return view.steps

    def answer(self, view: TaskView) -> int | None:
        """The answer to post or commit to, 0 to 255, or None to stay silent; asked when it has been
        computed."""
        return view.run()

    def joins(self, state: _core.State | None) -> bool:
        """Whether to register now; asked at the start, without a state, and at every block until it
        says yes."""
        return True

    def waits(self, view: TaskView) -> bool:
        """Whether to hold the answer back; asked before :meth:`answer`, and at every block until it
        says no."""
        return False

    def reveals(self, view: TaskView) -> bool:
        """Redundant mode: whether to reveal now; asked at every block of the reveal window until
        yes."""
        return True

    def trace(self, view: TaskView, answer: int) -> list[tuple[bytes, int]]:
        """The steps whose root it posts with an answer of several steps, each (input, output)."""
        raise NotImplementedError

    def reported_time_ms(self, view: TaskView) -> int:
        """The computing time that it reports."""
        raise NotImplementedError

    def move(self, view: DisputeView) -> DisputeMove | None:
        """Bisection: the opening that is due; None to wait and be asked again."""
        raise NotImplementedError

    def evidence(self, device: _core.Device, now_ns: int) -> bytes | None:
        """Evidence to register with, or to renew its attestation with: ``device.quote(now_ns)``, or
        an older one."""
        return device.quote(now_ns)


class ChallengerStrategy(_Client):
    """Checks posted answers; by default every one, and challenges the wrong ones.

    Examples
    --------
    >>> import aivmsim
    >>> @aivmsim.strategy("every_other", role="challenger", honest=True)
    ... class EveryOther(aivmsim.ChallengerStrategy):
    ...     def steps_to_check(self, view):
    ...         return view.steps if view.index % 2 == 0 else None
    """

    role = "challenger"

    def steps_to_check(self, view: TaskView) -> int | None:
        """How many steps it computes to check this answer; None: it does not check it at all."""
        return view.steps

    def claim(self, view: TaskView) -> int | None:
        """The claim to challenge ``view.posted`` with, or None to let it pass."""
        truth = view.run()
        return None if truth == view.posted else truth

    def commits(self, view: TaskView) -> bool:
        """Whether to open its challenge now; asked when it has a claim, and at every block until it
        says yes."""
        return True

    def reveals(self, view: DisputeView) -> bool:
        """Whether to reveal its open challenge now; asked at every block until it says yes."""
        return True

    def move(self, view: DisputeView) -> DisputeMove | None:
        """Bisection: the verdict that is due; None to wait and be asked again."""
        raise NotImplementedError

    def again(self, view: TaskView) -> bool:
        """Whether to check a result again whose challenge was closed without proving it
        wrong."""
        return False


class RequesterStrategy(_Client):
    """Submits tasks; by default those of the workload when they are due.

    Examples
    --------
    >>> import aivmsim
    >>> @aivmsim.strategy("as_scheduled", role="requester", honest=True)
    ... class AsScheduled(aivmsim.RequesterStrategy):
    ...     pass
    """

    role = "requester"

    def submissions(self, view: DemandView) -> int:
        """How many tasks to submit now; called once per block interval."""
        return view.due

    def compose(self, task: SubmitTask, view: NodeView) -> SubmitTask | None:
        """Called before a task is submitted: returns another one in its place, or None to keep
        it."""
        return None

    def goes_on(self, view: NodeView) -> bool:
        """Whether it continues to be asked after its share of the workload is submitted."""
        return False

    def _compose(self, view: NodeView, task: dict[str, Any]) -> SubmitTask | None:
        return self.compose(SubmitTask(**task), view)


class BlockRef(NamedTuple):
    """A block by its id and height.

    Examples
    --------
    >>> import aivmsim
    >>> block = aivmsim.BlockRef("0x" + "00" * 32, 7)
    >>> block.height
    7
    """

    id: str
    height: int


class BlockInfo(NamedTuple):
    """A block and what it was built on.

    Examples
    --------
    >>> import aivmsim
    >>> class Builds(aivmsim.ValidatorStrategy):
    ...     def begin_block(self, parent, height, operations):
    ...         return super().begin_block(parent, height, operations)
    """

    id: str
    parent: str
    height: int
    proposer: int

    @property
    def ref(self) -> BlockRef:
        """The block without its parent."""
        return BlockRef(self.id, self.height)


class Vote(NamedTuple):
    """The answer to a poll.

    Attributes
    ----------
    preferred : BlockRef
        The tip that the validator says it prefers.
    at_height : str
        The id of the block that it prefers, or has accepted, at the asker's next height.
    last_accepted : BlockRef
        What it says it accepted last.

    Examples
    --------
    >>> import aivmsim
    >>> tip = aivmsim.BlockRef("0x" + "00" * 32, 7)
    >>> aivmsim.Vote(preferred=tip, at_height=tip.id, last_accepted=tip).preferred.height
    7
    """

    preferred: BlockRef
    at_height: str
    last_accepted: BlockRef

    @classmethod
    def _of(cls, values: Mapping[str, Any]) -> Vote:
        return cls(
            BlockRef(**values["preferred"]),
            values["at_height"],
            BlockRef(**values["last_accepted"]),
        )


class PollView(NamedTuple):
    """A poll that reached a validator.

    Attributes
    ----------
    block : BlockRef
        What the asker prefers.
    next_height : int
        The first height that the asker has not decided.
    undecided : list of BlockInfo
        Blocks that this validator has verified and not decided, by height.
    branch_asked_about : BlockInfo or None
        What the asker prefers at its next height, as far as it is undecided here.

    Examples
    --------
    >>> import aivmsim
    >>> class Agrees(aivmsim.ValidatorStrategy):
    ...     def vote(self, poll):
    ...         return super().vote(poll)
    """

    block: BlockRef
    next_height: int
    undecided: list[BlockInfo]
    branch_asked_about: BlockInfo | None

    @classmethod
    def _of(cls, values: Mapping[str, Any]) -> PollView:
        branch = values["branch_asked_about"]
        return cls(
            BlockRef(**values["block"]),
            values["next_height"],
            [BlockInfo(**block) for block in values["undecided"]],
            branch and BlockInfo(**branch),
        )


class Follower(NamedTuple):
    """A client that follows a validator: its number in the run, its role, and which of that role it
    is.

    Examples
    --------
    >>> import aivmsim
    >>> aivmsim.Follower._fields
    ('id', 'role', 'index_in_role')
    """

    id: int
    role: str
    index_in_role: int


class ValidatorStrategy(Strategy):
    """Builds blocks and votes; by default honestly, and includes every operation.

    :meth:`builds`, :meth:`begin_block` and :meth:`includes` are asked in both fidelities; the
    others of replicas only (``run.fidelity = "full"``): a virtual chain has no votes, nobody to
    split, and nobody to serve.

    Examples
    --------
    >>> import aivmsim
    >>> @aivmsim.strategy("no_challenges", role="validator")
    ... class NoChallenges(aivmsim.ValidatorStrategy):
    ...     def includes(self, operation):
    ...         return operation["kind"] != "Challenge"
    """

    role = "validator"

    def builds(self, state: _core.State, beacon: str) -> bool:
        """Whether to build on this state now that it may; `beacon` is what its block would draw
        with."""
        return True

    def begin_block(self, height: int) -> None:
        """Called before each block that this validator builds."""

    def includes(self, operation: SignedOperation) -> bool:
        """Whether a block that this validator builds may carry the operation."""
        return True

    def builds_twice(self) -> bool:
        """Whether to sign a second block for the slot of the one just built, and show it to half of
        the others."""
        return False

    def votes_twice(self) -> bool:
        """Whether to sign a second vote beside the one just signed, and show it to half of the
        others; asked only where votes are signed."""
        return False

    def tolerates(self, block: Block) -> bool:
        """Whether to accept a valid block as valid. Not called for blocks that the others
        have decided."""
        return True

    def vote(self, poll: PollView, answer: Vote) -> Vote | None:
        """Called before a poll is answered: returns another answer, or None to keep it."""
        return None

    def sends(self, to: int, message: bytes) -> tuple[bytes, float] | None:
        """Called before a consensus message is sent to another validator: returns the bytes to
        send in its place and how many seconds later, or None to send it as it is."""
        return None

    def runs_twice(self) -> bool:
        """Whether its identity is run twice: a second replica with a disk of its own talks to
        every second validator, and neither knows what the other signs."""
        return False

    def serves(self, follower: Follower) -> bool:
        """Whether to send accepted blocks to this client."""
        return True

    def rejected(self, block: Block, proposer: str) -> None:
        """Called when a block that it had verified was decided against."""

    def reports_equivocation(self) -> bool:
        """Whether to submit the evidence when somebody signed two blocks, or votes, for one
        slot."""
        return True

    def _builds(self, state: _core.State, beacon: str) -> bool:
        return self.builds(state, beacon)

    def _vote(self, poll: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any] | None:
        changed = self.vote(PollView._of(poll), Vote._of(answer))
        if changed is None:
            return None
        if not isinstance(changed, Vote):
            raise TypeError("the answer must be a Vote or None")
        preferred, at_height, last_accepted = changed
        return {
            "preferred": preferred._asdict(),
            "at_height": at_height,
            "last_accepted": last_accepted._asdict(),
        }

    def _serves(self, id: int, role: str, index_in_role: int) -> bool:
        return self.serves(Follower(id, role, index_in_role))


for _base in (ProviderStrategy, ChallengerStrategy, RequesterStrategy, ValidatorStrategy):
    _base._base = _base


class _Row(NamedTuple):
    made: type[Strategy]
    honest: bool
    watches_pending: bool
    parameters: dict[str, int]


class Registry:
    """Strategies by role and name. A worker process receives those that it needs with its task."""

    def __init__(self, rows: Mapping[tuple[str, str], _Row]) -> None:
        self._rows = dict(rows)

    def __bool__(self) -> bool:
        return bool(self._rows)

    def used_by(self, scenario: Scenario) -> Registry:
        """Those that a scenario names."""
        named = [scenario.get(key) for key in scenario.keys() if key.endswith(".strategy")]
        return Registry(
            {key: row for key, row in self._rows.items() if f"python:{key[1]}" in named}
        )

    def add(self, role: str, name: str, row: _Row) -> None:
        """Adds a row, or replaces an earlier one, as a notebook cell that is run twice does."""
        self._rows[role, name] = row

    def check(
        self, role: str, name: str, parameters: Mapping[str, int]
    ) -> tuple[str, str] | None:
        """What is wrong with a group's strategy and what would be right, or None."""
        row = self._rows.get((role, name))
        if row is None:
            known = ", ".join(f"python:{known}" for of, known in self._rows if of == role) or "none"
            return f'no {role} strategy is called "python:{name}"', f"registered in Python: {known}"
        for parameter in parameters:
            if parameter not in row.parameters:
                return (
                    f'python:{name} has no parameter "{parameter}"',
                    f"it has {', '.join(row.parameters) or 'none'}",
                )
        return None

    def polled(self, role: str, name: str) -> list[str]:
        """The hooks that a strategy overrides and that do something only where validators vote."""
        row = self._rows.get((role, name))
        hooks = row.made._overridden() if row is not None and role == "validator" else set()
        asked = {
            "builds_twice",
            "rejected",
            "reports_equivocation",
            "runs_twice",
            "sends",
            "tolerates",
            "vote",
            "votes_twice",
        }
        return sorted(hooks & asked)

    def make(
        self, role: str, name: str, parameters: Mapping[str, int], context: Mapping[str, Any]
    ) -> Strategy:
        """A strategy for one actor."""
        row = self._rows[role, name]
        return row.made(row.parameters | dict(parameters), StrategyContext(context))

    def watches_pending(self, role: str, name: str) -> bool:
        """Whether ``on_pending`` is called for it."""
        row = self._rows.get((role, name))
        return row is not None and row.watches_pending

    def is_honest(self, role: str, name: str) -> bool:
        """Whether its principals count as honest in every output."""
        row = self._rows.get((role, name))
        return row is not None and row.honest


#: All strategies of this process.
REGISTRY = Registry({})

_S = TypeVar("_S", bound=type[Strategy])


def strategy(
    name: str,
    role: str | None = None,
    honest: bool = False,
    watches_pending: bool = False,
    parameters: Mapping[str, int] | None = None,
) -> Callable[[_S], _S]:
    """Registers a class, which scenarios then name as ``strategy = "python:name"``.

    Parameters
    ----------
    name : str
        Its name, without ``python:``.
    role : {"provider", "challenger", "requester", "validator"}, optional
        The role of the class that it derives from; repeated here for the reader.
    honest : bool
        Whether its principals count as honest in every output.
    watches_pending : bool
        Whether ``on_pending`` is called for operations that wait for a block.
    parameters : mapping of str to int
        The parameters that a scenario can set, with defaults.

    Raises
    ------
    TypeError
        The class does not derive from the strategy class of its role.

    Examples
    --------
    >>> import aivmsim
    >>> @aivmsim.strategy("wrong", role="provider", parameters={"wrong_ppm": 1_000_000})
    ... class Wrong(aivmsim.ProviderStrategy):
    ...     def answer(self, view):
    ...         return view.run() ^ int(self.random.bernoulli_ppm(self.parameters["wrong_ppm"]))
    >>> scenario = aivmsim.Scenario.load("lazy_provider").replace(
    ...     **{"provider.lazy.strategy": "python:wrong"}
    ... )
    """

    def register(made: _S) -> _S:
        if not (isinstance(made, type) and issubclass(made, Strategy) and hasattr(made, "_base")):
            raise TypeError(
                f"{made.__name__} must derive from Provider-, Challenger-, Requester- or "
                "ValidatorStrategy"
            )
        if role not in (None, made.role):
            raise TypeError(
                f"{made.__name__} derives from a {made.role} strategy and is registered as {role}"
            )
        REGISTRY.add(made.role, name, _Row(made, honest, watches_pending, dict(parameters or {})))
        return made

    return register
