"""Sensitivity analysis with SALib: its sample matrices in, model outputs out.

>>> space = {"vm.challenge_window_blocks": (1, 50), "chain.censoring_share": ("10%", "90%")}
>>> samples = SALib.sample.sobol.sample(aivmsim.salib.problem(space), 64)
>>> outputs = aivmsim.salib.evaluate(scenario, space, samples, "p_final_corrupt")
>>> SALib.analyze.sobol.analyze(aivmsim.salib.problem(space), outputs)
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np

from .scenario import Scenario, Value
from .spaces import axes
from .sweeps import sweep


def problem(space: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """SALib's description of a space: for each key (low, high), whole numbers or texts with the
    same unit.

    Examples
    --------
    >>> from aivmsim import salib
    >>> salib.problem({"vm.challenge_window_blocks": (1, 20)})["names"]
    ['vm.challenge_window_blocks']
    """
    found = axes(space)
    return {
        "num_vars": len(found),
        "names": [one.key for one in found],
        "bounds": [[one.low, one.high] for one in found],
    }


def evaluate(
    scenario: Scenario | str | os.PathLike[str],
    space: Mapping[str, Sequence[Any]],
    samples: Any,
    output: str,
    seeds: Iterable[int | str] = (1,),
    jobs: int | None = None,
    executor: Executor | None = None,
) -> np.ndarray[Any, Any]:
    """Runs every row of a sample matrix, and returns a metric of each, averaged over the seeds.

    Numbers are rounded to what a key can hold; rows that become the same point run once.

    Parameters
    ----------
    scenario : Scenario, str or path-like
        The keys to vary.
    space : mapping
        As given to :func:`problem`.
    samples : array of shape (rows, keys)
        From one of SALib's samplers.
    output : str
        A name of :data:`aivmsim.METRICS`.
    seeds, jobs, executor
        As for :func:`aivmsim.sweep`; the same seeds for every row, so differences are not noise.

    Raises
    ------
    ValueError
        A matrix of another width than the space.
    KeyError
        A metric that these runs do not have.

    Examples
    --------
    >>> import numpy as np
    >>> import aivmsim
    >>> from aivmsim import salib
    >>> small = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 20})
    >>> space = {"vm.challenge_window_blocks": (2, 8)}
    >>> found = salib.evaluate(small, space, np.array([[2.0], [8.0]]), "ttf_mean", seeds=[1, 2])
    >>> bool(found[0] < found[1])
    True
    """
    found = axes(space)
    matrix = np.atleast_2d(np.asarray(samples, dtype=float))
    if matrix.shape[1] != len(found):
        raise ValueError(
            f"the sample matrix has {matrix.shape[1]} columns and the space {len(found)} keys"
        )
    points: dict[tuple[Value, ...], int] = {}
    place = [
        points.setdefault(
            tuple(one.value(number) for one, number in zip(found, row, strict=True)), len(points)
        )
        for row in matrix
    ]
    keys = [one.key for one in found]
    over = [dict(zip(keys, values, strict=True)) for values in points]
    frame = sweep(scenario, over, seeds=seeds, jobs=jobs, executor=executor)
    if output not in frame:
        raise KeyError(f"these runs have no metric {output!r}")
    means = frame[output].to_numpy(dtype=float).reshape(len(points), -1).mean(axis=1)
    return means[place]
