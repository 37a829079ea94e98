"""Two files, a and b, beside each other: what was set differently, and how the metrics of their
runs differ, seed by seed where they share seeds."""

import math
import sqlite3
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.special import stdtrit

from .database import BadDatabase
from .intervals import LEVEL, Estimate, mean_of

Config = dict[str, Any]
Samples = dict[str, list[float]]  # by seed
# Say how much was simulated and how fast, nothing about the protocol.
UNCOUNTED = ("events", "blocks", "wall_seconds")


@dataclass
class Side:
    """One of the two files."""

    path: Path
    row: dict[str, Any]
    runs: int
    statuses: dict[str, int]
    violated: dict[str, int]  # runs by invariant that was violated unexpectedly
    points: dict[int, dict[str, str]]  # the swept keys of each point, as written
    configs: dict[int, Config]  # flat, by point
    samples: dict[int, dict[str, Samples]]  # by point and metric


@dataclass
class Difference:
    """b minus a of one metric at one point."""

    metric: str
    place: dict[str, str]
    a: float
    b: float
    estimate: Estimate
    paired: bool

    @property
    def sure(self) -> bool:
        """Whether the interval excludes no difference."""
        e = self.estimate
        return e.low is not None and e.high is not None and (e.low > 0 or e.high < 0)

    @property
    def relative(self) -> float | None:
        """The difference as a share of a; None where a is zero."""
        return self.estimate.value / abs(self.a) if self.a else None


@dataclass
class Comparison:
    a: Side
    b: Side
    keys: list[str]  # by which points were matched
    settings: list[tuple[str, str, str]]  # (key, in a, in b), those that differ
    differences: list[Difference]
    points: int  # matched
    compared: int  # metrics times points, those without any difference included
    level: float  # of each interval: all hold together with 95 %
    unmatched: tuple[int, int]  # points of a and of b without a partner


def load_side(db: sqlite3.Connection, path: Path) -> Side:
    samples: dict[int, dict[str, Samples]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for point, seed, name, value in db.execute(
        "SELECT point_id, seed, name, value FROM run JOIN metric USING (run_id) WHERE mode = ''"
        " AND value IS NOT NULL AND status NOT IN ('failed', 'interrupted')"
        " ORDER BY point_id, run_id"
    ):
        if name not in UNCOUNTED:
            samples[point][name][seed].append(float(value))
    points: dict[int, dict[str, str]] = {
        row[0]: {} for row in db.execute("SELECT DISTINCT point_id FROM run")
    }
    for point, name, text in db.execute("SELECT point_id, name, text FROM point_param"):
        if point in points:
            points[point][name] = text
    configs = {
        row[0]: flat(tomllib.loads(row[1])) if row[1] else {}
        for row in db.execute("SELECT point_id, config FROM point")
        if row[0] in points
    }
    if not points:
        raise BadDatabase(f"{path}: the study holds no run yet")
    return Side(
        path=path,
        row=dict(db.execute("SELECT * FROM study ORDER BY study_id").fetchone()),
        runs=db.execute("SELECT count(*) FROM run").fetchone()[0],
        statuses=dict(db.execute("SELECT status, count(*) FROM run GROUP BY 1 ORDER BY 2 DESC")),
        violated=dict(db.execute(
            "SELECT invariant, count(DISTINCT run_id) FROM violation WHERE expected = 0 GROUP BY 1"
        )),
        points=points,
        configs=configs,
        samples={point: dict(metrics) for point, metrics in samples.items()},
    )  # fmt: skip


def flat(config: Config, before: str = "") -> Config:
    """Keys with dots; participants by their label where they have one."""
    found: Config = {}
    for key, value in config.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            found |= flat(value, f"{name}.")
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for place, one in enumerate(value):
                found |= flat(one, f"{name}.{one.get('label', place)}.")
        else:
            found[name] = value
    return found


def compare(a: Side, b: Side) -> Comparison:
    keys = _keys(a, b)
    pairs = _pairs(a, b, keys)
    if not pairs:
        raise BadDatabase(
            f"{a.path} and {b.path} have no point in common: they differ in "
            f"{', '.join(keys) or 'every key'}"
        )
    work = [
        (name, place, here, there)
        for place, x, y in pairs
        for name in sorted(a.samples.get(x, {}).keys() & b.samples.get(y, {}).keys())
        if (here := a.samples[x][name]) != (there := b.samples[y][name])
    ]
    level = 1 - (1 - LEVEL) / max(1, len(work))
    compared = sum(len(a.samples.get(x, {}).keys() & b.samples.get(y, {}).keys())
                   for _, x, y in pairs)  # fmt: skip
    return Comparison(
        a, b, keys,
        settings=_settings(a, b, pairs, keys),
        differences=[difference(*one, level) for one in work],
        points=len(pairs),
        compared=compared,
        level=level,
        unmatched=(len(a.points) - len(pairs), len(b.points) - len(pairs)),
    )  # fmt: skip


def _keys(a: Side, b: Side) -> list[str]:
    """The swept keys that both files have and one varies. Two files of one point each are matched
    as they are."""
    if len(a.points) == len(b.points) == 1:
        return []
    common = _swept(a) & _swept(b)
    return sorted(
        key for key in common
        if max(len({values[key] for values in side.points.values() if key in values})
               for side in (a, b)) > 1
    )  # fmt: skip


def _swept(side: Side) -> set[str]:
    return {key for values in side.points.values() for key in values}


def _pairs(a: Side, b: Side, keys: list[str]) -> list[tuple[dict[str, str], int, int]]:
    """(values, point of a, point of b)."""
    if not keys and not len(a.points) == len(b.points) == 1:
        return []
    theirs = {tuple(values.get(key) for key in keys): point for point, values in b.points.items()}
    found = []
    for point, values in a.points.items():
        place = tuple(values.get(key) for key in keys)
        if place in theirs:
            found.append((dict(zip(keys, place, strict=True)), point, theirs[place]))
    return found


def _settings(
    a: Side, b: Side, pairs: list[tuple[dict[str, str], int, int]], keys: list[str]
) -> list[tuple[str, str, str]]:
    """The keys that differ between matched points; several values of one side are listed."""
    found: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for _, x, y in pairs:
        here, there = a.configs[x], b.configs[y]
        for key in sorted(here.keys() | there.keys()):
            values = [str(side.get(key, "not set")) for side in (here, there)]
            if values[0] != values[1] and key not in keys:
                kept = found.setdefault(key, ({}, {}))
                for side, value in zip(kept, values, strict=True):
                    side[value] = None
    return [(key, ", ".join(ours), ", ".join(theirs)) for key, (ours, theirs) in found.items()]


def difference(
    name: str, place: dict[str, str], here: Samples, there: Samples, level: float
) -> Difference:
    """Of the common seeds pair by pair, or else of two independent samples (Welch 1947)."""
    seeds = [seed for seed in here if seed in there]
    ours = [_mean(values) for values in (here[s] for s in (seeds or here))]
    theirs = [_mean(values) for values in (there[s] for s in (seeds or there))]
    if seeds:
        found = mean_of([y - x for x, y in zip(ours, theirs, strict=True)], level)
    else:
        found = welch(ours, theirs, level)
    return Difference(name, place, _mean(ours), _mean(theirs), found, bool(seeds))


def welch(ours: list[float], theirs: list[float], level: float) -> Estimate:
    value, n = _mean(theirs) - _mean(ours), min(len(ours), len(theirs))
    if n < 2:
        return Estimate(value, None, None, n)
    parts = [
        sum((v - _mean(side)) ** 2 for v in side) / (len(side) - 1) / len(side)
        for side in (ours, theirs)
    ]
    if sum(parts) == 0:
        return Estimate(value, value, value, n)
    degrees = sum(parts) ** 2 / sum(
        part**2 / (len(side) - 1) for part, side in zip(parts, (ours, theirs), strict=True)
    )
    reach = float(stdtrit(degrees, (1 + level) / 2)) * math.sqrt(sum(parts))
    return Estimate(value, value - reach, value + reach, n)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
