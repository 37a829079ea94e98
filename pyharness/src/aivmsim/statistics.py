"""Confidence intervals over finished runs; the same statistics as at the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from . import _core


class Estimate(NamedTuple):
    """A value and its interval; both ends belong to it."""

    value: float
    low: float
    high: float

    @property
    def error(self) -> tuple[float, float]:
        """The distances to both ends, in the form of matplotlib's ``yerr``."""
        return self.value - self.low, self.high - self.value


def share_interval(
    parts: Iterable[float], wholes: Iterable[float], confidence: float = 0.95
) -> Estimate:
    """A share counted over runs, `part` of `whole` in each.

    The interval is Clopper and Pearson's on the effective number of events (Korn and Graubard
    1998), with Student's t for the few runs that the variance between them is measured with: what
    happens in one run need not be independent, runs are. With one event per run it is Clopper and
    Pearson's own. One run with several events tells nothing about others: its interval is [0, 1].
    Where few runs have both outcomes, so that streaks may not have been seen yet, it is cautious.

    Raises
    ------
    ValueError
        A part above its whole, or a confidence outside (0, 1).
    """
    return Estimate(*_core.share_interval(list(parts), list(wholes), confidence))


def mean_interval(values: Iterable[float], confidence: float = 0.95) -> Estimate:
    """A mean over runs with Student's interval; infinite for fewer than two values."""
    return Estimate(*_core.mean_interval(list(values), confidence))
