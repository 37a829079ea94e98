"""Sweeps: a scenario over a grid of values and a list of seeds."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Executor, Future, ThreadPoolExecutor, wait
from typing import Any, NamedTuple

import pandas as pd

from . import _core
from .runs import seed_text
from .scenario import Scenario, Value, value_text
from .strategies import REGISTRY, Registry
from .study import Parts, Study


class SweepError(RuntimeError):
    """A run of a sweep failed; the text names its point and seed, the cause is chained."""


class _Point(NamedTuple):
    values: dict[str, Value]
    scenario: Scenario

    def __str__(self) -> str:
        return (
            ", ".join(f"{key}={value_text(key, value)}" for key, value in self.values.items())
            or "the scenario as it is"
        )


class _Item(NamedTuple):
    """One run as workers get it; whatever the executor, it can be pickled."""

    scenario: Scenario
    seed: str
    replicate: int
    part: str | None
    study: Study
    strategies: Registry
    backend: str
    counterfactual: bool


def sweep(
    scenario: Scenario,
    over: Mapping[str, Iterable[Value]] | Sequence[Mapping[str, Value]],
    seeds: Iterable[int | str] = range(1, 9),
    jobs: int | None = None,
    out: str | os.PathLike[str] | None = None,
    executor: Executor | None = None,
    backend: str = "auto",
    counterfactual: bool = False,
) -> pd.DataFrame:
    """Runs every combination of values with every seed.

    All points share the seeds, so they share their random numbers too, and differences between
    points can be taken seed by seed. Before anything runs, every point is checked.

    Parameters
    ----------
    scenario : Scenario
        The keys to vary, with their values.
    over : mapping of key to values, or sequence of mappings of key to value
        The grid, the last key varying fastest, or the points themselves. Values as in
        :meth:`Scenario.replace`. Empty for the scenario as it is.
    seeds : iterable of int or str
        At least one.
    jobs : int, optional
        Threads; by default as many as there are processors. The result does not depend on it.
    out : path-like, optional
        The database for all runs. A file that is there is replaced once the new one is complete.
    executor : concurrent.futures.Executor, optional
        The executor to use instead of threads, such as a process pool. With `out`, its workers must
        see the same file system.
    backend : str
        As for :func:`aivmsim.run`, on every worker.
    counterfactual : bool
        As for :func:`aivmsim.run`, for every run: columns ``cheating_gain`` and
        ``attacker_profitable``.

    Returns
    -------
    pandas.DataFrame
        One row per point and seed, in the order of the grid and then of the seeds: the values as
        given, ``seed``, ``status``, ``digest``, ``violations`` (ids, separated by blanks), the
        metrics, and the counts behind ``p_final_corrupt``: ``n_final_corrupt`` of ``n_final``
        results that became final. ``wall_seconds`` is left out: the frame depends on nothing but
        the arguments.

    Raises
    ------
    ScenarioError
        A point that cannot be run, named in the text; nothing has run then.
    ValueError
        An empty range, a value or seed given twice, or a number of jobs below 1.
    SweepError
        A run failed.
    """
    if jobs is not None and executor is not None:
        raise ValueError(
            "jobs and executor exclude each other: the executor has its own number of workers"
        )
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs is {jobs}; it must be at least 1")
    points = _points(scenario, over)
    seed_list = _seeds(seeds)
    study = Study.begin(scenario.name)
    parts = Parts(out, study) if out is not None else None
    try:
        items = [
            _Item(
                point.scenario,
                seed,
                replicate,
                parts.path(number * len(seed_list) + replicate) if parts else None,
                study,
                REGISTRY.used_by(point.scenario),
                backend,
                counterfactual,
            )
            for number, point in enumerate(points)
            for replicate, seed in enumerate(seed_list)
        ]
        rows = _run_all(
            items,
            lambda index: f"{points[index // len(seed_list)]}, seed {items[index].seed}",
            jobs,
            executor,
        )
        if parts:
            parts.merge(len(items))
    finally:
        if parts:
            parts.remove()
    return _frame(points, rows)


def _points(
    scenario: Scenario, over: Mapping[str, Iterable[Value]] | Sequence[Mapping[str, Value]]
) -> list[_Point]:
    points: dict[str, _Point] = {}
    for chosen in (
        _grid(over) if isinstance(over, Mapping) else [dict(point) for point in over] or [{}]
    ):
        changed = scenario.replace(**chosen) if chosen else scenario
        point = _Point(chosen, changed)
        try:
            _core.check_runnable(changed._loaded, REGISTRY)
        except _core.ScenarioError as error:
            raise _core.ScenarioError(f"{point}: {error}") from None
        same = points.setdefault(changed.to_toml(), point)
        if same is not point:
            raise ValueError(f"{same} and {point} are the same point; name each value once")
    return list(points.values())


def _grid(over: Mapping[str, Iterable[Value]]) -> list[dict[str, Value]]:
    grid: dict[str, list[Value]] = {}
    for key, values in over.items():
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise ValueError(f"{key}: {values!r} is no list of values; write [{values!r}]")
        grid[key] = list(values)
        if not grid[key]:
            raise ValueError(f"{key}: the range is empty; give at least one value")
    return [
        dict(zip(grid, combination, strict=True))
        for combination in itertools.product(*grid.values())
    ]


def _seeds(seeds: Iterable[int | str]) -> list[str]:
    if isinstance(seeds, int | str):
        raise ValueError(f"seeds: {seeds!r} is no list of seeds; write [{seeds!r}]")
    texts = [seed_text(seed) for seed in seeds]
    if not texts:
        raise ValueError("seeds: the range is empty; give at least one seed")
    if len({_core.parse_seed(text) for text in texts}) < len(texts):
        raise ValueError("seeds: a seed is given twice; the same run would count double")
    return texts


def _run_all(
    items: Sequence[_Item],
    name_of: Callable[[int], str],
    jobs: int | None,
    executor: Executor | None,
) -> list[dict[str, Any]]:
    """The rows of all items, in their order; the first failure ends the others and is raised with
    its item's name."""
    if executor is not None:
        return _collect([executor.submit(_run_item, item) for item in items], name_of, lambda: None)
    # Not a `with` block: after Ctrl-C it would wait for runs that have not begun.
    stop = _core.StopFlag()
    pool = ThreadPoolExecutor(jobs or os.cpu_count() or 1, thread_name_prefix="aivmsim")
    try:
        return _collect([pool.submit(_run_item, item, stop) for item in items], name_of, stop.set)
    finally:
        pool.shutdown(cancel_futures=True)


def _collect(
    futures: list[Future[dict[str, Any]]], name_of: Callable[[int], str], stop: Callable[[], None]
) -> list[dict[str, Any]]:
    try:
        wait(futures, return_when=FIRST_EXCEPTION)
        for index, future in enumerate(futures):
            error = future.exception() if future.done() else None
            if error is not None:
                raise SweepError(f"{name_of(index)}: {error}") from error
        return [future.result() for future in futures]
    except BaseException:
        stop()
        for future in futures:
            future.cancel()
        raise


def _run_item(item: _Item, stop: _core.StopFlag | None = None) -> dict[str, Any]:
    on_main_thread = threading.current_thread() is threading.main_thread()
    record = _core.run(
        item.scenario._loaded,
        item.seed,
        replicate=item.replicate,
        crn_group=f"seed {item.seed}",
        stop=stop,
        heed_signals=on_main_thread,
        registry=item.strategies,
        backend=item.backend,
        counterfactual=item.counterfactual,
    )
    if item.part is not None:
        item.study.write(item.part, record)
    row = {
        "seed": record.seed,
        "status": record.status,
        "digest": record.digest,
        "violations": " ".join(violation.invariant for violation in record.violations),
    }
    metrics = record.metrics()
    metrics.pop("wall_seconds", None)
    corrupt, final = record.final_results
    return row | metrics | {"n_final_corrupt": corrupt, "n_final": final}


def _frame(points: Sequence[_Point], rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    runs_per_point = len(rows) // len(points)
    complete = [points[index // runs_per_point].values | row for index, row in enumerate(rows)]
    return pd.DataFrame(complete)
