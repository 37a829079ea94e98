"""The difference between two studies, or two runs."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from .metrics import METRICS
from .reading import StudyData, read
from .statistics import mean_interval

_NO_PARAMETER = {
    "seed", "status", "digest", "violations", "failure", "replicate", "point_id", "run_id",
    "n_final", "n_final_corrupt",
}  # fmt: skip


def compare(
    a: StudyData | str | os.PathLike[str],
    b: StudyData | str | os.PathLike[str],
    metrics: Sequence[str] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """How `b` differs from `a`, metric by metric.

    Points are matched by the parameters that both studies set and one of them varies; two studies
    of one point each are matched as they are, so that a run before and after a change can be
    compared. Runs of one seed share their random numbers and are compared pair by pair; without
    common seeds the two samples are compared as independent ones (Welch).

    Parameters
    ----------
    a, b : StudyData, str or path-like
        Two databases. Failed and interrupted runs are left out.
    metrics : sequence of str, optional
        Names of :data:`aivmsim.METRICS`; by default all that both have and that differ.
    confidence : float
        Of each interval; it is not divided among them.

    Returns
    -------
    pandas.DataFrame
        One row per point and metric: the parameters, ``metric``, ``unit``, the means ``a`` and
        ``b``, ``difference`` (b minus a) from ``low`` to ``high``, ``n`` (pairs, or runs of the
        smaller sample) and ``paired``. NaN is no data, such as the interval of a single pair.

    Raises
    ------
    KeyError
        A metric that one of them does not have.
    ValueError
        No point is in both.

    Examples
    --------
    >>> import aivmsim, tempfile, os
    >>> folder = tempfile.mkdtemp()
    >>> paths = []
    >>> for window in (2, 30):
    ...     paths.append(os.path.join(folder, f"{window}.db"))
    ...     changed = aivmsim.Scenario.load("safe_window").replace(
    ...         **{"tasks.count": 20, "vm.challenge_window_blocks": window}
    ...     )
    ...     _ = aivmsim.sweep(changed, seeds=[1, 2, 3], out=paths[-1])
    >>> found = aivmsim.compare(*paths, metrics=["ttf_mean"])
    >>> bool(found["low"][0] > 0), int(found["n"][0]), bool(found["paired"][0])
    (True, 3, True)
    """
    left, right = (_runs(source) for source in (a, b))
    names = _metrics(left, right, metrics)
    rows = []
    for values, ours, theirs in _matched(left, right):
        for name in names:
            row = _difference(ours[["seed", name]], theirs[["seed", name]], name, confidence)
            if metrics is None and (row["difference"] == 0 or math.isnan(row["difference"])):
                continue
            rows.append({**values, "metric": name, "unit": METRICS[name].unit, **row})
    columns = ["metric", "unit", "a", "b", "difference", "low", "high", "n", "paired"]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)


def _runs(source: StudyData | str | os.PathLike[str]) -> pd.DataFrame:
    runs = (source if isinstance(source, StudyData) else read(source)).runs
    return runs[~runs["status"].isin(["failed", "interrupted"])]


def _metrics(left: pd.DataFrame, right: pd.DataFrame, asked: Sequence[str] | None) -> list[str]:
    if asked is None:
        return [name for name in METRICS if name in left and name in right]
    for name in asked:
        if name not in METRICS:
            raise KeyError(f"there is no metric {name!r}; aivmsim.METRICS has the names")
        if name not in left or name not in right:
            raise KeyError(f"one of the two has no metric {name!r}")
    return list(asked)


def _parameters(runs: pd.DataFrame) -> list[str]:
    return [c for c in runs.columns if c not in _NO_PARAMETER and c not in METRICS]


def _matched(
    left: pd.DataFrame, right: pd.DataFrame
) -> list[tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]]:
    """(parameters, runs of a, runs of b) of every point that is in both."""
    if left["point_id"].nunique() == right["point_id"].nunique() == 1:
        return [({}, left, right)]
    keys = [
        key for key in _parameters(left)
        if key in _parameters(right) and max(left[key].nunique(), right[key].nunique()) > 1
    ]  # fmt: skip
    if not keys:
        raise ValueError("the two vary no parameter in common, so their points cannot be matched")
    ours, theirs = (
        {
            key if isinstance(key, tuple) else (key,): rows
            for key, rows in runs.groupby(keys, dropna=False)
        }
        for runs in (left, right)
    )
    found = [
        (dict(zip(keys, key, strict=True)), rows, theirs[key])
        for key, rows in ours.items()
        if key in theirs
    ]
    if not found:
        raise ValueError(f"no point is in both: they differ in {', '.join(keys)}")
    return found


def _difference(
    ours: pd.DataFrame, theirs: pd.DataFrame, name: str, confidence: float
) -> dict[str, Any]:
    both = ours.merge(theirs, on="seed", suffixes=("_a", "_b")).dropna()
    a, b = ours[name].dropna().astype(float), theirs[name].dropna().astype(float)
    means = {"a": _mean(a), "b": _mean(b)}
    if len(both):
        pairs = (both[f"{name}_b"].astype(float) - both[f"{name}_a"].astype(float)).tolist()
        found = mean_interval(pairs, confidence)
        low, high = (end if math.isfinite(end) else math.nan for end in (found.low, found.high))
        difference = {"difference": found.value, "low": low, "high": high, "n": len(pairs)}
        return means | difference | {"paired": True}
    low, high = _welch(a, b, confidence)
    difference = {"difference": means["b"] - means["a"], "low": low, "high": high}
    return means | difference | {"n": min(len(a), len(b)), "paired": False}


def _mean(values: pd.Series) -> float:
    return float(values.mean()) if len(values) else math.nan


def _welch(a: pd.Series, b: pd.Series, confidence: float) -> tuple[float, float]:
    """The interval of the difference of two independent means with unequal variances (Welch 1947);
    NaN for fewer than two values on a side."""
    if min(len(a), len(b)) < 2:
        return math.nan, math.nan
    parts = [float(np.var(side, ddof=1)) / len(side) for side in (a, b)]
    difference = _mean(b) - _mean(a)
    if sum(parts) == 0:
        return difference, difference
    degrees = sum(parts) ** 2 / sum(
        part**2 / (len(side) - 1) for part, side in zip(parts, (a, b), strict=True)
    )
    reach = float(student.ppf((1 + confidence) / 2, degrees)) * math.sqrt(sum(parts))
    return difference - reach, difference + reach
