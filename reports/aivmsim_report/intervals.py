"""Intervals of shares and means over independent runs. 95 % unless said otherwise."""

import math
from typing import NamedTuple

from scipy.special import betaincinv, ndtri, stdtrit

LEVEL = 0.95


class Estimate(NamedTuple):
    """A number with its interval; `low` and `high` are None when the runs are too few for one."""

    value: float
    low: float | None
    high: float | None
    n: float


def exact(k: float, n: float, level: float = LEVEL) -> Estimate:
    """The share k of n independent trials with the interval of Clopper and Pearson (1934). k and n
    may be effective numbers, hence broken; n is above 0."""
    tail = (1 - level) / 2
    low = 0.0 if k <= 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if k >= n else float(betaincinv(k + 1, n - k, 1 - tail))
    return Estimate(k / n, low, high, n)


class Counts(NamedTuple):
    """Pairs (k of n), one per seed: what happens under one seed may be dependent, seeds are not."""

    pairs: list[tuple[float, float]]

    @property
    def k(self) -> float:
        return sum(k for k, _ in self.pairs)

    @property
    def n(self) -> float:
        return sum(n for _, n in self.pairs)


UNSEEN_EFFECT = 30
TELLING = 10


def design_effect(counts: Counts) -> float:
    """How many times larger the variance between seeds is than independent events would make it; 1
    where it cannot be estimated."""
    runs, share = len(counts.pairs), counts.k / counts.n
    if runs < 2 or not 0 < share < 1:
        return 1.0
    distances = sum((k - share * n) ** 2 for k, n in counts.pairs)
    return runs / (runs - 1) * distances / (counts.n * share * (1 - share))


def clustered(counts: Counts, level: float = LEVEL) -> Estimate:
    """The share k / n over seeds: Wilson's interval with the variance between seeds and Student's
    t, as ClusteredShare::interval of scenarios/statistics/intervals.h. n is above 0."""
    return clustered_times(counts, 1, level)


def clustered_times(counts: Counts, times: int, level: float = LEVEL) -> Estimate:
    """The same of that many times as many seeds that are alike."""
    runs, whole = times * len(counts.pairs), times * counts.n
    share = counts.k / counts.n
    if max(n for _, n in counts.pairs) <= 1:
        return exact(times * counts.k, whole, level)
    if runs < 2:
        return Estimate(share, 0.0, 1.0, whole)
    effect = design_effect(counts)
    telling = min(sum(k > 0 for k, _ in counts.pairs), sum(k < n for k, n in counts.pairs)) * times
    if telling < TELLING and 2 * telling <= runs:
        effect = max(effect, min(UNSEEN_EFFECT, whole / runs), 1.0)
    quantile = ndtri if effect <= 1e-9 else lambda p: stdtrit(runs - 1, p)
    scale = float(quantile((1 + level) / 2)) ** 2 * (effect if effect > 1e-9 else 1) / whole
    middle = (share + scale / 2) / (1 + scale)
    reach = math.sqrt(scale * share * (1 - share) + scale * scale / 4) / (1 + scale)
    low = 0.0 if share <= 0 else max(0.0, middle - reach)
    high = 1.0 if share >= 1 else min(1.0, middle + reach)
    return Estimate(share, low, high, whole)


def paired_shares(
    here: list[tuple[float, float]], there: list[tuple[float, float]], level: float = LEVEL
) -> Estimate | None:
    """One share minus another over pairs of one seed, as PairedShares of
    scenarios/statistics/intervals.h; None where a side has no events."""
    runs = len(here)
    ours, theirs = Counts(here), Counts(there)
    if not ours.n or not theirs.n:
        return None
    p, q = ours.k / ours.n, theirs.k / theirs.n
    parts = [
        runs * (k - p * n) / ours.n - runs * (j - q * m) / theirs.n
        for (k, n), (j, m) in zip(here, there, strict=True)
    ]
    around = mean(runs, sum(parts), sum(part * part for part in parts), level)
    if around.low is None or around.high is None:
        return Estimate(p - q, None, None, runs)
    reach = (around.high - around.low) / 2
    return Estimate(p - q, p - q - reach, p - q + reach, runs)


def mean_of(values: list[float], level: float = LEVEL) -> Estimate:
    """The mean of values, at least one, with Student's interval."""
    middle = sum(values) / len(values)
    rest = [value - middle for value in values]
    around = mean(len(values), sum(rest), sum(r * r for r in rest), level)
    if around.low is None or around.high is None:
        return around._replace(value=middle)
    return Estimate(middle, middle + around.low, middle + around.high, len(values))


def mean(n: int, total: float, squares: float, level: float = LEVEL) -> Estimate:
    """The mean of n values with this sum and sum of squares, and Student's interval; none for a
    single value."""
    value = total / n
    if n < 2:
        return Estimate(value, None, None, n)
    variance = max(0.0, squares - n * value * value) / (n - 1)
    half = float(stdtrit(n - 1, (1 + level) / 2)) * math.sqrt(variance / n)
    return Estimate(value, value - half, value + half, n)
