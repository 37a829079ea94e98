"""Spaces of scenario values, for samplers that work on numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .scenario import Value

#: What a key can be drawn from: (low, high), both whole numbers or texts with the same unit; or a
#: list of choices.
Range = tuple[int, int] | tuple[str, str] | list[Any]

_NUMBER = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(%|[A-Za-z/]+)\s*")
_WHOLE_UNITS = {"ns", "nLUX", "ppm", "bit/s"}


class Axis(NamedTuple):
    """One key, its bounds as numbers, and what turns a number into a value."""

    key: str
    low: float
    high: float
    unit: str  # "": whole numbers

    def value(self, number: float) -> Value:
        """The value nearest to a number."""
        number = min(max(number, self.low), self.high)
        if not self.unit:
            return round(number)
        digits = 0 if self.unit in _WHOLE_UNITS else 4
        text = f"{number:.{digits}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text + ("" if self.unit == "%" else " ") + self.unit


def axis(key: str, range_: Sequence[Any]) -> Axis:
    """An axis between two values. Raises ValueError for ends of different units, or in the wrong
    order."""
    if len(range_) != 2:
        raise ValueError(f"{key}: {range_!r} is no range; write (low, high)")
    (low, unit), (high, other) = (_number(key, end) for end in range_)
    if unit != other:
        raise ValueError(f"{key}: the ends {range_[0]!r} and {range_[1]!r} have different units")
    if low >= high:
        raise ValueError(f"{key}: {range_[0]!r} is not below {range_[1]!r}")
    return Axis(key, low, high, unit)


def axes(space: Mapping[str, Sequence[Any]]) -> list[Axis]:
    """The axes of a space, in its order.

    Examples
    --------
    >>> from aivmsim.salib import axes
    >>> [axis.key for axis in axes({"vm.challenge_window_blocks": (2, 8)})]
    ['vm.challenge_window_blocks']
    """
    return [axis(key, range_) for key, range_ in space.items()]


def _number(key: str, end: Any) -> tuple[float, str]:
    if isinstance(end, int) and not isinstance(end, bool):
        return float(end), ""
    matched = _NUMBER.fullmatch(end) if isinstance(end, str) else None
    if not matched:
        raise ValueError(
            f"{key}: {end!r} is neither a whole number nor text with a unit, such as '10 LUX' or "
            "'5%'"
        )
    return float(matched[1]), matched[2]
