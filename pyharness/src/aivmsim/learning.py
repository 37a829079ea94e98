"""Learners over finished runs: they run a scenario repeatedly and choose by its results.

A strategy inside a run cannot learn what its lies earned: that is known when the window is over,
and so is the run. So these are functions over runs. :func:`best_response` evaluates a grid; a
:class:`Game` between an attacker and a defender is measured by :func:`empirical_game`, and then
solved by :meth:`Game.fictitious_play` or followed by :meth:`Game.replicator`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from . import _core
from .scenario import Scenario, Value
from .sweeps import sweep


class BestResponse(NamedTuple):
    """The result of :func:`best_response`.

    Attributes
    ----------
    point : dict
        The values of the best point by their keys.
    payoff : float
        Its payoff.
    evaluations : int
        How many points were tried.

    Examples
    --------
    >>> import aivmsim
    >>> found = aivmsim.best_response({"x": [1, 2, 3]}, lambda point: -((point["x"] - 2) ** 2))
    >>> found.point, found.payoff, found.evaluations
    ({'x': 2}, 0.0, 3)
    """

    point: dict[str, Any]
    payoff: float
    evaluations: int


def best_response(
    over: Mapping[str, Sequence[Any]], payoff: Callable[[dict[str, Any]], float]
) -> BestResponse:
    """Evaluates every point of a grid and returns the first one with the largest payoff.

    The largest of noisy payoffs is larger than it truly is on the seeds that chose it: measure the
    point again on fresh seeds before reporting what it is worth.

    Parameters
    ----------
    over : mapping of key to values
        The grid, the last key varying fastest.
    payoff : callable
        The payoff of a point, a dict of key to value; such as a mean over the frame of a
        :func:`sweep`.

    Raises
    ------
    ValueError
        An empty range, or a payoff that is not a finite number.

    Examples
    --------
    >>> import aivmsim
    >>> grid = {"x": [1, 2], "y": [0, 5]}
    >>> aivmsim.best_response(grid, lambda point: point["x"] + point["y"]).point
    {'x': 2, 'y': 5}
    """
    grid = {key: list(values) for key, values in over.items()}
    for key, values in grid.items():
        if not values:
            raise ValueError(f"{key}: the range is empty; give at least one value")

    def point_of(places: Sequence[int]) -> dict[str, Any]:
        return {
            key: values[place] for (key, values), place in zip(grid.items(), places, strict=True)
        }

    def payoff_of(places: Sequence[int]) -> float:
        value = float(payoff(point_of(places)))
        if not math.isfinite(value):
            raise ValueError(
                f"the payoff at {point_of(places)} is {value}; it must be a finite number"
            )
        return value

    places, best, evaluations = _core.best_response(
        [len(values) for values in grid.values()], payoff_of
    )
    return BestResponse(point_of(places), best, evaluations)


class Mixes(NamedTuple):
    """How often either player makes each of its choices; each adds up to 1.

    Examples
    --------
    >>> import aivmsim
    >>> dilemma = aivmsim.Game([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    >>> mixes = dilemma.fictitious_play(100)
    >>> bool(mixes.row[1] > 0.9), bool(mixes.column[1] > 0.9)
    (True, True)
    """

    row: npt.NDArray[np.float64]
    column: npt.NDArray[np.float64]


class Orbit(NamedTuple):
    """The result of :meth:`Game.replicator`.

    Attributes
    ----------
    last : Mixes
        The shares at the end.
    mean : Mixes
        Over time; where orbits circle an inner equilibrium, the mean is near it and the last is
        not.

    Examples
    --------
    >>> import aivmsim
    >>> pennies = aivmsim.Game([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> orbit = pennies.replicator()
    >>> [round(float(p), 1) for p in orbit.mean.row]
    [0.5, 0.5]
    """

    last: Mixes
    mean: Mixes


class Game:
    """Two players' payoffs for every pair of choices.

    Parameters
    ----------
    row_payoffs, column_payoffs : array-like
        Of either player; a row for each choice of the row player, a column for each of the column
        player.

    Raises
    ------
    ValueError
        Payoffs that are not two finite tables of one shape with a choice on either side.

    Examples
    --------
    >>> import aivmsim
    >>> pennies = aivmsim.Game([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    >>> [round(float(p), 1) for p in pennies.fictitious_play(10_000).row]
    [0.5, 0.5]
    """

    def __init__(self, row_payoffs: npt.ArrayLike, column_payoffs: npt.ArrayLike) -> None:
        self.row_payoffs = np.array(row_payoffs, dtype=float)
        self.column_payoffs = np.array(column_payoffs, dtype=float)
        shape = self.row_payoffs.shape
        if len(shape) != 2 or 0 in shape or self.column_payoffs.shape != shape:
            raise ValueError(
                f"payoffs of shapes {shape} and {self.column_payoffs.shape} are no game: two equal "
                "tables"
            )
        if not (np.isfinite(self.row_payoffs).all() and np.isfinite(self.column_payoffs).all()):
            raise ValueError("a payoff is no finite number")
        self._game = _core.Game(
            *shape, self.row_payoffs.ravel().tolist(), self.column_payoffs.ravel().tolist()
        )

    def regret(self, mixes: tuple[npt.ArrayLike, npt.ArrayLike]) -> float:
        """The most that either player can gain by leaving its mix while the other keeps its own; 0
        at an equilibrium.

        Raises ValueError for mixes that do not fit this game.
        """
        return self._game.regret(*self._mixes(mixes))

    def fictitious_play(self, rounds: int = 100_000) -> Mixes:
        """Frequencies after `rounds` rounds in which both answer best to what the other has done so
        far.

        Before the first round every choice counts as made once. They converge to an equilibrium in
        every zero-sum game (Robinson 1951) and in every game of two choices each (Miyasawa 1961).
        """
        return _of(self._game.fictitious_play(_rounds(rounds)))

    def replicator(
        self,
        start: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
        step: float | None = None,
        rounds: int = 100_000,
    ) -> Orbit:
        """Two-population replicator dynamics: a choice grows by `step` times its payoff over the
        mean.

        Parameters
        ----------
        start : pair of array-like, optional
            Shares of either population; equal ones by default.
        step : float, optional
            A hundredth of the inverse of the largest spread of payoffs by default.
        rounds : int
            How many steps.

        Raises
        ------
        ValueError
            Shares that do not fit this game, or a step with which they would not stay positive.
        """
        spread = max(np.ptp(self.row_payoffs), np.ptp(self.column_payoffs))
        size = step if step is not None else 0.01 / spread if spread > 0 else 1.0
        if not (size > 0 and size * spread < 1):
            raise ValueError(
                f"a step of {size} with payoffs {spread} apart: their product must lie between 0 "
                "and 1"
            )
        rows, columns = self.row_payoffs.shape
        row, column = self._mixes(start if start is not None else (np.ones(rows), np.ones(columns)))
        last, mean = self._game.replicator(row, column, size, _rounds(rounds))
        return Orbit(_of(last), _of(mean))

    def _mixes(self, mixes: tuple[npt.ArrayLike, npt.ArrayLike]) -> tuple[list[float], list[float]]:
        row, column = (np.array(mix, dtype=float) for mix in mixes)
        for mix, size in ((row, self.row_payoffs.shape[0]), (column, self.row_payoffs.shape[1])):
            if mix.shape != (size,) or not (mix >= 0).all() or not 0 < mix.sum() < math.inf:
                raise ValueError(
                    f"{mix} is no mix of {size} choices: shares of at least 0, not all of them 0"
                )
        return (row / row.sum()).tolist(), (column / column.sum()).tolist()


def empirical_game(
    scenario: Scenario,
    rows: Sequence[Mapping[str, Value]],
    columns: Sequence[Mapping[str, Value]],
    payoffs: Callable[[pd.DataFrame], tuple[float, float]],
    *,
    seeds: Iterable[int | str] = range(1, 5),
    jobs: int | None = None,
    executor: Executor | None = None,
    counterfactual: bool = False,
) -> Game:
    """Measures a game by playing every pair of choices, all with the same seeds.

    Parameters
    ----------
    scenario : Scenario
        The world.
    rows, columns : sequence of mappings of key to value
        The scenario keys that each choice of the row player and of the column player sets.
    payoffs : callable
        The payoff of either player from the frame of a pair's runs.
    seeds, jobs, executor, counterfactual
        As for :func:`sweep`.

    Raises
    ------
    ValueError
        No choice on one side, a key that both sides change, or payoffs that are not finite numbers.
    ScenarioError, SweepError
        As :func:`sweep`.

    Examples
    --------
    >>> import aivmsim
    >>> game = aivmsim.empirical_game(
    ...     aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 20}),
    ...     rows=[{"vm.result_bond": "10 LUX"}, {"vm.result_bond": "100 LUX"}],
    ...     columns=[{"chain.censoring_share": 0.0}, {"chain.censoring_share": 0.9}],
    ...     payoffs=lambda runs: (-runs["ttf_mean"].mean(), runs["n_fraud_missed"].mean()),
    ...     seeds=[1, 2],
    ... )
    >>> game.row_payoffs.shape
    (2, 2)
    """
    if not rows or not columns:
        raise ValueError("a game needs at least one choice on either side")
    both = {key for row in rows for key in row} & {key for column in columns for key in column}
    if both:
        raise ValueError(
            f"{', '.join(sorted(both))}: changed by both players; a key belongs to one of them"
        )
    seed_list = list(seeds)
    points = [{**row, **column} for row in rows for column in columns]
    frame = sweep(
        scenario,
        points,
        seeds=seed_list,
        jobs=jobs,
        executor=executor,
        counterfactual=counterfactual,
    )
    runs = len(seed_list)
    worth = [payoffs(frame.iloc[first : first + runs]) for first in range(0, len(frame), runs)]
    shape = (len(rows), len(columns))
    return Game(
        np.reshape([row for row, _ in worth], shape),
        np.reshape([column for _, column in worth], shape),
    )


def _of(mixes: tuple[list[float], list[float]]) -> Mixes:
    return Mixes(np.array(mixes[0]), np.array(mixes[1]))


def _rounds(rounds: int) -> int:
    if rounds < 0:
        raise ValueError(f"rounds is {rounds}; it must be at least 0")
    return rounds
