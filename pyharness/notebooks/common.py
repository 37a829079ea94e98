"""What the notebooks share: how much to run, intervals, and where pictures go."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import aivmsim

#: AIVMSIM_NOTEBOOK_BUDGET=full for the figures of the text; any other value draws a rough picture.
FULL = os.environ.get("AIVMSIM_NOTEBOOK_BUDGET") == "full"
OUT = Path(os.environ.get("AIVMSIM_NOTEBOOK_OUT", "aivmsim-out"))
LUX = 1_000_000_000  # nLUX


def save(figure: Figure, name: str) -> None:
    """Writes a picture."""
    OUT.mkdir(parents=True, exist_ok=True)
    figure.savefig(OUT / f"{name}.png", dpi=120)


def jointly(count: int, confidence: float = 0.95) -> float:
    """The confidence of each of `count` intervals that hold together with `confidence`, however
    they depend on each other (Bonferroni): points that share their seeds do."""
    return 1 - (1 - confidence) / count


def shares(
    runs: pd.DataFrame, keys: list[str], part: str, whole: str, confidence: float = 0.95
) -> pd.DataFrame:
    """One row per point: the share of `part` in `whole` over its runs; the samples are runs."""
    rows = []
    for point, group in runs.groupby(keys, sort=False):
        estimate = aivmsim.share_interval(group[part], group[whole], confidence)
        counts = {"part": group[part].sum(), "whole": group[whole].sum()}
        rows.append(dict(zip(keys, point, strict=True)) | counts | estimate._asdict())
    return pd.DataFrame(rows)


def trials(
    runs: pd.DataFrame, keys: list[str], part: str, whole: str, confidence: float = 0.95
) -> pd.DataFrame:
    """As :func:`shares`, where every event is an independent trial."""
    rows = []
    for point, group in runs.groupby(keys, sort=False):
        k, n = int(group[part].sum()), int(group[whole].sum())
        estimate = aivmsim.share_interval([1] * k + [0] * (n - k), [1] * n, confidence)
        rows.append(
            dict(zip(keys, point, strict=True)) | {"part": k, "whole": n} | estimate._asdict()
        )
    return pd.DataFrame(rows)


def means(
    runs: pd.DataFrame, keys: list[str], values: pd.Series, confidence: float = 0.95
) -> pd.DataFrame:
    """One row per point: the mean of `values` over its runs, with Student's interval."""
    rows = []
    for point, group in values.groupby([runs[key] for key in keys], sort=False):
        rows.append(
            dict(zip(keys, point, strict=True)) | aivmsim.mean_interval(group, confidence)._asdict()
        )
    return pd.DataFrame(rows)


def holds(points: pd.DataFrame, theory: str = "theory", slack: float = 1e-9) -> pd.Series:
    """Whether each row's interval holds what theory says, give or take `slack`."""
    return (points["low"] - slack <= points[theory]) & (points[theory] <= points["high"] + slack)


def crossing(values: pd.DataFrame, confidence: float = 0.95) -> aivmsim.Estimate:
    """Where the mean over runs changes its sign, with Student's interval over a jackknife of the
    runs: a column per place, in order, and a row per seed, which all places share.

    The mean is taken as linear between neighbouring places. Raises ValueError unless it changes its
    sign exactly once, in all runs together and without any one of them.
    """

    def turn(means: pd.Series) -> float:
        x, y = means.index.to_numpy(dtype=float), means.to_numpy(dtype=float)
        (turns,) = np.nonzero((y[1:] > 0) != (y[:-1] > 0))
        if len(turns) != 1:
            raise ValueError(f"the mean changes its sign {len(turns)} times:\n{means}")
        i = turns[0]
        return float(x[i] - y[i] * (x[i + 1] - x[i]) / (y[i + 1] - y[i]))

    n, whole = len(values), turn(values.mean())
    parts = [turn(values.drop(index=seed).mean()) for seed in values.index]
    return aivmsim.mean_interval([n * whole - (n - 1) * part for part in parts], confidence)


def verdict(gain: aivmsim.Estimate) -> str:
    """Whether a gain over honest play is one; what equals honest play in every run does not pay."""
    if gain.low > 0:
        return "pays"
    if gain.high < 0 or gain.low == gain.high == 0:
        return "does not pay"
    return "cannot be told to pay or not"


def bars(points: pd.DataFrame, scale: float = 1) -> list[pd.Series]:
    """The error bars of such rows, in the form of ``yerr``."""
    return [(points["value"] - points["low"]) / scale, (points["high"] - points["value"]) / scale]
