"""The smallest challenge window that is safe, by simulation."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import Executor
from typing import NamedTuple

import pandas as pd

from . import _core
from .scenario import Scenario, Value, as_scenario
from .statistics import share_interval
from .sweeps import sweep


class SafeWindow(NamedTuple):
    """What :func:`safe_window` has found.

    Attributes
    ----------
    window : int or None
        The smallest window shown to be safe, in blocks; None when not even the largest one was.
    table : pandas.DataFrame
        One row per window that was examined: ``window``, ``runs``, ``posted`` and ``missed`` fraud,
        the ``share`` that became final with its interval ``low`` to ``high``, and the ``verdict``:
        safe, unsafe or undecided.

    Examples
    --------
    >>> import aivmsim
    >>> small = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 20})
    >>> aivmsim.safe_window(small, 0.0, bound=0.5, runs_max=16, window_max=4).window
    1
    """

    window: int | None
    table: pd.DataFrame


def safe_window(
    scenario: Scenario | str | os.PathLike[str],
    alpha: Value | None = None,
    confidence: float = 0.95,
    bound: float = 1e-2,
    *,
    window_max: int = 1000,
    runs_max: int = 256,
    window_key: str = "vm.challenge_window_blocks",
    alpha_key: str = "chain.censoring_share",
    jobs: int | None = None,
    executor: Executor | None = None,
) -> SafeWindow:
    """Searches the smallest window with which the share of fraud that becomes final stays below a
    bound.

    Windows are doubled until one is safe, then halved in between, so safety must grow with the
    window. Every window is run with seeds 1 and on until its interval lies on one side of the
    bound, looking after 8, 16, 32 ... runs; looks and windows share the error, so all verdicts
    together hold with the confidence. A window that `runs_max` runs do not decide is taken as
    unsafe: the answer errs towards the longer window.

    Parameters
    ----------
    scenario : Scenario, str or path-like
        One that posts fraud, such as ``"safe_window"`` of the catalogue.
    alpha : value, optional
        The share of censoring proposers (``"80%"``), where the scenario's own is not meant.
    confidence : float
        The probability that all verdicts are right.
    bound : float
        The bound on the share of fraud that becomes final.
    window_max : int
        The largest window to examine.
    runs_max : int
        The most runs for one window.
    window_key, alpha_key : str
        What to vary.
    jobs, executor
        As for :func:`sweep`.

    Raises
    ------
    ValueError
        A confidence or bound outside (0, 1), or a scenario in which no fraud is posted.

    Examples
    --------
    >>> import aivmsim
    >>> small = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 20})
    >>> found = aivmsim.safe_window(small, alpha=0.1, bound=0.4, runs_max=32, window_max=8)
    >>> found.table["verdict"].iloc[-1]
    'safe'
    """
    scenario = as_scenario(scenario)
    if not (0 < bound < 1 and 0 < confidence < 1):
        raise ValueError("confidence and bound must lie between 0 and 1")
    given = scenario if alpha is None else scenario.replace(**{alpha_key: alpha})
    windows_at_most = 2 * math.ceil(math.log2(window_max + 1)) + 1
    looks = _core.plan_looks(runs_max, 1 - (1 - confidence) / windows_at_most)
    rows: list[dict[str, object]] = []

    def is_safe(window: int) -> bool:
        point = given.replace(**{window_key: window})
        rows.append({"window": window} | _judge(point, looks, bound, jobs, executor))
        return rows[-1]["verdict"] == "safe"

    found = _smallest(is_safe, window_max)
    return SafeWindow(found, pd.DataFrame(rows).sort_values("window", ignore_index=True))


def _smallest(is_safe: Callable[[int], bool], most: int) -> int | None:
    """The smallest window with the property, by doubling and halving; None if not even the
    largest has it."""
    unsafe, window = 0, 1
    while not is_safe(window):
        if window == most:
            return None
        unsafe, window = window, min(2 * window, most)
    while window - unsafe > 1:
        middle = (unsafe + window) // 2
        if is_safe(middle):
            window = middle
        else:
            unsafe = middle
    return window


def _judge(
    point: Scenario,
    looks: list[tuple[int, float]],
    bound: float,
    jobs: int | None,
    executor: Executor | None,
) -> dict[str, object]:
    runs = pd.DataFrame()
    for most, confidence in looks:
        more = sweep(point, {}, seeds=range(len(runs) + 1, most + 1), jobs=jobs, executor=executor)
        runs = pd.concat([runs, more], ignore_index=True)
        posted, missed = runs["n_fraud_posted"], runs["n_fraud_missed"]
        if posted.sum() == 0:
            raise ValueError(
                f"{point.name}: no fraud is posted in {len(runs)} runs, so there is nothing to "
                "judge by"
            )
        share, low, high = share_interval(missed, posted, confidence)
        verdict = "safe" if high < bound else "unsafe" if low > bound else "undecided"
        if verdict != "undecided":
            break
    counts = {"runs": len(runs), "posted": int(posted.sum()), "missed": int(missed.sum())}
    return counts | {"share": share, "low": low, "high": high, "verdict": verdict}
