"""Intervals of shares and means over independent runs. 95 % unless said otherwise."""

import math
from typing import NamedTuple

from scipy.special import betaincinv, stdtrit

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


def clustered(k: int, n: int, effect: float) -> Estimate:
    """The share k of n trials that come in clusters: the exact interval at the effective sample
    size n / effect (Korn and Graubard 1998). `effect` is the design effect, the variance over that
    of independent trials; at least 1."""
    value = exact(k / effect, n / effect)
    return value._replace(value=k / n, n=n)


def design_effect(pairs: "Moments") -> float | None:
    """Of the share sum(k) / sum(n) over runs: its variance between runs over that of independent
    trials. None for a share of 0 or 1 or fewer than two runs, which show no variance."""
    if pairs.runs < 2 or pairs.k <= 0 or pairs.k >= pairs.n:
        return None
    share = pairs.k / pairs.n
    squares = pairs.kk - 2 * share * pairs.kn + share * share * pairs.nn
    variance = max(squares, 0.0) * pairs.runs / (pairs.runs - 1) / pairs.n**2
    return max(1.0, variance / (share * (1 - share) / pairs.n))


class Moments(NamedTuple):
    """Sums over runs of k events among n trials, and of their products."""

    runs: int
    k: float
    n: float
    kk: float
    kn: float
    nn: float

    @classmethod
    def pooled(cls, parts: "list[Moments]") -> "Moments":
        return (
            cls(*(sum(column) for column in zip(*parts, strict=True)))
            if parts
            else cls(0, 0, 0, 0, 0, 0)
        )


def mean(n: int, total: float, squares: float, level: float = LEVEL) -> Estimate:
    """The mean of n values with this sum and sum of squares, and Student's interval; none for a
    single value."""
    value = total / n
    if n < 2:
        return Estimate(value, None, None, n)
    variance = max(0.0, squares - n * value * value) / (n - 1)
    half = float(stdtrit(n - 1, (1 + level) / 2)) * math.sqrt(variance / n)
    return Estimate(value, value - half, value + half, n)
