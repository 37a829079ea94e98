"""A run as an environment for learners, as PettingZoo has parallel environments; needs the extra
``aivmsim[environment]``.

Groups of a scenario become agents. Every few blocks each agent sees the chain as its node does and
chooses how often to act honestly until the next time; its rewards add up to the profit of its
principal. A scenario, a seed and the actions determine everything, as in any other run.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from . import _core
from .result import NLUX_PER_LUX, RunResult
from .scenario import Scenario, as_scenario
from .strategies import (
    ChallengerStrategy,
    NodeView,
    ProviderStrategy,
    Registry,
    TaskView,
    _Row,
)

try:
    from gymnasium.spaces import Box, Discrete, Space
    from pettingzoo import ParallelEnv
except ImportError:
    raise ImportError(
        "aivmsim.environment needs pettingzoo and gymnasium: pip install 'aivmsim[environment]'"
    ) from None

#: Actions are tenths: 0 never, 10 always.
LEVELS = 11
#: Of an observation, in this order.
OBSERVED = ("height", "balance", "bond", "open_tasks")
_PATIENCE_S = 600.0


class _Closed(Exception):
    """The environment was reset or closed while its run waited for actions."""


class _Exchange:
    """Where the run's thread hands over observations and waits for actions. The strategies of a run
    are called one after the other, so one of them speaks for all."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.told: queue.Queue[dict[str, Any] | RunResult | BaseException] = queue.Queue()
        self.asked: queue.Queue[Mapping[str, int] | None] = queue.Queue()
        self.actions: Mapping[str, int] = {}
        self.members: dict[str, list[_Member]] = {}
        self.decided_at = -1

    def decide(self, view: NodeView) -> None:
        """Once per decision: all agents are observed at the same block."""
        if view.height // self.every == self.decided_at:
            return
        self.decided_at = view.height // self.every
        state = view.state
        open_tasks = len(state.tasks())
        self.told.put(
            {
                agent: _observed(members, view.height, state, open_tasks)
                for agent, members in self.members.items()
            }
        )
        actions = self.asked.get()
        if actions is None:
            raise _Closed
        self.actions = actions


class _Member:
    """One identity of an agent."""

    def __init__(self, address: str, provider_id: str) -> None:
        self.address = address
        self.provider_id = provider_id
        self.opening: int | None = None

    def worth(self, state: _core.State) -> tuple[int, int]:
        """(free balance, bond)"""
        bond = 0
        if self.provider_id:
            try:
                bond = int(state.provider(self.provider_id)["bond"])
            except (KeyError, RuntimeError):
                bond = 0
        return state.balance(self.address), bond


def _observed(
    members: list[_Member], height: int, state: _core.State, open_tasks: int
) -> tuple[np.ndarray[Any, Any], int]:
    """(observation, worth of all members in nLUX)"""
    free = bond = opening = 0
    for member in members:
        balance, locked = member.worth(state)
        if member.opening is None:
            member.opening = balance + locked
        free, bond, opening = free + balance, bond + locked, opening + member.opening
    scale = max(opening, 1)
    seen = np.array([height / 100, free / scale, bond / scale, open_tasks / 100], dtype=np.float32)
    return seen, free + bond


def _strategies(exchange: _Exchange, agent: str) -> dict[str, type]:
    """The strategies through which an agent acts, by role."""

    def joined(own: Any) -> None:
        identity = own.context.identity
        provider = identity.get("provider_id", "")
        exchange.members.setdefault(agent, []).append(_Member(identity["address"], provider))

    class Provider(ProviderStrategy):
        def __init__(self, parameters: Mapping[str, int], context: Any) -> None:
            super().__init__(parameters, context)
            self._guesses = False
            joined(self)

        def on_block(self, view: NodeView) -> None:
            exchange.decide(view)

        def steps_to_compute(self, view: TaskView) -> int:
            honest = exchange.actions.get(agent, LEVELS - 1)
            self._guesses = self.random.below(LEVELS - 1) >= honest
            return 0 if self._guesses else view.steps

        def answer(self, view: TaskView) -> int | None:
            return self.random.below(256) if self._guesses else view.run()

    class Challenger(ChallengerStrategy):
        def __init__(self, parameters: Mapping[str, int], context: Any) -> None:
            super().__init__(parameters, context)
            joined(self)

        def on_block(self, view: NodeView) -> None:
            exchange.decide(view)

        def steps_to_check(self, view: TaskView) -> int | None:
            checks = exchange.actions.get(agent, LEVELS - 1)
            return view.steps if self.random.below(LEVELS - 1) < checks else None

    return {"provider": Provider, "challenger": Challenger}


class Environment(ParallelEnv):  # type: ignore[misc]
    """A scenario whose groups are played by learners.

    Parameters
    ----------
    scenario : Scenario, str or path-like
        Of the economic fidelity; the full one works and is slow.
    agents : mapping of str to str
        For each agent the group that it plays, such as ``{"cheat": "provider.lazy"}``. Providers
        choose how many tenths of their answers they compute (the others are guesses), challengers
        how many tenths of the answers they check.
    blocks_per_step : int
        Between two decisions.
    seed : int
        Of the first episode; :meth:`reset` takes another, and counts on without one.

    Notes
    -----
    An observation has the height in hundreds of blocks, the agent's free balance and its bond as
    shares of what it began with, and the open tasks in hundreds. A reward is the change of what the
    agent owns, in LUX; the last one of an episode brings the sum to the profit of its principal,
    costs outside the chain included. Episodes end with the run (termination), never by a limit of
    the environment.

    Examples
    --------
    >>> from aivmsim.environment import Environment
    >>> environment = Environment("lazy_provider", {"cheat": "provider.lazy"}, blocks_per_step=20)
    >>> observations, infos = environment.reset(seed=1)
    >>> observations["cheat"].shape
    (4,)
    >>> observations, rewards, ended, truncated, infos = environment.step({"cheat": 10})
    >>> environment.close()
    """

    metadata: ClassVar[dict[str, Any]] = {"name": "aivmsim_v1", "render_modes": []}
    render_mode = None

    def __init__(
        self,
        scenario: Scenario | str | os.PathLike[str],
        agents: Mapping[str, str],
        blocks_per_step: int = 10,
        seed: int = 1,
    ) -> None:
        if not agents:
            raise ValueError('agents is empty; write {"cheat": "provider.lazy"}')
        if blocks_per_step < 1:
            raise ValueError(f"blocks_per_step is {blocks_per_step}; it must be at least 1")
        self.possible_agents = list(agents)
        self.agents: list[str] = []
        self.result: RunResult | None = None
        self._groups = dict(agents)
        self._every = blocks_per_step
        self._next_seed = seed
        self._scenario = as_scenario(scenario).replace(
            **{
                f"{group}.{key}": value
                for agent, group in agents.items()
                for key, value in (("strategy", f"python:{agent}"), ("principal", agent))
            }
        )
        self._thread: threading.Thread | None = None
        self._exchange = _Exchange(blocks_per_step)
        self._worth: dict[str, int] = {}
        self._paid: dict[str, float] = {}
        self._last: dict[str, np.ndarray[Any, Any]] = {}
        self._spaces = {
            agent: Box(-np.inf, np.inf, (len(OBSERVED),), np.float32) for agent in agents
        }
        self._actions = {agent: Discrete(LEVELS) for agent in agents}

    def observation_space(self, agent: str) -> Space[Any]:
        """The same object at every call, as PettingZoo asks."""
        return self._spaces[agent]

    def action_space(self, agent: str) -> Space[Any]:
        """Tenths, from 0 to 10."""
        return self._actions[agent]

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Begins an episode with this seed, or with the next one."""
        self.close()
        chosen = self._next_seed if seed is None else seed
        self._next_seed = chosen + 1
        self.agents = list(self.possible_agents)
        self.result = None
        self._exchange = _Exchange(self._every)
        self._worth, self._paid = {}, dict.fromkeys(self.agents, 0.0)
        self._thread = threading.Thread(
            target=self._play, args=(self._exchange, chosen), name="aivmsim-episode", daemon=True
        )
        self._thread.start()
        self._take(self._exchange.told.get(timeout=_PATIENCE_S))
        infos = {agent: {"seed": chosen} for agent in self.agents}
        return dict(self._last), infos

    def step(
        self, actions: Mapping[str, int]
    ) -> tuple[
        dict[str, Any],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
        """Lets the run go on for `blocks_per_step` blocks with these actions."""
        if not self.agents:
            raise RuntimeError("the episode is over; call reset()")
        for agent in self.agents:
            if not self._actions[agent].contains(int(actions[agent])):
                raise ValueError(f"{agent}: {actions[agent]!r} is no action; they are 0 to 10")
        self._exchange.asked.put({agent: int(actions[agent]) for agent in self.agents})
        rewards = self._take(self._exchange.told.get(timeout=_PATIENCE_S))
        over = self.result is not None
        playing = list(self.agents)
        told = (
            {agent: self._last[agent] for agent in playing},
            rewards,
            dict.fromkeys(playing, over),
            dict.fromkeys(playing, False),
            {agent: {"status": self.result.status} if self.result else {} for agent in playing},
        )
        if over:
            self.agents = []
        return told

    def close(self) -> None:
        """Ends a run that still waits for actions."""
        if self._thread is not None and self._thread.is_alive():
            self._exchange.asked.put(None)
            self._thread.join(_PATIENCE_S)
        self._thread = None
        self.agents = []

    def _play(self, exchange: _Exchange, seed: int) -> None:
        rows = {}
        for agent, group in self._groups.items():
            role = group.split(".")[0]
            made = _strategies(exchange, agent).get(role)
            if made is None:
                exchange.told.put(
                    ValueError(f"{agent}: {group} is no group of providers or challengers")
                )
                return
            rows[role, agent] = _Row(made, False, False, {})
        try:
            record = _core.run(self._scenario._loaded, str(seed), registry=Registry(rows))
            exchange.told.put(RunResult(self._scenario, record))
        except BaseException as error:  # handed to the thread that waits
            if not isinstance(error.__cause__, _Closed):
                exchange.told.put(error)

    def _take(self, told: dict[str, Any] | RunResult | BaseException) -> dict[str, float]:
        """The rewards since the last decision; keeps the observations."""
        if isinstance(told, BaseException):
            self.agents = []
            raise told
        if isinstance(told, RunResult):
            return self._settle(told)
        rewards = {}
        for agent, (seen, worth) in told.items():
            rewards[agent] = (worth - self._worth.get(agent, worth)) / NLUX_PER_LUX
            self._worth[agent], self._last[agent] = worth, seen
            self._paid[agent] += rewards[agent]
        return rewards

    def _settle(self, result: RunResult) -> dict[str, float]:
        """The run is over: what is missing to the profit of each principal."""
        self.result = result
        net = result.principals.set_index("label")["net_nlux"]
        rewards = {}
        for agent in self.agents:
            profit = float(net[agent]) / NLUX_PER_LUX
            rewards[agent] = profit - self._paid[agent]
            self._paid[agent] = profit
        return rewards
