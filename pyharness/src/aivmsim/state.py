"""The state of a VM after a block: its rows, and the values that queries about them return."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from . import _core
from .kernels import DTYPES
from .operations import Hash


class Record(dict[str, Any]):
    """A row of the VM's state: a dict whose entries are attributes, too.

    Examples
    --------
    >>> import aivmsim
    >>> row = aivmsim.Record(status="assigned", fee=1_000_000_000)
    >>> row.status, row["fee"]
    ('assigned', 1000000000)
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no {name!r}; there are {', '.join(self)}") from None


class Event(NamedTuple):
    """An event of a block: its name, such as ``"TaskAssigned"``, and its fields.

    Examples
    --------
    >>> import aivmsim
    >>> event = aivmsim.Event("TaskAssigned", aivmsim.Record(task="job"))
    >>> event.name, event.fields.task
    ('TaskAssigned', 'job')
    """

    name: str
    fields: Record


class Conservation(NamedTuple):
    """Both sides of the balance, in nLUX: where everything is, and where it came from.

    Examples
    --------
    >>> import aivmsim
    >>> sides = aivmsim.VM(accounts={"alice": "100 LUX"}).conservation()
    >>> sides.holds, sides.burned
    (True, 0)
    """

    free: int
    bonds: int
    task_escrows: int
    challenge_bonds: int
    credits: int
    model_deposits: int
    burned: int
    genesis: int
    minted: int
    escrow_account: int

    @property
    def holds(self) -> bool:
        """Nothing appeared or vanished, and the escrow account holds what is in escrow."""
        pots = self.bonds + self.task_escrows + self.challenge_bonds + self.credits
        pots += self.model_deposits
        return (
            self.free + pots + self.burned == self.genesis + self.minted
            and self.escrow_account == pots
        )


class ReceiptProof(NamedTuple):
    """A receipt with its Merkle proof, to be checked against a receipt root alone.

    Examples
    --------
    >>> import aivmsim
    >>> aivmsim.ReceiptProof._fields[0]
    'receipt'
    """

    receipt: Record
    encoding: bytes
    index: int
    count: int
    siblings: list[str]

    def verify(self, receipt_root: Hash) -> bool:
        """Whether the receipt is number `index` of the `count` under this root."""
        return _core.verify_receipt_proof(
            receipt_root, self.encoding, self.index, self.count, self.siblings
        )


class Trace(NamedTuple):
    """An execution of a model: the root that a provider posts, and the (input, output) and Merkle
    proof of every step.

    Examples
    --------
    >>> import aivmsim
    >>> trace = aivmsim.Trace(root="0x00", steps=[(bytes(32), 7), (bytes(32), 9)], proofs=[[], []])
    >>> trace.answer
    9
    """

    root: str
    steps: list[tuple[bytes, int]]
    proofs: list[list[str]]

    @property
    def answer(self) -> int:
        """The last output."""
        return self.steps[-1][1]


class State:
    """The state of the VM after one block; it does not change when later blocks are accepted.

    All queries of :class:`VM` are methods of its state after the last accepted block, ``vm.state``.

    Examples
    --------
    >>> import aivmsim
    >>> state = aivmsim.VM(accounts={"alice": "100 LUX"}).state
    >>> state.tasks(), state.conservation().holds
    ([], True)
    """

    def __init__(self, state: _core.State) -> None:
        self._state = state

    @functools.cached_property
    def head(self) -> Record:
        """Height, time, beacon, epoch and roots."""
        return Record(self._state.head())

    @property
    def id(self) -> str:
        """The id of the block that led here; None inside a strategy."""
        return self.head["id"]

    @property
    def height(self) -> int:
        """The number of blocks since genesis."""
        return self.head["height"]

    @property
    def timestamp_ns(self) -> int:
        """The block's time, nanoseconds since the epoch of Unix."""
        return self.head["timestamp_ns"]

    @property
    def state_root(self) -> str:
        """The root chained over every write since genesis."""
        return self.head["state_root"]

    @property
    def aivm_state_root(self) -> str:
        """The root of the kernel round."""
        return self.head["aivm_state_root"]

    def merkle_root(self) -> str:
        """The root over the receipts, which blocks carry and anchors commit to."""
        return self.head["receipt_root"]

    def contents_digest(self) -> str:
        """A digest of all entries: equal for equal contents, whatever their history."""
        return self._state.contents_digest()

    def task(self, job_id: str) -> Record:
        """A task with its seats. Raises VmError not_found."""
        return _task(self._state.task(job_id))

    def tasks(self) -> list[Record]:
        """All tasks, in the order of their submission."""
        return [_task(task) for task in self._state.tasks()]

    def result(self, job_id: str) -> list[Record]:
        """The seats of a task: the providers drawn, and their answers."""
        return self.task(job_id)["seats"]

    def provider(self, provider_id: str) -> Record:
        """A provider. Raises VmError provider_not_found."""
        return Record(self._state.provider(provider_id))

    def providers(self) -> list[Record]:
        """All providers, in the order of their registration."""
        return [Record(provider) for provider in self._state.providers()]

    def disputes(self, job_id: str | None = None) -> list[Record]:
        """All disputes in the order of their commitment, or those of one job."""
        every = [Record(dispute) for dispute in self._state.disputes()]
        return [one for one in every if job_id is None or one["task"] == job_id]

    def validators(self) -> list[Record]:
        """The validators with their stakes."""
        return [Record(validator) for validator in self._state.validators()]

    def models(self) -> list[Record]:
        """The models, weights and rows included; new weights of a model are one more entry."""
        return [Record(model) for model in self._state.models()]

    def model_status(self) -> list[Record]:
        """Beside each entry of :meth:`models`: its version and, at a model's first version, its
        owner, its deposit and whether it is retired."""
        return [Record(status) for status in self._state.model_status()]

    def receipts(self) -> list[Record]:
        """One record per final task, in the order of settlement."""
        return [Record(receipt) for receipt in self._state.receipts()]

    def receipt_proof(self, index: int) -> ReceiptProof:
        """A proof of receipt `index` against :meth:`merkle_root`. Raises VmError not_found."""
        proof = self._state.receipt_proof(index)
        return ReceiptProof(**{**proof, "receipt": Record(proof["receipt"])})

    def accounts(self) -> dict[str, int]:
        """The free balance of every address that ever had one, in nLUX; that of the escrow account
        included."""
        return self._state.accounts()

    def totals(self) -> Record:
        """The running sums in which conservation is stated."""
        return Record(self._state.totals())

    def conservation(self) -> Conservation:
        """Both sides of the balance, with the free money summed over the accounts."""
        totals, escrow = self._state.totals(), self._state.escrow()
        parts = {key: totals[key] for key in totals.keys() & set(Conservation._fields)}
        free = sum(self.accounts().values()) - escrow
        return Conservation(free=free, escrow_account=escrow, **parts)

    def audit(self) -> list[tuple[str, str]]:
        """The violated invariants of this state, as (invariant, message)."""
        return self._state.audit()

    def attestations(self) -> np.ndarray[Any, Any]:
        """The kernel's attestation table."""
        return np.frombuffer(self._state.attestations(), DTYPES["Attestation"])

    def model_entries(self) -> np.ndarray[Any, Any]:
        """The kernel's model registry."""
        return np.frombuffer(self._state.model_entries(), DTYPES["ModelRegistryEntry"])

    def anchors(self) -> np.ndarray[Any, Any]:
        """The kernel's anchors, the oldest first."""
        slots = np.frombuffer(self._state.anchors(), DTYPES["AuditAnchor"])
        return slots[slots["occupied"] != 0]

    def epoch_state(self) -> np.void:
        """The kernel's epoch state."""
        return np.frombuffer(self._state.epoch_state(), DTYPES["AIVMEpochState"])[0]

    def challenger_bond(self, job_id: str) -> int:
        """The bond that the next challenge of this task's result must lock, in nLUX."""
        return self._state.challenger_bond(job_id)

    def run_model(self, model_id: str, row: int) -> int:
        """The true answer of a model, as its newest weights compute it, to one of its rows."""
        return self._state.run_model(model_id, row)

    def truth(self, job_id: str) -> int:
        """The true answer to a task, by the weights that its model had when it was submitted."""
        return self._state.truth(job_id)

    def trace(self, job_id: str, answer: int | None = None) -> Trace:
        """All steps of a task's model with their proofs; with `answer` as last output, the trace
        of a provider that lies."""
        return Trace(*self._state.trace(job_id, answer))

    def __repr__(self) -> str:
        return f"<State after block {self.height}>"


def _task(task: dict[str, Any]) -> Record:
    return Record(task, seats=[Record(seat) for seat in task["seats"]])
