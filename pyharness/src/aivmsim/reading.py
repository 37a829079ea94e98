"""Reading an outcome database: the file that a run or a sweep wrote, as DataFrames."""

from __future__ import annotations

import functools
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from . import _core
from ._core import StudyError
from .metrics import METRICS
from .pictures import ROWS_SHOWN, payoff_bars

#: Numbers of parameters are shown in these units: (unit, how many base units it is).
SHOWN_UNITS = {"ppm": ("share", 10**6), "ns": ("s", 10**9), "nLUX": ("LUX", 10**9)}
_PICTURE = "mean net payoff by principal, who breaks the protocol in orange"
_LEADING = ["seed", "status", "digest", "violations"]
_TRAILING = ["n_final_corrupt", "n_final", "failure", "replicate", "point_id", "run_id"]


def read(path: str | os.PathLike[str]) -> StudyData:
    """Opens an outcome database.

    Parameters
    ----------
    path : str or path-like
        The file that ``aivmsim run``, ``aivmsim sweep`` or :func:`sweep` with `out` wrote. Where
        only its unfinished form ``PATH.partial`` is there, that is read.

    Returns
    -------
    StudyData
        Its tables as DataFrames, made on demand.

    Raises
    ------
    StudyError
        No such file, or one that is foreign, damaged, or of another version.

    Examples
    --------
    >>> import aivmsim, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "study.db")
    >>> small = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 20})
    >>> _ = aivmsim.sweep(small, {"vm.slash_bps": [5000, 10000]}, seeds=[1], out=path)
    >>> found = aivmsim.read(path).runs[["vm.slash_bps", "seed", "status"]]
    >>> found.sort_values("vm.slash_bps", ignore_index=True)
       vm.slash_bps  seed status
    0          5000     1  clean
    1         10000     1  clean
    """
    return StudyData(Path(path))


class StudyData:
    """An outcome database as DataFrames. Columns that have a unit name it in ``attrs["units"]``.

    Attributes
    ----------
    path : pathlib.Path
        The file that is read.
    finished : bool
        False for a sweep that was stopped and can be resumed.

    Examples
    --------
    >>> import aivmsim, os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "study.db")
    >>> small = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 20})
    >>> _ = aivmsim.sweep(small, seeds=[1, 2], out=path)
    >>> study = aivmsim.read(path)
    >>> study.finished, len(study.runs)
    (True, 2)
    """

    def __init__(self, path: Path) -> None:
        partial = path.with_name(path.name + ".partial")
        self.finished = path.exists() or not partial.exists()
        self.path = path if self.finished else partial
        _core.check_study(str(self.path), not self.finished)

    @functools.cached_property
    def runs(self) -> pd.DataFrame:
        """One row per run, seed by seed: the parameters that were set, as
        numbers (shares from 0 to 1, durations in s, money in LUX) where they are numbers, then
        seed, status, digest, violated invariants, metrics, and why it failed if it did."""
        frame = runs_frame(self.path)
        order = [c for c in frame.columns if c not in (*_LEADING, *METRICS, *_TRAILING)]
        return frame[order + [c for c in (*_LEADING, *METRICS, *_TRAILING) if c in frame.columns]]

    @functools.cached_property
    def estimates(self) -> pd.DataFrame:
        """One row per point, metric, mode and method: n, mean, and its interval low to high."""
        return (
            self.query("SELECT * FROM v_point_estimate")
            if not self.finished
            else self.table("estimate")
        )

    @functools.cached_property
    def contrasts(self) -> pd.DataFrame:
        """One row per point and metric: the difference to the base of the sweep, seed by seed."""
        return self.table("contrast")

    @functools.cached_property
    def violations(self) -> pd.DataFrame:
        """One row per violated invariant."""
        return self.table("violation")

    @functools.cached_property
    def plan(self) -> dict[str, Any] | None:
        """What the sweep was asked for: scenario, values, seeds, rules; None of a file that no
        sweep made."""
        rows = self.table("sweep")
        return None if rows.empty else json.loads(rows["plan"][0])

    def tables(self) -> list[str]:
        """The names of the tables and views of the file."""
        names = self.query("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        return sorted(names["name"])

    def table(self, name: str) -> pd.DataFrame:
        """The rows of a table or view. Raises KeyError for one that the file does not have."""
        if name not in self.tables():
            raise KeyError(f"the file has no table {name!r}; it has {', '.join(self.tables())}")
        return self.query(f'SELECT * FROM "{name}"')

    def query(self, sql: str, parameters: Any = ()) -> pd.DataFrame:
        """The rows of a query in SQL.

        Examples
        --------
        >>> import aivmsim, tempfile, os
        >>> path = os.path.join(tempfile.mkdtemp(), "run.db")
        >>> _ = aivmsim.run("lazy_provider", out=path)
        >>> int(aivmsim.read(path).query("SELECT count(*) AS n FROM task")["n"][0]) > 0
        True
        """
        with _reading(self.path), closing(_connect(self.path)) as db:
            return pd.read_sql_query(sql, db, params=parameters)

    def __repr__(self) -> str:
        state = "" if self.finished else ", unfinished"
        return f"<StudyData {self.path.name}: {len(self.runs)} runs{state}>"

    def _repr_html_(self) -> str:
        statuses = self.runs["status"].value_counts()
        counts = ", ".join(f"{n} {escape(str(word))}" for word, n in statuses.items())
        payoffs = self._mean_payoffs()
        picture = "" if payoffs.empty else f"<br>{payoff_bars(payoffs, _PICTURE)}"
        return f"<b>{escape(self.path.name)}</b> &middot; {len(self.runs)} runs: {counts}{picture}"

    def _mean_payoffs(self) -> pd.DataFrame:
        """Of each principal over its runs, those that break the protocol first; none in a file
        without runs."""
        return self.query(
            "SELECT label, honest, avg(net_nlux) AS net_nlux"
            " FROM principal JOIN payoff USING (run_id, principal)"
            " GROUP BY label, honest ORDER BY honest, min(run_id), min(principal)"
            f" LIMIT {ROWS_SHOWN}"
        )


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Errors of SQLite as one that names the file: a query that is wrong, or a file that is."""
    try:
        yield
    except (sqlite3.Error, pd.errors.DatabaseError) as error:
        raise StudyError(f"{path} cannot be read: {error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    """For reading only. An unfinished file may have a write-ahead log, which SQLite reads only
    where it may write."""
    if path.suffix == ".partial":
        return sqlite3.connect(path)
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def runs_frame(path: Path) -> pd.DataFrame:
    """One row per run with parameters, metrics and identities; see :attr:`StudyData.runs`."""
    with _reading(path), closing(_connect(path)) as db:
        columns = {row[1] for row in db.execute("PRAGMA table_info(run)")}
        failure = "failure" if "failure" in columns else "NULL AS failure"
        runs = pd.read_sql_query(
            "SELECT run_id, point_id, replicate, seed, status, digest,"
            " coalesce((SELECT group_concat(invariant, ' ') FROM violation AS v"
            f" WHERE v.run_id = run.run_id), '') AS violations, {failure}"
            " FROM run ORDER BY replicate, point_id",
            db,
        )
        # Not by pandas, which would make floats of integers that share a column with them.
        metrics: dict[str, dict[int, int | float | None]] = {}
        for run, name, value in db.execute(
            "SELECT run_id, name, value FROM metric WHERE mode = '' AND name <> 'wall_seconds'"
        ):
            metrics.setdefault(name, {})[run] = value
        has_n = any(row[1] == "n" for row in db.execute("PRAGMA table_info(metric)"))
        finals = (
            pd.read_sql_query(
                "SELECT run_id, n AS n_final FROM metric"
                " WHERE mode = '' AND name = 'p_final_corrupt'",
                db,
            )
            if has_n
            else None
        )
        params = pd.read_sql_query("SELECT point_id, name, number, text, unit FROM point_param", db)
    frame = runs.merge(_parameters(params), on="point_id", how="left")
    for name, values in metrics.items():
        frame[name] = _narrowed([values.get(run) for run in frame["run_id"]])
    if finals is not None and "n_fraud_missed" in frame:
        frame = frame.merge(finals, on="run_id", how="left")
        frame["n_final_corrupt"] = frame["n_fraud_missed"]
    frame["seed"] = _numbers_if_all(frame["seed"])
    frame.attrs["units"] = _units(params, frame)
    return frame


def _narrowed(values: list[int | float | None]) -> pd.Series:
    """Integers where every run has one, otherwise floats, NaN for no data."""
    whole = all(isinstance(value, int) for value in values)
    return pd.Series(values, dtype="int64" if whole else "float64")


def _numbers_if_all(texts: pd.Series) -> pd.Series:
    return texts.map(int).astype("uint64" if any(int(t) > 2**63 - 1 for t in texts) else "int64")


def _parameters(params: pd.DataFrame) -> pd.DataFrame:
    """One row per point, one column per parameter, in the order of their names."""
    points = {}
    for row in params.itertuples(index=False):
        _, scale = SHOWN_UNITS.get(row.unit, (row.unit, 1))
        number = row.number
        value: Any = row.text
        if number is not None and number == number:
            value = number / scale if scale > 1 else _whole(number)
        points.setdefault(row.point_id, {})[row.name] = value
    frame = pd.DataFrame.from_dict(points, orient="index")
    frame.index.name = "point_id"
    return (
        frame.reset_index() if len(frame) else pd.DataFrame({"point_id": pd.Series(dtype="int64")})
    )


def _whole(number: float) -> int | float:
    return int(number) if number == int(number) else number


def _units(params: pd.DataFrame, frame: pd.DataFrame) -> dict[str, str]:
    units = {
        row.name: SHOWN_UNITS.get(row.unit, (row.unit, 1))[0]
        for row in params.itertuples(index=False)
        if row.unit
    }
    return units | metric_units(frame)


def metric_units(frame: pd.DataFrame) -> dict[str, str]:
    """The units of the metrics among the columns."""
    return {
        name: METRICS[name].unit for name in frame.columns if name in METRICS and METRICS[name].unit
    }
