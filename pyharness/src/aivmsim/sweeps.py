"""Sweeps: a scenario over a grid of values and a list of seeds."""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd

from . import _core
from .reading import metric_units, runs_frame
from .runs import seed_text
from .scenario import Scenario, Value, as_scenario
from .strategies import REGISTRY, Registry
from .study import Study

Over = Mapping[str, Iterable[Value]] | Sequence[Mapping[str, Value]] | pd.DataFrame
#: Called after runs with how many are there and how many there will be.
Progress = Callable[[int, int], None]


class SweepError(RuntimeError):
    """A run of a sweep failed; the text names its point and seed, the cause is chained.

    Examples
    --------
    >>> import aivmsim
    >>> issubclass(aivmsim.SweepError, RuntimeError)
    True
    """


class _Point(NamedTuple):
    values: dict[str, Value]
    scenario: Scenario

    def __str__(self) -> str:
        return (
            ", ".join(
                f"{key}={self.scenario.value_text(key, value)}"
                for key, value in self.values.items()
            )
            or "the scenario as it is"
        )


class _Item(NamedTuple):
    """One run as workers get it; whatever the executor, it can be pickled."""

    scenario: Scenario
    seed: str
    replicate: int
    strategies: Registry
    backend: str
    counterfactual: bool
    keep_rows: bool


def sweep(
    scenario: Scenario | str | os.PathLike[str],
    over: Over = (),
    seeds: Iterable[int | str] | str = range(1, 9),
    jobs: int | None = None,
    out: str | os.PathLike[str] | None = None,
    executor: Executor | None = None,
    backend: str = "auto",
    counterfactual: bool = False,
    *,
    record: Literal["outcomes", "metrics"] = "outcomes",
    until_width: Mapping[str, float] | None = None,
    until_decided: Mapping[str, float] | None = None,
    confidence: float = 0.95,
    on_error: Literal["raise", "record"] = "raise",
    progress: bool | Progress | None = None,
) -> pd.DataFrame:
    """Runs every combination of values with every seed.

    All points share the seeds, so they share their random numbers too, and differences between
    points can be taken seed by seed. Before anything runs, every point is checked. Runs are made
    seed by seed, all points with the first seed first.

    With `out` this is the sweep of the command line: the file can be stopped at any time (Ctrl-C,
    a kill, a power cut) and the same call resumes it; a call with further seeds or values adds what
    is missing to it, and one with nothing new only reads it.

    Parameters
    ----------
    scenario : Scenario, str or path-like
        The keys to vary, with their values; or a name of the catalogue, or a file.
    over : mapping of key to values, sequence of mappings of key to value, or DataFrame
        The grid, the last key varying fastest, or the points themselves, a row each. Values as in
        :meth:`Scenario.replace`. Empty for the scenario as it is.
    seeds : iterable of int or str, or str
        At least one; a text as at the terminal, such as ``"1..64"``.
    jobs : int, optional
        Threads; by default as many as there are processors. The result does not depend on it.
    out : path-like, optional
        The database for all runs, new or to be resumed or grown.
    executor : concurrent.futures.Executor, optional
        The executor to use instead of threads, such as a process pool.
    backend : str
        As for :func:`aivmsim.run`, on every worker.
    counterfactual : bool
        As for :func:`aivmsim.run`, for every run: columns ``cheating_gain`` and
        ``attacker_profitable``.
    record : {"outcomes", "metrics"}
        What `out` gets of a run: all rows, or none per task or block.
    until_width, until_decided : mapping of metric to number, optional
        End a point early when the interval of the metric is at most this wide, or lies on one side
        of this bound; `seeds` are then the most. Not with `executor`.
    confidence : float
        Of the intervals and of these decisions, from 0.5 to 1.
    on_error : {"raise", "record"}
        Whether a run that fails ends the sweep, or gets a row with status ``"failed"`` and its
        reason in the column ``failure`` while the others go on. With `out`, what was finished is
        kept either way.
    progress : bool or callable, optional
        A bar (tqdm), or a function of the runs that are there and of all runs. By default a bar in
        notebooks and at terminals.

    Returns
    -------
    pandas.DataFrame
        One row per point and seed, in the order of the grid and then of the seeds: the values as
        numbers (shares from 0 to 1, durations in s, money in LUX) or as texts, ``seed``,
        ``status``, ``digest``, ``violations`` (ids, separated by blanks), the metrics, and the
        counts behind ``p_final_corrupt``: ``n_final_corrupt`` of ``n_final`` results that became
        final. NaN is no data. ``attrs["units"]`` has the units of the columns. ``wall_seconds`` is
        left out: the frame depends on nothing but the arguments.

    Raises
    ------
    ScenarioError
        A point that cannot be run, named in the text; nothing has run then.
    StudyError
        `out` is another study, is being written, or cannot be written.
    ValueError
        An empty range, a value or seed given twice, or a number of jobs below 1.
    SweepError
        A run failed, and `on_error` is ``"raise"``.

    Examples
    --------
    >>> import aivmsim
    >>> small = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 20})
    >>> windows = {"vm.challenge_window_blocks": [2, 40]}
    >>> frame = aivmsim.sweep(small, windows, seeds=[1, 2])
    >>> frame[["vm.challenge_window_blocks", "seed", "status"]]
       vm.challenge_window_blocks  seed status
    0                           2     1  clean
    1                           2     2  clean
    2                          40     1  clean
    3                          40     2  clean
    """
    scenario = as_scenario(scenario)
    if jobs is not None and executor is not None:
        raise ValueError(
            "jobs and executor exclude each other: the executor has its own number of workers"
        )
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs is {jobs}; it must be at least 1")
    for name, value, allowed in (
        ("record", record, ("outcomes", "metrics")),
        ("on_error", on_error, ("raise", "record")),
    ):
        if value not in allowed:
            raise ValueError(f"{name} is {value!r}; write {' or '.join(map(repr, allowed))}")
    points = _points(scenario, over)
    seed_list = _seeds(seeds)
    rules = _rules(until_width, "="), _rules(until_decided, "<")
    adaptive = any(rules)
    own_strategies = any(REGISTRY.used_by(point.scenario) for point in points)
    if adaptive and (executor is not None or own_strategies):
        raise ValueError(
            "until_width and until_decided are for the threads of this process and strategies of "
            "the package: give a list of seeds instead"
        )
    if out is None and not adaptive:
        items = [
            _item(point.scenario, seed, replicate, backend, counterfactual, keep_rows=False)
            for point in points
            for replicate, seed in enumerate(seed_list)
        ]

        def name_of(index: int) -> str:
            return f"{points[index // len(seed_list)]}, seed {items[index].seed}"

        rows = _run_in_memory(items, name_of, jobs, executor, on_error, progress)
        return _with_units(_frame(points, rows), points)
    with _folder_if_none(out) as path:
        study = _open(
            scenario,
            over,
            points,
            seed_list,
            path,
            rules,
            confidence,
            record,
            counterfactual,
            own_strategies,
        )
        if not study.finished:
            if executor is None and not own_strategies:
                _run_engine(study, jobs, backend, on_error, progress)
            else:
                _run_collected(
                    study, scenario, jobs, executor, backend, counterfactual, on_error, progress
                )
        return _with_units(_frame_of(path, study.asked_points, points, seed_list), points)


# --- What is asked for ----------------------------------------------------------------------------


def _points(scenario: Scenario, over: Over) -> list[_Point]:
    points: dict[str, _Point] = {}
    for chosen in _given_points(over):
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


def _given_points(over: Over) -> list[dict[str, Value]]:
    if isinstance(over, pd.DataFrame):
        return [{str(k): v for k, v in row.items()} for row in over.to_dict("records")]
    return _grid(over) if isinstance(over, Mapping) else [dict(point) for point in over] or [{}]


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


def _seeds(seeds: Iterable[int | str] | str) -> list[str]:
    if isinstance(seeds, int):
        raise ValueError(
            f"seeds: {seeds!r} is no list of seeds; write [{seeds!r}] for the seed {seeds!r}, "
            f"range(1, {seeds + 1}) for {seeds} seeds"
        )
    texts = _core.parse_seeds(seeds) if isinstance(seeds, str) else [seed_text(s) for s in seeds]
    if not texts:
        raise ValueError("seeds: the range is empty; give at least one seed")
    if len({_core.parse_seed(text) for text in texts}) < len(texts):
        raise ValueError("seeds: a seed is given twice; the same run would count double")
    return texts


def _rules(bounds: Mapping[str, float] | None, sign: str) -> list[str]:
    return [f"{metric}{sign}{bound!r}" for metric, bound in (bounds or {}).items()]


def _item(
    scenario: Scenario,
    seed: str,
    replicate: int,
    backend: str,
    counterfactual: bool,
    keep_rows: bool,
) -> _Item:
    used = REGISTRY.used_by(scenario)
    return _Item(scenario, seed, replicate, used, backend, counterfactual, keep_rows)


# --- Into a file ----------------------------------------------------------------------------------


@contextmanager
def _folder_if_none(out: str | os.PathLike[str] | None) -> Iterator[Path]:
    if out is not None:
        yield Path(out)
        return
    with tempfile.TemporaryDirectory(prefix="aivmsim-") as folder:
        yield Path(folder) / "study.db"


def _open(
    scenario: Scenario,
    over: Over,
    points: list[_Point],
    seeds: list[str],
    path: Path,
    rules: tuple[list[str], list[str]],
    confidence: float,
    record: str,
    counterfactual: bool,
    own_strategies: bool,
) -> _core.SweepStudy:
    grid: list[tuple[str, list[str]]] = []
    listed: list[list[tuple[str, str]]] = []
    if isinstance(over, Mapping):
        grid = [
            (key, list(dict.fromkeys(p.scenario.value_text(key, p.values[key]) for p in points)))
            for key in over
        ]
    elif points != [points[0]] or points[0].values:
        listed = [
            [(key, p.scenario.value_text(key, value)) for key, value in p.values.items()]
            for p in points
        ]
    name, created = Study.begin(path.stem)
    return _core.SweepStudy(
        scenario._loaded,
        os.fspath(path),
        name,
        created,
        over=grid,
        points=listed,
        seeds=",".join(seeds),
        until_width=rules[0],
        until_decided=rules[1],
        confidence=f"{100 * confidence:.10g}%",
        record=record,
        counterfactual=counterfactual,
        registry=REGISTRY if own_strategies else None,
    )


@contextmanager
def _kept(study: _core.SweepStudy) -> Iterator[None]:
    """Completes the file at the end, and keeps it unfinished after anything else."""
    try:
        yield
    except BaseException:
        study.suspend()
        raise
    study.close()


def _run_engine(
    study: _core.SweepStudy,
    jobs: int | None,
    backend: str,
    on_error: str,
    progress: bool | Progress | None,
) -> None:
    with _kept(study), _shown(progress, study.runs_max) as show:
        try:
            study.run(
                jobs or os.cpu_count() or 1,
                backend,
                on_error == "raise",
                threading.current_thread() is threading.main_thread(),
                show,
            )
        except _core.StudyError as error:
            raise SweepError(str(error)) from error


def _run_collected(
    study: _core.SweepStudy,
    scenario: Scenario,
    jobs: int | None,
    executor: Executor | None,
    backend: str,
    counterfactual: bool,
    on_error: str,
    progress: bool | Progress | None,
) -> None:
    """Runs that other workers make are written here, one by one, as they arrive."""
    with _kept(study), _shown(progress, study.runs_max) as show:
        missing = study.take_missing()
        there = study.runs_max - len(missing)
        items = []
        for point, replicate in missing:
            changed = scenario.replace(**dict(study.overrides_of(point)))
            items.append(
                _item(changed, study.seed_of(replicate), replicate, backend, counterfactual, True)
            )

        def name_of(index: int) -> str:
            return f"{study.name_of(missing[index][0]) or 'the run'}, seed {items[index].seed}"

        for index, result in _results(items, name_of, jobs, executor, on_error):
            if isinstance(result, BaseException):
                study.add_failure(*missing[index], str(result) or type(result).__name__)
            else:
                study.add(result)
            there += 1
            show(there, study.runs_max)
        study.commit()


def _frame_of(path: Path, asked: list[int], points: list[_Point], seeds: list[str]) -> pd.DataFrame:
    """The rows of the points and seeds that were asked for; those that a rule made unnecessary are
    not there."""
    runs = runs_frame(path)
    order = {point: place for place, point in enumerate(asked)}
    places = {_core.parse_seed(seed): place for place, seed in enumerate(seeds)}
    runs = runs[runs["point_id"].isin(order) & runs["seed"].isin(places)]
    runs = runs.assign(
        _point=runs["point_id"].map(order), _seed=runs["seed"].map(places)
    ).sort_values(["_point", "_seed"], ignore_index=True)
    rows = runs.drop(columns=["run_id", "point_id", "replicate"])
    if rows["failure"].isna().all():
        rows = rows.drop(columns="failure")
    values = _values(points)
    keys = values.columns
    told = rows[[c for c in rows.columns if c not in (*keys, "_point", "_seed")]]
    chosen = values.iloc[rows["_point"]].reset_index(drop=True)
    frame = pd.concat([chosen, told], axis=1)
    leading = [*keys, "seed", "status", "digest", "violations"]
    metrics = [name for name in _core_order() if name in frame]
    return frame[leading + metrics + [name for name in ("failure",) if name in frame]]


def _core_order() -> list[str]:
    names = [name for name, _, _ in _core.metric_specs() if name != "wall_seconds"]
    return [*names, "n_final_corrupt", "n_final"]


# --- In memory ------------------------------------------------------------------------------------


def _run_in_memory(
    items: Sequence[_Item],
    name_of: Callable[[int], str],
    jobs: int | None,
    executor: Executor | None,
    on_error: str,
    progress: bool | Progress | None,
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [{} for _ in items]
    with _shown(progress, len(items)) as show:
        for done, (index, result) in enumerate(
            _results(items, name_of, jobs, executor, on_error), start=1
        ):
            rows[index] = (
                {
                    "seed": _core.parse_seed(items[index].seed),
                    "status": "failed",
                    "digest": "",
                    "violations": "",
                    "failure": str(result) or type(result).__name__,
                }
                if isinstance(result, BaseException)
                else result
            )
            show(done, len(items))
    return rows


def _results(
    items: Sequence[_Item],
    name_of: Callable[[int], str],
    jobs: int | None,
    executor: Executor | None,
    on_error: str,
) -> Iterator[tuple[int, Any]]:
    """(index, what the worker returned or raised), as they arrive; with ``"raise"`` the first
    failure ends the others and is raised with its item's name."""
    if executor is not None:
        yield from _arriving(
            [executor.submit(_run_item, item) for item in items], name_of, on_error
        )
        return
    # Not a `with` block: after Ctrl-C it would wait for runs that have not begun.
    stop = _core.StopFlag()
    pool = ThreadPoolExecutor(jobs or os.cpu_count() or 1, thread_name_prefix="aivmsim")
    try:
        yield from _arriving(
            [pool.submit(_run_item, item, stop) for item in items], name_of, on_error
        )
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _arriving(
    futures: list[Future[Any]], name_of: Callable[[int], str], on_error: str
) -> Iterator[tuple[int, Any]]:
    places = {future: index for index, future in enumerate(futures)}
    try:
        for future in as_completed(futures):
            index = places[future]
            error = future.exception()
            if error is not None and on_error == "raise":
                raise SweepError(f"{name_of(index)}: {error}") from error
            yield index, error if error is not None else future.result()
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def _run_item(item: _Item, stop: _core.StopFlag | None = None) -> Any:
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
    return record if item.keep_rows else _row(record)


def _row(record: _core.RunRecord) -> dict[str, Any]:
    row = {
        "seed": record.seed,
        "status": record.status,
        "digest": record.digest,
        "violations": " ".join(violation.invariant for violation in record.violations),
    }
    metrics = record.metrics()
    corrupt, final = record.final_results
    metrics |= {"n_final_corrupt": corrupt, "n_final": final}
    return row | {name: metrics[name] for name in _core_order() if name in metrics}


# --- The frame ------------------------------------------------------------------------------------


def _values(points: Sequence[_Point]) -> pd.DataFrame:
    """The values of the points, as numbers where they are numbers. A key that a point does not set
    has the value of the scenario."""
    keys = list(dict.fromkeys(key for point in points for key in point.values))
    return pd.DataFrame(
        {key: [_value(point, key) for point in points] for key in keys}, index=range(len(points))
    )


def _value(point: _Point, key: str) -> Any:
    kind = point.scenario._loaded.kind(key)
    if kind in ("duration", "amount", "share"):
        return point.scenario.number(key)[0]
    return point.values[key] if key in point.values else point.scenario.get(key)


def _frame(points: Sequence[_Point], rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    runs_per_point = len(rows) // len(points)
    values = _values(points).to_dict("records") or [{}] * len(points)
    return pd.DataFrame([values[index // runs_per_point] | row for index, row in enumerate(rows)])


def _with_units(frame: pd.DataFrame, points: Sequence[_Point]) -> pd.DataFrame:
    keys = [key for key in dict.fromkeys(k for p in points for k in p.values) if key in frame]
    units = {key: points[0].scenario.number(key)[1] for key in keys}
    frame.attrs["units"] = {k: u for k, u in units.items() if u} | metric_units(frame)
    return frame


# --- Progress -------------------------------------------------------------------------------------


@contextmanager
def _shown(progress: bool | Progress | None, runs: int) -> Iterator[Progress]:
    """The function to call after each run: the caller's own, a progress bar, or one that does
    nothing."""
    if callable(progress):
        yield progress
        return
    if not (_is_watched() if progress is None else progress):
        yield lambda there, whole: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=runs, unit="run", desc="sweep") as bar:

        def show(there: int, whole: int) -> None:
            bar.total = whole
            bar.update(there - bar.n)

        yield show


def _is_watched() -> bool:
    """At a terminal, or in a notebook."""
    try:
        kernel = type(get_ipython()).__name__ == "ZMQInteractiveShell"  # type: ignore[name-defined]
    except NameError:
        kernel = False
    return kernel or sys.stderr.isatty()
