"""Numbers with a unit, as scenarios write them."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any

_NS_PER_SECOND = 10**9
_NLUX_PER_LUX = 10**9
_PPM = 10**6


def share(value: float | Fraction | Decimal) -> str:
    """A share or probability, for keys that hold one.

    Parameters
    ----------
    value : number
        From 0 to 1, rounded to millionths.

    Returns
    -------
    str
        What a scenario file writes, such as ``"50%"``.

    Raises
    ------
    ValueError
        A number outside 0 to 1, or no number.

    Examples
    --------
    >>> import aivmsim
    >>> aivmsim.share(0.5)
    '50%'
    >>> aivmsim.share(1 / 3)
    '33.3333%'
    """
    number = _exact(value, "a share")
    if not 0 <= number <= 1:
        raise ValueError(f"{value!r} is no share: it lies from 0 to 1; 50 % is share(0.5)")
    return _decimal(Fraction(round(number * _PPM), _PPM // 100)) + "%"


def lux(value: float | Fraction | Decimal) -> str:
    """An amount of money, for keys that hold one.

    Parameters
    ----------
    value : number
        In LUX, not negative, rounded to nLUX (1 LUX = 10**9 nLUX).

    Returns
    -------
    str
        What a scenario file writes, such as ``"1000 LUX"``.

    Raises
    ------
    ValueError
        A negative number, or no number.

    Examples
    --------
    >>> import aivmsim
    >>> aivmsim.lux(1000)
    '1000 LUX'
    >>> aivmsim.lux(0.25)
    '0.25 LUX'
    """
    return _decimal(_not_negative(value, "an amount", _NLUX_PER_LUX)) + " LUX"


def seconds(value: float | Fraction | Decimal) -> str:
    """A duration, for keys that hold one.

    Parameters
    ----------
    value : number
        In seconds of virtual time, not negative, rounded to nanoseconds.

    Returns
    -------
    str
        What a scenario file writes, such as ``"30s"``.

    Raises
    ------
    ValueError
        A negative number, or no number.

    Examples
    --------
    >>> import aivmsim
    >>> aivmsim.seconds(30)
    '30s'
    >>> aivmsim.seconds(0.05)
    '0.05s'
    """
    return _decimal(_not_negative(value, "a duration", _NS_PER_SECOND)) + "s"


def _exact(value: Any, what: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise ValueError(f"{value!r} is a {type(value).__name__}; {what} is a number")
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    # A float stands for the number that it is written as: 0.1 is a tenth.
    return Fraction(repr(float(value))) if isinstance(value, float) else Fraction(value)


def _not_negative(value: Any, what: str, parts: int) -> Fraction:
    number = _exact(value, what)
    if number < 0:
        raise ValueError(f"{value!r} is negative; {what} is 0 or more")
    return Fraction(round(number * parts), parts)


def _decimal(number: Fraction) -> str:
    """A fraction whose denominator divides a power of ten, in digits."""
    digits = f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
