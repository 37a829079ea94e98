"""Numbers, amounts and lists as they are read."""

from collections.abc import Callable

from .facts import NLUX
from .intervals import Estimate


def lux(nlux: float, signed: bool = False) -> str:
    """An amount for reading: three significant decimals at most, thin spaces between thousands."""
    value = nlux / NLUX
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    text = f"{value:+,.{digits}f}" if signed else f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", "\u2009").replace("-", "\u2212") + " LUX"


def count(number: float) -> str:
    return f"{number:,.0f}".replace(",", "\u2009")


def plural(number: float, one: str, many: str | None = None) -> str:
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def duration(nanoseconds: float) -> str:
    seconds = nanoseconds / 1e9
    if 0 < seconds < 0.1:
        return f"{1e3 * seconds:.2g} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} m" if hours else f"{minutes} m {rest:02d} s"


def listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def percent(share: float) -> str:
    return f"{100 * share:.3g} %".replace("-", "\u2212")


def spread(estimate: Estimate, show: Callable[[float], str]) -> str:
    if estimate.low is None or estimate.high is None:
        return show(estimate.value)
    return f"{show(estimate.value)} [{show(estimate.low)}, {show(estimate.high)}]"


def number(value: float) -> str:
    """Short enough for a cell."""
    if value == 0:
        return "0"
    size = abs(value)
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= limit:
            return f"{value / (limit if letter != 'k' else 1e3):.3g}{letter}".replace("-", "\u2212")
    return (
        f"{value:.0f}" if size >= 100 else f"{value:.2g}" if size >= 0.01 else f"{value:.0e}"
    ).replace("-", "\u2212")
