"""The facts of a study, a file of many runs, as plain Python values: summed up by SQL, so that a
study of ten thousand runs costs little more than one of ten. Metrics are read from the metric table
and never recomputed."""

import hashlib
import sqlite3
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .database import BadDatabase, words_of
from .facts import family
from .intervals import Estimate, Moments, clustered, design_effect, exact, mean

Row = dict[str, Any]
WINDOW, CENSORS = "vm.challenge_window_blocks", "chain.censoring_share"
SCENARIO = "scenario"
TTF_BUCKET_NS = 100_000_000


@dataclass(frozen=True, order=True)
class Value:
    """A value of a swept parameter: in base units where it is a number, and as it was written."""

    number: float | None
    text: str


@dataclass
class Axis:
    """A parameter that differs between points, with its values in order."""

    key: str
    unit: str
    values: list[Value]

    @property
    def numeric(self) -> bool:
        return all(value.number is not None for value in self.values)

    @property
    def words(self) -> str:
        """The last words of the key, without its unit."""
        words = self.key.rsplit(".", 1)[-1].replace("_", " ")
        return words.removesuffix(" " + self._shown_unit) if self._shown_unit else words

    @property
    def title(self) -> str:
        """For a chart: the words, and the unit."""
        return (
            f"{self.words}, {self._shown_unit}" if self._shown_unit and self.numeric else self.words
        )

    @property
    def _shown_unit(self) -> str:
        return {"ppm": "", "ns": "s", "nLUX": "LUX"}.get(self.unit, self.unit)

    def named(self, value: Value) -> str:
        return f"{self.words} {self.label(value)}"

    def place(self, value: Value) -> float | str:
        """Where it stands on a numeric axis (shares as shares, seconds, LUX), or its text."""
        if not self.numeric:
            return value.text
        return value.number / {"ppm": 1e6, "ns": 1e9, "nLUX": 1e9}.get(self.unit, 1)

    def label(self, value: Value) -> str:
        if not self.numeric or self.unit in ("ppm", "ns", "nLUX"):
            return value.text
        return f"{value.number:g}"


@dataclass
class Point:
    point_id: int
    scenario: str
    values: dict[str, Value]
    config: Row
    runs: int = 0
    fraud: Moments = Moments(0, 0, 0, 0, 0, 0)  # k of n wrong results became final
    profits: tuple[int, int] = (0, 0)  # runs in which cheating paid, runs with cheats
    sums: dict[tuple[str, str], tuple[int, float, float]] = field(
        default_factory=dict
    )  # n, sum, squares by metric, mode

    @property
    def label(self) -> str:
        return ", ".join(
            f"{key.rsplit('.', 1)[-1]} {value.text}" for key, value in self.values.items()
        )


@dataclass
class Cell:
    """The data of one place on the axes: the runs of one point, or of several that differ
    elsewhere, together."""

    points: list[Point]

    @property
    def runs(self) -> int:
        return sum(point.runs for point in self.points)

    @cached_property
    def fraud(self) -> Moments:
        return Moments.pooled([point.fraud for point in self.points])

    @property
    def profit(self) -> Estimate | None:
        """P(profit) with its exact interval."""
        k, n = (
            sum(column) for column in zip(*(point.profits for point in self.points), strict=True)
        )
        return exact(k, n) if n else None

    def mean(self, name: str, mode: str = "") -> Estimate | None:
        parts = [point.sums[name, mode] for point in self.points if (name, mode) in point.sums]
        if not parts:
            return None
        return mean(*(sum(column) for column in zip(*parts, strict=True)))


@dataclass
class Study:
    path: Path
    row: Row
    points: list[Point]
    axes: list[Axis]  # the one with most values first
    runs: int
    statuses: dict[str, int]
    modes: list[str]  # every verification mode that the database knows
    outcome_words: list[str]  # every outcome of a task that the database knows
    metrics: list[tuple[str, str]]
    returns: dict[int, np.ndarray]  # attacker_roi_ppm of each run, by point
    groups: list["Group"]
    outcomes: dict[str, dict[str, int]]  # by mode
    ttf: dict[
        tuple[int, str], tuple[np.ndarray, np.ndarray]
    ]  # by point and mode: seconds, number of tasks
    pairs: dict[tuple[int, str], tuple[int, float, float]] = field(
        default_factory=dict
    )  # n, sum, squares
    _places: dict[tuple, dict[tuple, list[Point]]] = field(default_factory=dict)

    def metric_sum(self, name: str) -> float:
        return sum(point.sums[name, ""][1] for point in self.points if (name, "") in point.sums)

    def axis(self, key: str) -> Axis | None:
        return next((axis for axis in self.axes if axis.key == key), None)

    def at(self, wanted: dict[str, Value]) -> Cell | None:
        """The points with these values; None where nothing was tried."""
        keys = tuple(wanted)
        if keys not in self._places:
            places = self._places[keys] = defaultdict(list)
            for point in self.points:
                places[tuple(point.values[key] for key in keys)].append(point)
        found = self._places[keys].get(tuple(wanted.values()))
        return Cell(found) if found else None

    @cached_property
    def design_effect(self) -> float | None:
        """The largest among the points that show one: for those that do not, as where no wrong
        result became final."""
        effects = [
            effect
            for effect in (design_effect(point.fraud) for point in self.points)
            if effect is not None
        ]
        return max(effects, default=None)

    def fraud_share(self, cell: Cell) -> Estimate | None:
        """Wrong results that became final, of those posted. Results of one run share their blocks'
        proposers and are not independent; the interval allows for that where runs can tell how
        much."""
        if not cell.fraud.n:
            return None
        return clustered(
            cell.fraud.k, cell.fraud.n, design_effect(cell.fraud) or self.design_effect or 1.0
        )

    def contrast(self, cell: Cell, metric: str) -> Estimate | None:
        """The mean difference to the same points at the main axis's first value, over pairs of runs
        of one seed."""
        parts = [
            self.pairs[p.point_id, metric]
            for p in cell.points
            if (p.point_id, metric) in self.pairs
        ]
        return mean(*(sum(column) for column in zip(*parts, strict=True))) if parts else None

    def alpha(self, cell: Cell) -> float | None:
        """The share of censoring proposers, each block's drawn independently; None if the points do
        not share one."""
        shares = {_alpha(point.config) for point in cell.points}
        return shares.pop() if len(shares) == 1 else None


def _alpha(config: Row) -> float | None:
    chain = config.get("chain", {})
    if chain.get("censorship") == "iid" and str(chain.get("censoring_share", "")).endswith("%"):
        return float(chain["censoring_share"][:-1]) / 100
    return None


def load(db: sqlite3.Connection, path: Path, axes: list[str] | None = None) -> Study:
    """Everything the page of a study shows. `axes` names the parameters to put on the axes, the
    first on x."""

    def rows(sql: str) -> Iterable[Row]:
        return (dict(row) for row in db.execute(sql))

    points = _points(rows)
    study = Study(
        path=path,
        row=next(rows("SELECT * FROM study ORDER BY study_id")),
        points=points,
        axes=_axes(
            points,
            {r["name"]: r["unit"] for r in rows("SELECT DISTINCT name, unit FROM point_param")},
        ),
        runs=sum(point.runs for point in points),
        statuses={
            r["status"]: r["n"]
            for r in rows("SELECT status, count(*) AS n FROM run GROUP BY 1 ORDER BY 2 DESC")
        },
        modes=words_of(db, "task", "mode"),
        outcome_words=words_of(db, "task", "outcome"),
        metrics=[
            (r["name"], r["mode"])
            for r in rows("SELECT DISTINCT name, mode FROM metric ORDER BY 1, 2")
        ],
        returns=_returns(db),
        groups=_groups(db),
        outcomes={},
        ttf={},
    )
    _tasks(db, study)
    _order_axes(study, axes)
    _pairs(db, study)
    return study


def _points(rows) -> list[Point]:
    points = {
        r["point_id"]: Point(
            r["point_id"], r["scenario"], {}, tomllib.loads(r["config"]) if r["config"] else {}
        )
        for r in rows(
            "SELECT point_id, scenario, config FROM point WHERE point_id IN (SELECT point_id FROM "
            "run)"
        )
    }
    for r in rows("SELECT point_id, name, number, text FROM point_param ORDER BY point_id, name"):
        if r["point_id"] in points:
            points[r["point_id"]].values[r["name"]] = Value(r["number"], r["text"])
    if len({point.scenario for point in points.values()}) > 1:
        for point in points.values():
            point.values[SCENARIO] = Value(None, point.scenario)
    for r in rows("SELECT point_id, count(*) AS n FROM run GROUP BY 1"):
        points[r["point_id"]].runs = r["n"]
    for r in rows("SELECT point_id, name, mode, n, mean, sd FROM v_point_estimate"):
        squares = (r["n"] - 1) * (r["sd"] or 0.0) ** 2 + r["n"] * r["mean"] ** 2
        points[r["point_id"]].sums[r["name"], r["mode"]] = (r["n"], r["n"] * r["mean"], squares)
    for r in rows(FRAUD):
        points[r["point_id"]].fraud = Moments(r["runs"], r["k"], r["n"], r["kk"], r["kn"], r["nn"])
    for r in rows(PROFITS):
        points[r["point_id"]].profits = (r["k"], r["n"])
    return list(points.values())


FRAUD = """
SELECT point_id, count(*) AS runs, sum(k) AS k, sum(n) AS n,
       sum(1.0 * k * k) AS kk, sum(1.0 * k * n) AS kn, sum(1.0 * n * n) AS nn
FROM (SELECT run.point_id, missed.value AS k, posted.value AS n
      FROM run
      JOIN metric AS missed USING (run_id) JOIN metric AS posted USING (run_id)
      WHERE missed.name = 'n_fraud_missed' AND missed.mode = ''
        AND posted.name = 'n_fraud_posted' AND posted.mode = '')
GROUP BY point_id"""

PROFITS = """
SELECT point_id, count(*) AS n, sum(value) AS k
FROM run JOIN metric USING (run_id)
WHERE name = 'attacker_profitable'
GROUP BY point_id"""


@dataclass
class Group:
    """Principals of one label (lazy-0 and lazy-1 are lazy) and strategy, over all runs: those with
    a stake."""

    label: str
    strategy: str
    honest: bool
    returns: np.ndarray  # on the opening stake, in ppm


def _groups(db: sqlite3.Connection) -> list[Group]:
    """The dishonest first, then by mean return."""
    found: dict[tuple[str, str, bool], list[float]] = defaultdict(list)
    for label, strategy, honest, roi in db.execute(
        "SELECT label, strategy, honest, roi_ppm FROM v_roi_dist WHERE roi_ppm IS NOT NULL"
    ):
        found[family(label), strategy, bool(honest)].append(roi)
    groups = [Group(*key, np.array(values)) for key, values in found.items()]
    return sorted(groups, key=lambda group: (group.honest, -group.returns.mean()))


def _returns(db: sqlite3.Connection) -> dict[int, np.ndarray]:
    """Only of runs in which somebody cheated."""
    found: dict[int, list[float]] = defaultdict(list)
    for point, value in db.execute(
        "SELECT point_id, value FROM run JOIN metric USING (run_id) WHERE name = 'attacker_roi_ppm'"
        " AND run_id IN (SELECT run_id FROM principal WHERE honest = 0) ORDER BY point_id, run_id"
    ):
        found[point].append(value)
    return {point: np.array(values, dtype=float) for point, values in found.items()}


def _tasks(db: sqlite3.Connection, study: Study) -> None:
    """Outcomes and times to finality in one pass over the tasks; times in tenths of a second."""
    outcomes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    times: dict[tuple[int, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for point, mode, outcome, bucket, number in db.execute(
        "SELECT point_id, mode, outcome, (final_time_ns - submit_time_ns) / ?, count(*)"
        " FROM task JOIN run USING (run_id) GROUP BY 1, 2, 3, 4",
        (TTF_BUCKET_NS,),
    ):
        outcomes[mode][outcome] += number
        if outcome in ("final_ok", "final_corrupt") and bucket is not None:
            times[point, mode][bucket] += number
    study.outcomes = {mode: dict(counts) for mode, counts in sorted(outcomes.items())}
    for key, counts in times.items():
        places = np.array(sorted(counts))
        study.ttf[key] = (
            places * (TTF_BUCKET_NS / 1e9),
            np.array([counts[place] for place in places.tolist()]),
        )


def _axes(points: list[Point], units: dict[str, str]) -> list[Axis]:
    keys = sorted({key for point in points for key in point.values})
    axes = []
    for key in keys:
        for point in points:  # a point without it has the scenario's own value
            point.values.setdefault(key, _default(point, key))
        values = {point.values[key] for point in points}
        if len(values) < 2:
            continue
        number_first = sorted(values, key=lambda v: (v.number is None, v.number or 0, v.text))
        axes.append(Axis(key, units.get(key, ""), number_first))
    swept = {axis.key for axis in axes}
    for point in points:
        point.values = {key: value for key, value in point.values.items() if key in swept}
    return sorted(axes, key=lambda axis: -len(axis.values))


def _default(point: Point, key: str) -> Value:
    value: Any = point.config
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    number = (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    )
    return Value(number, "as in the scenario" if value is None else str(value))


def _order_axes(study: Study, wanted: list[str] | None) -> None:
    """Asked for, or else the challenge window on x and the share of censors on y, or else by number
    of values."""
    known = {axis.key: axis for axis in study.axes}
    for key in wanted or ():
        if key not in known:
            there = ", ".join(known) or "none"
            raise BadDatabase(
                f"the study does not sweep {key}; parameters that differ between its points: "
                f"{there}"
            )
    first = wanted or [key for key in (WINDOW, CENSORS) if key in known]
    study.axes.sort(key=lambda axis: first.index(axis.key) if axis.key in first else len(first))


PAIRED = ("attacker_net", "p_final_corrupt", "ttf_mean")


def _pairs(db: sqlite3.Connection, study: Study) -> None:
    """Pairs each point with the one that differs only in having the main axis's first value."""
    if not study.axes:
        return
    main = study.axes[0]

    def elsewhere(point: Point) -> frozenset:
        return frozenset((key, value) for key, value in point.values.items() if key != main.key)

    bases = {elsewhere(p): p.point_id for p in study.points if p.values[main.key] == main.values[0]}
    values: dict[tuple[int, str], dict[str, float]] = defaultdict(
        dict
    )  # by point and metric: each seed's value
    for point, name, group, value in db.execute(
        "SELECT point_id, name, crn_group, value FROM run JOIN metric USING (run_id)"
        " WHERE crn_group <> '' AND mode = '' AND name IN (?, ?, ?)", PAIRED
    ):  # fmt: skip
        values[point, name][group] = value
    for point in study.points:
        base = bases.get(elsewhere(point))
        for name in PAIRED if base not in (None, point.point_id) else ():
            here, there = values[point.point_id, name], values[base, name]
            differences = [float(here[group] - there[group]) for group in here if group in there]
            if differences:
                study.pairs[point.point_id, name] = (
                    len(differences),
                    sum(differences),
                    sum(d * d for d in differences),
                )


def seeds_text(db: sqlite3.Connection) -> str:
    """The seeds of the study, runs of consecutive ones as ranges: "1..64, 100"."""
    texts = [row[0] for row in db.execute("SELECT DISTINCT seed FROM run")]
    numbers = sorted(int(text) for text in texts if text.isdigit())
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    ranges = [str(a) if a == b else f"{a}..{b}" for a, b in parts]
    return ", ".join(ranges + sorted(text for text in texts if not text.isdigit()))


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
