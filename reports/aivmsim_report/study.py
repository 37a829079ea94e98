"""The facts of a study, a file of many runs, as plain Python values: summed up by SQL, but for the
few metrics of PER_RUN. Metrics are read from the metric table and never recomputed."""

import hashlib
import re
import sqlite3
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .database import BadDatabase, has_table, words_of
from .facts import family
from .intervals import Counts, Estimate, clustered, mean, mean_of, paired_shares

Row = dict[str, Any]
WINDOW, CENSORS = "vm.challenge_window_blocks", "chain.censoring_share"
SCENARIO = "scenario"
# The key that recorded runs differ in when a word stands for several settings (aivmsim.record).
DESCRIPTION = "description"
TTF_BUCKET_NS = 100_000_000


@dataclass(frozen=True, order=True)
class Value:
    """A value of a swept parameter: in base units where it is a number, and as it was written."""

    number: float | None
    text: str

    @property
    def is_number(self) -> bool:
        """Whether a reader sees a number: true, false and unlimited are stored with one as well."""
        return self.number is not None and re.match(r"[-+.\d]", self.text) is not None


@dataclass
class Axis:
    """A parameter that differs between points, with its values in order."""

    key: str
    unit: str
    values: list[Value]

    @property
    def numeric(self) -> bool:
        return all(value.is_number for value in self.values)

    @property
    def words(self) -> str:
        """The last words of the key, without its unit."""
        if self.key == DESCRIPTION:
            return "variant"
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
    # by metric of PER_RUN and seed: the values of its runs, mostly one
    values_of: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    # by seed: wrong and all results that became final, where rows of tasks were recorded
    finals: dict[str, tuple[float, float]] = field(default_factory=dict)
    sums: dict[tuple[str, str], tuple[int, float, float]] = field(
        default_factory=dict
    )  # n, sum, squares by metric, mode

    @property
    def label(self) -> str:
        return ", ".join(
            f"{key.rsplit('.', 1)[-1]} {value.text}" for key, value in self.values.items()
        )


FINAL = ("final_ok", "final_corrupt")


@dataclass
class Finality:
    """Tasks by their time to finality. A pending task is known to have taken longer than the time
    at which its run ended (it is censored there); a reverted or expired one never becomes final."""

    final: Counter[float] = field(default_factory=Counter)  # by seconds
    pending: Counter[float] = field(default_factory=Counter)
    never: int = 0

    def __add__(self, other: "Finality") -> "Finality":
        return Finality(
            self.final + other.final, self.pending + other.pending, self.never + other.never
        )

    @property
    def tasks(self) -> int:
        return self.final.total() + self.pending.total() + self.never

    def curve(self) -> list[tuple[float, float]]:
        """(seconds, share of all submitted tasks that is final by then), by Kaplan and Meier's
        product: without pending tasks simply their share."""
        at_risk, not_final, steps = self.tasks, 1.0, []
        for seconds in sorted(self.final.keys() | self.pending.keys()):
            became = self.final[seconds]
            if became:
                not_final *= 1 - became / at_risk
                steps.append((seconds, 1 - not_final))
            at_risk -= became + self.pending[seconds]
        return steps


@dataclass
class Cell:
    """The data of one place on the axes: the runs of one point, or of several that differ
    elsewhere, together."""

    points: list[Point]

    @property
    def runs(self) -> int:
        return sum(point.runs for point in self.points)

    def by_seed(self, metric: str) -> dict[str, list[float]]:
        """All values of a metric of PER_RUN: points share their seeds, so a seed is a sample."""
        found: dict[str, list[float]] = defaultdict(list)
        for point in self.points:
            for seed, values in point.values_of.get(metric, {}).items():
                found[seed] += values
        return found

    @cached_property
    def fraud(self) -> Counts:
        """Wrong results that became final, of those posted."""
        missed, posted = self.by_seed("n_fraud_missed"), self.by_seed("n_fraud_posted")
        return Counts([(sum(missed[s]), sum(n)) for s, n in posted.items() if s in missed])

    @property
    def profit(self) -> Estimate | None:
        """P(profit): runs in which the attacker had more than with honest play."""
        runs = self.by_seed("attacker_profitable")
        if not runs:
            return None
        return clustered(Counts([(sum(paid), len(paid)) for paid in runs.values()]))

    @property
    def gain(self) -> Estimate | None:
        """What cheating brings the attacker over honest play, nLUX per run; None without a
        comparison."""
        runs = self.by_seed("cheating_gain")
        return mean_of([sum(v) / len(v) for v in runs.values()]) if runs else None

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
    cheats: bool  # somebody breaks the protocol in some run
    owners: list["OwnerGains"]
    groups: list["Group"]
    outcomes: dict[str, dict[str, int]]  # by mode
    ttf: dict[tuple[int, str], Finality]  # by point and mode
    implied: dict[str, dict[str, str]] = field(default_factory=dict)  # by key and scenario
    design: frozenset[str] = frozenset()  # swept keys that whoever sets the rules chooses
    bases: dict[int, Point] = field(default_factory=dict)  # by point: the one it is compared with
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

    def fraud_share(self, cell: Cell) -> Estimate | None:
        """Wrong results that became final, of those posted. Results of one run share their blocks'
        proposers and are not independent; the interval allows for that."""
        return clustered(cell.fraud) if cell.fraud.n else None

    def contrast(self, cell: Cell, metric: str, level: float = 0.95) -> Estimate | None:
        """The difference to the same points at the main axis's first value, over the seeds that
        both have: of p_final_corrupt of the shares of all final results, else of means."""
        pairs = [(p, self.bases[p.point_id]) for p in cell.points if p.point_id in self.bases]
        if metric == "p_final_corrupt" and all(p.finals and base.finals for p, base in pairs):
            here: dict[str, list[tuple[float, float]]] = defaultdict(list)
            there: dict[str, list[tuple[float, float]]] = defaultdict(list)
            for point, base in pairs:
                for seed in point.finals.keys() & base.finals.keys():
                    here[seed].append(point.finals[seed])
                    there[seed].append(base.finals[seed])
            seeds = sorted(here)
            return (
                paired_shares(_summed(here, seeds), _summed(there, seeds), level) if seeds else None
            )
        differences: dict[str, list[float]] = defaultdict(list)
        for point, base in pairs:
            ours, theirs = point.values_of.get(metric, {}), base.values_of.get(metric, {})
            for seed in ours.keys() & theirs.keys():
                differences[seed].append(_mean(ours[seed]) - _mean(theirs[seed]))
        seeds = sorted(differences)
        return mean_of([_mean(differences[seed]) for seed in seeds], level) if seeds else None

    def alpha(self, cell: Cell) -> float | None:
        """The share of censoring proposers, each block's drawn independently; None if the points do
        not share one."""
        shares = {_alpha(point.config) for point in cell.points}
        return shares.pop() if len(shares) == 1 else None


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _summed(
    counts: dict[str, list[tuple[float, float]]], seeds: list[str]
) -> list[tuple[float, float]]:
    return [(sum(k for k, _ in counts[s]), sum(n for _, n in counts[s])) for s in seeds]


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
        modes=words_of("task", "mode"),
        outcome_words=words_of("task", "outcome"),
        metrics=[
            (r["name"], r["mode"])
            for r in rows("SELECT DISTINCT name, mode FROM metric ORDER BY 1, 2")
        ],
        cheats=db.execute("SELECT EXISTS (SELECT 1 FROM principal WHERE honest = 0)").fetchone()[0]
        == 1,
        owners=_owners(db),
        groups=_groups(db),
        outcomes={},
        ttf={},
    )
    _imply(study, axes)
    study.design = _design(rows)
    _tasks(db, study)
    _order_axes(study, axes)
    _bases(study)
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
    for r in rows("SELECT * FROM v_point_estimate WHERE mean IS NOT NULL"):
        squares = (r["n"] - 1) * (r["sd"] or 0.0) ** 2 + r["n"] * r["mean"] ** 2
        points[r["point_id"]].sums[r["name"], r["mode"]] = (r["n"], r["n"] * r["mean"], squares)
    for r in rows(VALUES):
        of_metric = points[r["point_id"]].values_of.setdefault(r["name"], {})
        of_metric.setdefault(r["seed"], []).append(float(r["value"]))
    for r in rows(FINALS):
        points[r["point_id"]].finals[r["seed"]] = (r["k"], r["n"])
    return list(points.values())


# What is needed run by run. The sample is the seed, by the name that points share; a run without
# one stands for itself.
PER_RUN = ("cheating_gain", "attacker_profitable", "n_fraud_missed", "n_fraud_posted", "ttf_mean",
           "p_final_corrupt")  # fmt: skip
SEED = "CASE crn_group WHEN '' THEN 'run ' || run_id ELSE crn_group END"
VALUES = f"""
SELECT point_id, {SEED} AS seed, name, value FROM run JOIN metric USING (run_id)
WHERE mode = '' AND value IS NOT NULL AND name IN ({", ".join(f"'{name}'" for name in PER_RUN)})
ORDER BY point_id, run_id"""
FINALS = f"""
SELECT point_id, {SEED} AS seed, sum(outcome = 'final_corrupt') AS k, count(*) AS n
FROM run JOIN task USING (run_id) WHERE outcome IN ('final_ok', 'final_corrupt')
GROUP BY point_id, seed"""


@dataclass
class OwnerGains:
    """An owner that breaks the protocol: its gain over honest play per member, by point and seed,
    in nLUX. Owners are never pooled."""

    label: str
    strategy: str
    gains: dict[int, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))

    def gain(self, cell: Cell) -> Estimate | None:
        by_seed: dict[str, list[float]] = defaultdict(list)
        for point in cell.points:
            for seed, gain in self.gains.get(point.point_id, {}).items():
                by_seed[seed].append(gain)
        return mean_of([_mean(values) for values in by_seed.values()]) if by_seed else None


def _owners(db: sqlite3.Connection) -> list[OwnerGains]:
    if not has_table(db, "counterfactual"):
        return []
    found: dict[tuple[str, str], OwnerGains] = {}
    for label, strategy, point, seed, gain in db.execute(
        f"SELECT label, strategy, point_id, {SEED}, 1.0 * (payoff_nlux - honest_payoff_nlux) / "
        "members FROM counterfactual JOIN run USING (run_id) ORDER BY run_id, owner"
    ):
        key = (label, strategy)
        found.setdefault(key, OwnerGains(*key)).gains[point][seed] = gain
    return list(found.values())


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


def _tasks(db: sqlite3.Connection, study: Study) -> None:
    """Outcomes and times to finality in one pass over the tasks; times in tenths of a second."""
    outcomes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for point, mode, outcome, bucket, number in db.execute(
        "SELECT point_id, mode, outcome, (CASE outcome WHEN 'pending' THEN max(end_time_ns,"
        " submit_time_ns) ELSE final_time_ns END - submit_time_ns) / ?, count(*)"
        " FROM task JOIN run USING (run_id) GROUP BY 1, 2, 3, 4",
        (TTF_BUCKET_NS,),
    ):
        outcomes[mode][outcome] += number
        found = study.ttf.setdefault((point, mode), Finality())
        seconds = None if bucket is None else bucket * (TTF_BUCKET_NS / 1e9)
        if outcome in FINAL and seconds is not None:
            found.final[seconds] += number
        elif outcome == "pending" and seconds is not None:
            found.pending[seconds] += number
        else:
            found.never += number
    study.outcomes = {mode: dict(counts) for mode, counts in sorted(outcomes.items())}


def _design(rows) -> frozenset[str]:
    """The keys that are design: as the file says, and vm.* in files that do not."""
    known = {
        r["name"]: r.get("design") for r in rows("SELECT * FROM point_param GROUP BY name")
    }
    return frozenset(
        name for name, design in known.items()
        if (name.startswith("vm.") if design is None else design)
    )  # fmt: skip


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


def _imply(study: Study, wanted: list[str] | None) -> None:
    """Keys whose value follows from the scenario belong to it and are no axes of their own, unless
    they are asked for."""
    if study.axis(SCENARIO) is None:
        return
    for axis in list(study.axes):
        found: dict[str, set[Value]] = defaultdict(set)
        for point in study.points:
            found[point.scenario].add(point.values[axis.key])
        follows = all(len(values) == 1 for values in found.values())
        if axis.key == SCENARIO or axis.key in (wanted or ()) or not follows:
            continue
        study.axes.remove(axis)
        study.implied[axis.key] = {
            name: value.text for name, values in found.items() for value in values
        }
        for point in study.points:
            del point.values[axis.key]


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


def _bases(study: Study) -> None:
    """Pairs each point with the one that differs only in having the main axis's first value."""
    if not study.axes:
        return
    main = study.axes[0]

    def elsewhere(point: Point) -> frozenset:
        return frozenset((key, value) for key, value in point.values.items() if key != main.key)

    bases = {elsewhere(p): p for p in study.points if p.values[main.key] == main.values[0]}
    for point in study.points:
        base = bases.get(elsewhere(point))
        if base is not None and base is not point and _share_seeds(point, base):
            study.bases[point.point_id] = base


def _share_seeds(point: Point, base: Point) -> bool:
    ours, theirs = ({s for seeds in p.values_of.values() for s in seeds} for p in (point, base))
    return not ours.isdisjoint(theirs)


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
