"""What the charts of a study say, one sentence for each: the title over the chart, and what a
screen reader says. A sentence repeats numbers of its chart and concludes nothing beyond them."""

from collections.abc import Callable

from .intervals import Estimate
from .study import Axis, Cell, Point, Study, Value
from .words import duration, listed

Cells = list[tuple[Value, Cell]]
Show = Callable[[float], str]


def at(by: Axis | None, value: Value | None) -> str:
    return f" at {by.named(value)}" if by and value else ""


def shortest_windows(
    by: Axis, found: list[tuple[Value, float | None]], longest: float, share: str
) -> str:
    """The shortest window at the first and the last value of the other parameter."""
    ends = [found[0]] if len(found) == 1 else [found[0], found[-1]]
    parts = [
        (f"{window:g} blocks" if window is not None else f"more than {longest:g} blocks")
        + at(by, value)
        for value, window in ends
    ]
    return f"As measured, to let at most {share} of the wrong results through takes " \
           f"{listed(parts)}."  # fmt: skip


def falls(axis: Axis, by: Axis | None, lines: list[tuple[Value | None, Cells]], show: Show,
          share_of: Callable[[Cell], Estimate | None]) -> str:  # fmt: skip
    """A share at both ends of the axis, on the first line and on the last one."""
    parts = []
    for value, cells in [lines[0]] if len(lines) == 1 else [lines[0], lines[-1]]:
        known = [(v, e) for v, cell in cells if (e := share_of(cell)) is not None]
        if not known:
            continue
        (first, high), (last, low) = known[0], known[-1]
        parts.append(
            f"{seen(high, show)} with {axis.label(first)}, {seen(low, show)} with "
            f"{axis.label(last)}{at(by, value)}"
        )
    return f"{capital(axis.words)}: {'; '.join(parts)}." if parts else ""


def seen(share: Estimate, show: Show) -> str:
    """A share; the upper end of its interval where nothing was seen."""
    if share.value == 0 and share.high is not None:
        return f"none (below {show(share.high)})"
    return show(share.value)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def place_of(study: Study, point: Point) -> str:
    """The point's values of the swept keys, in words."""
    return ", ".join(axis.named(point.values[axis.key]) for axis in study.axes)


def extremes(
    study: Study, found: list[tuple[Point, Estimate]], show: Show, is_share: bool
) -> str:
    """The least and the largest mean, and where they are."""

    def told(estimate: Estimate) -> str:
        return seen(estimate, show) if is_share else show(estimate.value)

    least, most = (pick(found, key=lambda item: item[1].value) for pick in (min, max))
    if least[1].value == most[1].value:
        return f"{capital(told(least[1]))} everywhere."
    return (
        f"From {told(least[1])} at {place_of(study, least[0])} to {told(most[1])} at "
        f"{place_of(study, most[0])}."
    )


def borders(axis: Axis, by: Axis, found: dict[str, tuple[float, float, float]],
            sentences: list[str]) -> str:  # fmt: skip
    """Where the sign of the gain changes, and where it does not."""
    shown = list(found.items())
    ends = shown if len(shown) < 3 else [shown[0], shown[-1]]
    parts = [f"{axis.words} {middle:.3g} at {by.words} {name}" for name, (middle, _, _) in ends]
    return " ".join([f"The mean gain changes its sign at {listed(parts)}.", *sentences])


def pays_at(name: str, verdicts: list[str]) -> str:
    """Of an owner: at how many places it pays."""
    whole = len(verdicts)
    if whole == 1:
        words = {"yes": "pays", "no": "does not pay"}
        return f"{name} {words.get(verdicts[0], 'cannot be told to pay or not')}"
    return (
        f"{name} pays at {verdicts.count('yes')} of {whole} places and does not at "
        f"{verdicts.count('no')}"
    )


def half_final(lines: list[tuple[str, list[tuple[float, float]]]]) -> str:
    """When half of the tasks are final, on the first curve and on the last one. Curves are (time
    in seconds, share)."""
    shown = lines if len(lines) < 3 else [lines[0], lines[-1]]
    after, never = [], []
    for name, curve in shown:
        half = next((seconds for seconds, share in curve if share >= 0.5), None)
        if half is None:
            never.append(name)
        else:
            after.append(f"after {duration(half * 1e9)}" + (f" at {name}" if name else ""))
    where = f" at {listed(never)}" if any(never) else ""
    if not after:
        return f"Less than half of the submitted tasks ever become final{where}."
    rest = f"; never{where}" if never else ""
    return f"Half of the submitted tasks are final {listed(after)}{rest}."


def difference(base: str, where: str, found: Estimate, show: Show, unit: str) -> str:
    """A paired difference at the far end of the axis."""
    interval = (
        f" [{show(found.low)}, {show(found.high)}]"
        if found.low is not None and found.high is not None
        else ""
    )
    return f"Against {base}: {show(found.value)}{interval} {unit} at {where}."
