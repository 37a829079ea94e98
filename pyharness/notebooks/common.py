"""What the notebooks share: how much to run, and where pictures go."""

import os
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

import aivmsim

#: AIVMSIM_NOTEBOOK_BUDGET=full for the figures of the text; any other value draws a rough picture.
FULL = os.environ.get("AIVMSIM_NOTEBOOK_BUDGET") == "full"
OUT = Path(os.environ.get("AIVMSIM_NOTEBOOK_OUT", "aivmsim-out"))


def save(figure: Figure, name: str) -> None:
    """Writes a picture."""
    OUT.mkdir(parents=True, exist_ok=True)
    figure.savefig(OUT / f"{name}.png", dpi=120)


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


def bars(points: pd.DataFrame, scale: float = 1) -> list[pd.Series]:
    """The error bars of such rows, in the form of ``yerr``."""
    return [(points["value"] - points["low"]) / scale, (points["high"] - points["value"]) / scale]
