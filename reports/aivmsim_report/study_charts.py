"""The charts of a study: each function makes one, or states why there is nothing to draw. The
page and the static pictures both come from these."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from . import study_sentences as say
from .chart import BLUE, MARKERS, RED, Absent, Chart, Heat, Panel, Series, styled
from .chart import Axis as ChartAxis
from .facts import pending_note
from .intervals import Counts, Estimate, clustered
from .numbers import spaced
from .study import CENSORS, WINDOW, Axis, Cell, Finality, Group, Point, Study, Value
from .words import listed, number, percent, spread

MANY = 6  # lines in one chart; of more values, this many evenly spaced ones are shown
TARGETS = (0.1, 0.01, 0.001)  # shares of wrong results that one may accept to see final
LUX = 1e9
Drawn = Chart | Absent  # functions return None where the chart does not apply


def all_charts(study: Study, metrics: list[str] | None = None) -> list[Drawn]:
    """In the order of the page. `metrics` names those of the heatmaps or curves."""
    charts = [
        *window_charts(study),
        profit_frontier(study),
        speed_frontier(study),
        *maps(study, metrics),
        cheating_gain(study),
        owner_gains(study),
        p_profit(study),
        principal_return(study),
        *time_to_finality(study),
        *contrasts(study),
    ]
    return [chart for chart in charts if chart is not None]


# --- Lines over a swept parameter -----------------------------------------------------------------


def thinned(values: list[Value], most: int = MANY) -> list[Value]:
    return [values[i] for i in spaced(len(values), most)]


def x_axis(axis: Axis) -> ChartAxis:
    """Numbers on a scale, logarithmic where they span much; texts as categories."""
    if not axis.numeric:
        return ChartAxis(title=axis.title, categories=[value.text for value in axis.values])
    places = [axis.place(value) for value in axis.values]
    wide = min(places) > 0 and max(places) / min(places) >= 15
    ticks = [(place, axis.label(value)) for place, value in zip(places, axis.values, strict=True)]
    if len(ticks) > 10:
        shown = set(thinned(axis.values, 9))
        ticks = [tick for tick, value in zip(ticks, axis.values, strict=True) if value in shown]
    return ChartAxis(title=axis.title, log=wide, percent=axis.unit == "ppm", ticks=ticks)


def lines(
    study: Study, axis: Axis, by: Axis | None
) -> Iterator[tuple[int, str, list[tuple[Value, Cell]]]]:
    """(index, name, places on the axis with their cells) for each line of a chart."""
    for index, other in enumerate(thinned(by.values) if by else [None]):
        wanted = {by.key: other} if by else {}
        cells = [(value, study.at({axis.key: value, **wanted})) for value in axis.values]
        name = by.named(other) if by else ""
        yield index, name, [(value, cell) for value, cell in cells if cell is not None]


def others_note(study: Study, *used: Axis | None) -> str:
    """A note on the parameters that are pooled, and on values that are not shown."""
    keys = {axis.key for axis in used if axis}
    rest = [axis.words for axis in study.axes if axis.key not in keys]
    text = f" Runs that differ in {', '.join(rest)} are taken together." if rest else ""
    by = used[1] if len(used) > 1 else None
    if by and len(by.values) > MANY:
        text += (
            f" Shown for {MANY} of the {len(by.values)} values of {by.words}; the maps show all."
        )
    return text


def two_axes(study: Study) -> tuple[Axis | None, Axis | None]:
    return (study.axes + [None, None])[0], (study.axes + [None, None])[1]


# --- Which window is safe -------------------------------------------------------------------------


def window_charts(study: Study) -> list[Drawn | None]:
    axis = study.axis(WINDOW)
    if axis is None or not axis.numeric:
        return []
    if not Cell(study.points).fraud.n:
        why = (
            "No wrong result was posted in any run, so the study cannot say which challenge window "
            "is safe."
        )
        return [Absent("safe_window", "Which challenge window is safe", why)]
    by = next((a for a in study.axes if a.key == CENSORS), None) or next(
        (a for a in study.axes if a is not axis), None
    )
    return [
        window_frontier(study, axis, by),
        fraud_by_window(study, axis, by),
        window_by_confidence(study, axis, by),
    ]


def safe_window(
    study: Study, axis: Axis, cells: list[tuple[Value, Cell]], target: float, sure: bool
) -> float | None:
    """The shortest window tried in which at most this share of the wrong results posted became
    final: as measured, or, `sure`, by the upper end of the interval."""
    for value, cell in cells:
        share = study.fraud_share(cell)
        if share is not None and (share.high if sure else share.value) <= target:
            return axis.place(value)
    return None


def theory_window(alpha: float, target: float) -> float | None:
    """The smallest W with alpha^W <= target; None for alpha of 1."""
    if not 0 < alpha < 1:
        return 1 if alpha == 0 else None
    return max(1, math.ceil(math.log(target) / math.log(alpha) - 1e-9))


def window_frontier(study: Study, axis: Axis, by: Axis | None) -> Drawn | None:
    title = "The shortest safe window"
    if by is None:
        return None  # window_by_confidence says it all
    if not by.numeric or by.key != CENSORS:
        return _window_frontier_other(study, axis, by, title)
    chart_x = x_axis(by)
    longest = max(axis.place(value) for value in axis.values)
    series: list[Series] = []
    for index, target in enumerate(TARGETS):
        style, name = styled(index), f"at most {percent(target)} final"
        found = [(by.place(v), cells_at(study, axis, by, v)) for v in by.values]
        theory = [
            (x, theory_window(x, target))
            for x in np.linspace(found[0][0], min(found[-1][0], 0.999), 120)
        ]
        theory = [(x, w) for x, w in theory if w is not None and w <= 1.6 * longest]
        series.append(Series("", "line", [x for x, _ in theory], [w for _, w in theory],
                             style["colour"], dash="dot",
                             width=1.5, legend=False, group=name))  # fmt: skip
        for sure in (False, True):
            points = [(x, safe_window(study, axis, cells, target, sure)) for x, cells in found]
            points = [(x, w) for x, w in points if w is not None]
            series.append(Series("" if sure else name, "points", [x for x, _ in points],
                                 [w for _, w in points], group=name, hollow=sure, legend=not sure,
                                 says="by the upper end of the interval" * sure,
                                 hover=[f"{name}{', by the upper end of the interval' * sure}<br>"
                                        f"{by.words} {percent(x)}: window {w:g}"
                                        for x, w in points], **style))  # fmt: skip
    series = [s for s in series if s.x]
    if not any(s.kind == "points" for s in series):
        return Absent(
            "frontier",
            title,
            f"No window tried, up to {longest:g} blocks, keeps the share of wrong results that "
            f"become final to {percent(TARGETS[0])} at any {by.words}.",
        )
    note = (
        "The shortest window tried in which no more than this share of the wrong results posted "
        "became final. Filled: as measured; open: by the upper end of its 95 % interval. Dotted: "
        "theory, the smallest W with \u03b1^W below the target, \u03b1 being the share of "
        "censoring proposers. No mark: no window tried is long enough."
    )
    return Chart(
        "frontier",
        title,
        [Panel(chart_x, x_axis(axis), series)],
        note + others_note(study, axis, by).split(" Shown")[0],
        _shortest(study, axis, by),
    )


SAID = 0.01  # the share of wrong results that the sentence over the charts of windows is about


def _shortest(study: Study, axis: Axis, by: Axis) -> str:
    found = [
        (value, safe_window(study, axis, cells_at(study, axis, by, value), SAID, False))
        for value in by.values
    ]
    longest = max(axis.place(value) for value in axis.values)
    return say.shortest_windows(by, found, longest, percent(SAID))


def cells_at(study: Study, axis: Axis, by: Axis, value: Value) -> list[tuple[Value, Cell]]:
    cells = [(window, study.at({axis.key: window, by.key: value})) for window in axis.values]
    return [(window, cell) for window, cell in cells if cell is not None]


def _window_frontier_other(study: Study, axis: Axis, by: Axis, title: str) -> Drawn:
    """Against any other parameter: no theory, categories on x."""
    places = [(by.label(v), cells_at(study, axis, by, v)) for v in by.values]
    series = []
    for index, target in enumerate(TARGETS):
        found = [(x, safe_window(study, axis, cells, target, False)) for x, cells in places]
        found = [(x, w) for x, w in found if w is not None]
        if found:
            series.append(Series(f"at most {percent(target)} final", "points",
                                 [x for x, _ in found],
                                 [w for _, w in found], **styled(index)))  # fmt: skip
    if not series:
        longest = max(axis.place(value) for value in axis.values)
        return Absent(
            "frontier",
            title,
            f"No window tried, up to {longest:g} blocks, keeps the share of wrong results that "
            f"become final to {percent(TARGETS[0])}.",
        )
    note = (
        "The shortest window tried in which no more than this share of the wrong results posted "
        "became final."
    )
    x = ChartAxis(by.title, categories=[name for name, _ in places])
    return Chart(
        "frontier",
        title,
        [Panel(x, ChartAxis(axis.title, zero=True), series)],
        note + others_note(study, axis, by),
        _shortest(study, axis, by),
    )


def fraud_by_window(study: Study, axis: Axis, by: Axis | None) -> Drawn:
    series: list[Series] = []
    shown = thinned(by.values) if by else [None]
    by_line = [(value, cells) for value, (_, _, cells)
               in zip(shown, lines(study, axis, by), strict=True) if cells]  # fmt: skip
    smallest = 1.0
    for index, name, cells in lines(study, axis, by):
        shares = [(axis.place(v), study.fraud_share(cell)) for v, cell in cells]
        shares = [(w, share) for w, share in shares if share is not None]
        seen = [(w, share) for w, share in shares if share.value > 0]
        unseen = [(w, share) for w, share in shares if share.value == 0]
        smallest = min(
            [smallest] + [share.value for _, share in seen] + [share.high for _, share in unseen]
        )
        style = styled(index)
        alpha = study.alpha(cells[0][1]) if cells else None
        if alpha is not None:
            # A window of 0 blocks, in modes without challenges, has no place on a logarithm.
            shortest = max(1, axis.place(axis.values[0]))
            curve = np.geomspace(shortest, max(shortest, axis.place(axis.values[-1])), 160)
            series.append(Series("", "line", curve.tolist(), [alpha**w for w in curve],
                                 style["colour"], dash="dot",
                                 width=1.5, legend=False, group=name))  # fmt: skip
        series.append(Series(name or "measured", "points", [w for w, _ in seen],
                             [s.value for _, s in seen],
                             low=[max(s.low, s.value / 50) for _, s in seen],
                             high=[s.high for _, s in seen], group=name,
                             hover=[f"{name}<br>window {w:g}: {spread(s, percent)}"
                                    for w, s in seen], **style))  # fmt: skip
        series.append(Series("", "points", [w for w, _ in unseen], [s.high for _, s in unseen],
                             style["colour"],
                             marker="triangle-down", hollow=True, legend=False, group=name,
                             says="none was seen, upper end of the interval",
                             hover=[f"{name}<br>window {w:g}: none of {s.n:.0f}, below "
                                    f"{percent(s.high)}" for w, s in unseen]))  # fmt: skip
    floor = 10 ** math.floor(math.log10(max(smallest, 1e-7)) - 0.3)
    for line in series:
        if line.kind == "line":
            kept = [(x, y) for x, y in zip(line.x, line.y, strict=True) if y >= floor / 3]
            line.x, line.y = [x for x, _ in kept], [y for _, y in kept]
    note = (
        "Wrong results that became final, of those posted, with 95 % intervals that allow for the "
        "likeness of results of one run. Open triangles: none did; the mark is the upper end of "
        "the interval. Dotted: theory, \u03b1^W."
    )
    y = ChartAxis("wrong results that became final", log=True, range=(floor, 1.4), percent=True)
    series = [line for line in series if line.x]
    return Chart(
        "fraud_by_window",
        "What a longer window buys",
        [Panel(x_axis(axis), y, series)],
        note + others_note(study, axis, by),
        say.falls(axis, by, by_line, percent, study.fraud_share),
        height=430,
    )


def window_by_confidence(study: Study, axis: Axis, by: Axis | None) -> Drawn:
    """The safe window for each share of wrong results that one accepts to see final; the axis
    falls, so that further right is safer."""
    targets = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001]
    longest = max(axis.place(value) for value in axis.values)
    series: list[Series] = []
    for index, name, cells in lines(study, axis, by):
        style = styled(index)
        alpha = study.alpha(cells[0][1]) if cells else None
        if alpha is not None:
            theory = [(t, theory_window(alpha, t)) for t in np.geomspace(0.5, 1e-4, 200)]
            theory = [(t, w) for t, w in theory if w is not None and w <= 1.3 * longest]
            series.append(Series("", "steps", [t for t, _ in theory], [w for _, w in theory],
                                 style["colour"], dash="dot",
                                 width=1.5, legend=False, group=name))  # fmt: skip
        found = [(t, safe_window(study, axis, cells, t, False)) for t in targets]
        found = [(t, w) for t, w in found if w is not None]
        sure = [safe_window(study, axis, cells, t, True) for t, _ in found]
        tried = max((axis.place(value) for value, _ in cells), default=longest)
        beyond = [f"more than {tried:g}" if s is None else "" for s in sure]
        told = [text or f"{s:g}" for text, s in zip(beyond, sure, strict=True)]
        series.append(Series(name or "measured", "linked", [t for t, _ in found],
                             [w for _, w in found], width=1.2, low=[None for _ in found],
                             high=sure, high_texts=beyond,
                             hover=[f"{name}<br>at most {percent(t)} of the wrong results became "
                                    f"final: window {w:g}, by the interval {text}"
                                    for (t, w), text in zip(found, told, strict=True)],
                             **style))  # fmt: skip
    series = [line for line in series if line.x]
    title = "How long a window catches how many"
    if not any(line.kind == "linked" for line in series):
        return Absent(
            "confidence",
            title,
            "No window tried keeps even half of the wrong results from becoming final.",
        )
    note = (
        "The shortest window tried with which no more than this share of the wrong results posted "
        "became final. Mark: as measured; the bar ends at the shortest window tried of which the "
        "95 % interval says so too. No bar: it is that same window, or no window tried is long "
        "enough for the interval; the numbers say which. Dotted: theory, the smallest W with "
        "\u03b1^W below the share."
    )
    ticks = [(t, f"{100 * t:g} %") for t in (0.5, 0.1, 0.01, 0.001, 0.0001)]
    x = ChartAxis(
        "wrong results that became final, at most",
        log=True,
        percent=True,
        ticks=ticks,
        range=(0.65, 7e-5),
    )
    return Chart(
        "confidence",
        title,
        [Panel(x, x_axis(axis), series)],
        note + others_note(study, axis, by),
        _shortest(study, axis, by) if by else "",
        height=430,
    )


# --- Frontiers ------------------------------------------------------------------------------------


NO_VERDICT = (
    "No verdict can be given: the runs were not compared with honest play under the same seeds. "
    "Sweep with --counterfactual."
)


def pays(gain: Estimate | None) -> str:
    """Whether a gain over honest play is one: "yes", "no", or "" where it cannot be told."""
    if gain is None or gain.low is None or gain.high is None:
        return ""
    if gain.low > 0:
        return "yes"
    return "no" if gain.high < 0 or gain.low == gain.high == 0 else ""


def border_of(gains: list[tuple[float, Estimate]]) -> tuple[float, float, float] | None:
    """Where the mean gain changes its sign, between the last place with a verdict before it and the
    first one after it (or the end of the axis); None unless it changes its sign exactly once."""
    signs = [gain.value > 0 for _, gain in gains]
    turns = [i for i in range(1, len(signs)) if signs[i] != signs[i - 1]]
    if len(turns) != 1:
        return None
    turn = turns[0]
    (x0, before), (x1, after) = gains[turn - 1], gains[turn]
    crossing = x0 + (x1 - x0) * before.value / (before.value - after.value)
    word, other = ("yes", "no") if signs[0] else ("no", "yes")
    sure_before = [x for x, gain in gains[:turn] if pays(gain) == word]
    sure_after = [x for x, gain in gains[turn:] if pays(gain) == other]
    low = sure_before[-1] if sure_before else gains[0][0]
    return crossing, low, sure_after[0] if sure_after else gains[-1][0]


def profit_frontier(study: Study) -> Drawn | None:
    """Where cheating stops to pay: the border between two swept parameters."""
    axis, by = two_axes(study)
    title = "Where cheating stops to pay"
    if axis is None or by is None or not axis.numeric or not study.cheats:
        return None
    if not any(Cell([point]).gain for point in study.points):
        return Absent("profit_frontier", title, NO_VERDICT)
    borders: dict[str, tuple[float, float, float]] = {}
    rest: dict[str, list[str]] = {}
    for value in by.values:
        gains = [(axis.place(v), cell.gain) for v, cell in cells_at(study, axis, by, value)]
        gains = [(x, gain) for x, gain in gains if gain is not None]
        border = border_of(gains)
        if border is not None:
            borders[by.label(value)] = border
        elif gains:
            rest.setdefault(_without_border(gains), []).append(by.label(value))
    sentences = [f"At {by.words} {listed(names)} {word}." for word, names in rest.items()]
    if not borders:
        return Absent("profit_frontier", title, " ".join(sentences) or NO_VERDICT)
    middle = [crossing for crossing, _, _ in borders.values()]
    series = [Series("the mean gain over honest play changes its sign", "points", list(borders),
                     middle, BLUE, low=[low for _, low, _ in borders.values()],
                     high=[high for _, _, high in borders.values()],
                     hover=[f"{by.words} {name}<br>{axis.words} {m:.4g}, between {low:g} and "
                            f"{high:g}" for name, (m, low, high) in borders.items()])]  # fmt: skip
    x = ChartAxis(by.title, categories=[by.label(v) for v in by.values])
    note = (
        f"The {axis.words} at which the attacker's mean gain over honest play under the same seeds "
        "changes its sign, interpolated; the bar reaches to the nearest values tried at which the "
        "95 % interval of the gain excludes zero, or to the end of the axis."
        + others_note(study, axis, by)
    )
    return Chart(
        "profit_frontier",
        title,
        [Panel(x, ChartAxis(axis.title, zero=True), series)],
        note,
        say.borders(axis, by, borders, sentences),
        height=340,
    )


def _without_border(gains: list[tuple[float, Estimate]]) -> str:
    words = {pays(gain) for _, gain in gains}
    if words == {"yes"}:
        return "cheating pays at every value tried"
    if words == {"no"}:
        return "cheating pays at no value tried"
    signs = [gain.value > 0 for _, gain in gains]
    if all(signs) or not any(signs):
        return f"the mean gain is {'above' if signs[0] else 'below'} zero at every value tried, " \
               "but some intervals span zero"  # fmt: skip
    return "the mean gain changes its sign more than once, so there is no border"


def environment_of(study: Study, point: Point) -> tuple:
    """What nobody who sets the rules can choose: the scenario and every swept key that is not
    design."""
    return tuple((a.key, point.values[a.key]) for a in study.axes if a.key not in study.design)


def speed_frontier(study: Study) -> Drawn | None:
    """Safety against speed: every point, and those that no other of the same environment beats in
    both."""
    title = "Safety against speed"
    if len(study.points) < 2:
        return None
    environments: dict[tuple, list[Choice]] = {}
    for point in study.points:
        cell = Cell([point])
        safety, speed = safety_of(cell), cell.mean("ttf_mean")
        if safety is not None and speed is not None:
            design = [a.label(point.values[a.key]) for a in study.axes if a.key in study.design]
            choice = Choice(point, safety, speed.value, ", ".join(design))
            environments.setdefault(environment_of(study, point), []).append(choice)
    if not environments:
        return Absent(
            "speed_frontier", title, "No task became final, so there is no speed to compare."
        )
    if all(len(rows) == 1 for rows in environments.values()):
        why = (
            "The sweep varies no key that whoever sets the rules chooses, so there is no choice to "
            "compare. --design KEY,... names the keys that are chosen."
        )
        return Absent("speed_frontier", title, why)
    if all(len({(c.safety.value, c.seconds) for c in rows}) == 1 for rows in environments.values()):
        why = "All points of an environment are equally safe and equally fast."
        return Absent("speed_frontier", title, why)
    order = sorted(environments, key=lambda e: [study.axis(key).values.index(v) for key, v in e])
    shown = [order[i] for i in spaced(len(order), MANY)]
    marks = [
        mark
        for index, environment in enumerate(shown)
        for mark in _frontier_marks(
            ", ".join(study.axis(key).named(value) for key, value in environment),
            environments[environment],
            styled(index),
        )
    ]
    note = (
        "Each mark is a point of the study, with its interval and the values chosen. On a line: no "
        "other point of the same environment is at least as safe and as fast and better in one. "
        "Triangles: nothing wrong was seen, the mark is the upper end of the interval. Hollow: "
        "beaten in its environment. Points of different environments are not compared: nobody "
        "chooses between them."
    )
    if len(shown) < len(order):
        note += f" Shown for {len(shown)} of {len(order)} environments."
    choices = [choice for rows in environments.values() for choice in rows]
    shares = [c.shown for c in choices if c.shown > 0]
    deep = bool(shares) and max(shares) / min(shares) >= 15
    y = ChartAxis("wrong results among the final", percent=True, log=deep, zero=not deep,
                  range=(min(shares) / 4, max(shares) * 2) if deep else None)  # fmt: skip
    times = [choice.seconds for choice in choices]
    wide = min(times) > 0 and max(times) / min(times) >= 15
    x = ChartAxis("mean time to finality, s", log=wide)
    text = _trade(study, shown[-1], environments[shown[-1]])
    return Chart("speed_frontier", title, [Panel(x, y, marks)], note, text, height=420)


@dataclass
class Choice:
    """A point of an environment: the share of wrong results among the final, the mean time to
    finality, and the values of the keys that are design."""

    point: Point
    safety: Estimate
    seconds: float
    name: str

    @property
    def shown(self) -> float:
        """Where its mark stands: at the upper end of the interval if nothing was seen."""
        return self.safety.value or self.safety.high or 0.0


def safety_of(cell: Cell) -> Estimate | None:
    """Wrong results among the final ones. Where none was seen, the interval is that of the counts,
    if tasks were recorded: that of the mean has no width."""
    found = cell.mean("p_final_corrupt")
    finals = [counts for point in cell.points for counts in point.finals.values()]
    return clustered(Counts(finals)) if found and found.value == 0 and finals else found


def _trade(study: Study, environment: tuple, rows: list[Choice]) -> str:
    """The fastest and the safest choice in one environment."""
    names = [study.axis(key).named(value) for key, value in environment]
    fast = min(rows, key=lambda choice: (choice.seconds, choice.safety.value))
    safe = min(rows, key=lambda choice: (choice.safety.value, choice.seconds))
    where = f"At {listed(names)} the" if names else "The"
    if fast is safe:
        return f"{where} fastest choice is the safest too."
    return (
        f"{where} fastest choice takes {fast.seconds:.3g} s and {percent(fast.safety.value)} of "
        f"what it makes final is wrong; the safest takes {safe.seconds:.3g} s: "
        f"{say.seen(safe.safety, percent)}."
    )


def _frontier_marks(name: str, rows: list[Choice], style: dict[str, str]) -> list[Series]:
    """The points of one environment: a line through the best, hollow marks for the others."""
    places = [(choice.safety.value, choice.seconds) for choice in rows]
    best = [
        choice for choice, (share, time) in zip(rows, places, strict=True)
        if not any(s <= share and t <= time and (s < share or t < time) for s, t in places)
    ]  # fmt: skip
    best.sort(key=lambda choice: choice.seconds)
    seen = [choice for choice in rows if choice.safety.value > 0]

    def series(kind: str, shown: list[Choice], **more) -> Series:
        hover = [
            f"{c.point.label}<br>wrong among final {spread(c.safety, percent)}, {c.seconds:.4g} s "
            "to finality"
            for c in shown
        ]
        return Series(name or "frontier", kind, [c.seconds for c in shown],
                      [c.shown for c in shown], labels=[c.name for c in shown], group=name,
                      hover=hover, **{**style, **more})  # fmt: skip

    def ends(shown: list[Choice]) -> dict[str, list]:
        return {"low": [c.safety.low and max(c.safety.low, c.safety.value / 50) for c in shown],
                "high": [c.safety.high for c in shown]}  # fmt: skip

    line = [choice for choice in best if choice in seen]
    rest = [choice for choice in seen if choice not in best]
    marks = [series("linked", line, width=1.5, **ends(line))]
    if rest:
        marks.append(series("points", rest, hollow=True, legend=False, says="not on the frontier",
                            **ends(rest)))  # fmt: skip
    for beaten in (False, True):
        none = [c for c in rows if c not in seen and (c not in best) == beaten]
        marks.append(series("points", none, hollow=beaten, legend=not (line or beaten),
                            marker="triangle-down",
                            says="nothing wrong was seen, upper end of the interval"))  # fmt: skip
    return [mark for mark in marks if mark.x]


# --- Metrics over the axes ------------------------------------------------------------------------

# What is worth a map: (metric, title, unit, scale, is a share).
WORTH = (
    ("fraud_share", "Wrong results that became final, of those posted", "%", 100, True),
    ("attacker_profitable", "P(profit): runs in which cheating paid", "%", 100, True),
    ("cheating_gain", "Attacker's gain over honest play, mean", "LUX", 1 / LUX, False),
    ("ttf_mean", "Mean time to finality", "s", 1, False),
    ("locked_mean", "Locked value, mean over blocks", "LUX", 1 / LUX, False),
    ("refused_share", "Tasks refused", "%", 100, True),
    ("unchecked_share", "Results nobody checked", "%", 100, True),
    ("honest_false_slash", "Taken from the honest", "LUX", 1 / LUX, False),
    ("slash_escape", "Slash that escaped", "LUX", 1 / LUX, False),
    ("grief_victim_loss", "Lost to griefing", "LUX", 1 / LUX, False),
    ("quorum_fail", "Tasks without a quorum", "", 1, False),
)
MAPS = 6
# Shown when they are asked for: accounts, no gains.
ASKED = (
    ("attacker_net", "Attacker's own account, mean; no gain over honest play", "LUX", 1 / LUX,
     False),
    ("attacker_roi_ppm", "Attacker's own account by its stake, mean; no gain over honest play", "%",
     1e-4, False),
)  # fmt: skip


def value_of(study: Study, cell: Cell, metric: str) -> Estimate | None:
    if metric == "fraud_share":
        return study.fraud_share(cell)
    if metric == "attacker_profitable":
        return cell.profit
    if metric == "cheating_gain":
        return cell.gain
    return cell.mean(metric)


def chosen_metrics(
    study: Study, metrics: list[str] | None
) -> list[tuple[str, str, str, float, bool]]:
    """Those asked for, or else the first of WORTH that differ between points."""
    if metrics:
        known = {row[0]: row for row in (*WORTH, *ASKED)}
        return [known.get(name, (name, name, "", 1, False)) for name in metrics]
    varied = []
    for row in WORTH:
        values = {
            round(v.value, 12)
            for p in study.points
            if (v := value_of(study, Cell([p]), row[0])) is not None
        }
        if len(values) > 1:
            varied.append(row)
    return varied[:MAPS]


def maps(study: Study, metrics: list[str] | None) -> list[Drawn]:
    """Heatmaps over two axes, curves over one; nothing for a single point."""
    axis, by = two_axes(study)
    if axis is None:
        return []
    chosen = chosen_metrics(study, metrics)
    if not chosen:
        return [
            Absent(
                "maps",
                "Metrics over the swept parameters",
                "No metric differs between the points of this study.",
            )
        ]
    if by is None:
        return [curve(study, axis, row) for row in chosen]
    return [heatmap(study, axis, by, row) for row in chosen]


def heatmap(study: Study, axis: Axis, by: Axis, row: tuple[str, str, str, float, bool]) -> Drawn:
    metric, title, unit, scale, _ = row
    values: list[list[float | None]] = []
    unsure: list[list[bool]] = []
    seen: list[list[Estimate | None]] = []
    for other in by.values:
        cells = [study.at({axis.key: value, by.key: other}) for value in axis.values]
        found = [value_of(study, cell, metric) if cell else None for cell in cells]
        values.append([None if estimate is None else estimate.value * scale for estimate in found])
        unsure.append([metric == "cheating_gain" and not pays(estimate) for estimate in found])
        seen.append(found)
    known = [v for line in values for v in line if v is not None]
    if not known:
        return Absent(f"map_{metric}", title, f"No run of this study has the metric {metric}.")
    texts = [
        [_cell_text(e, scale, row[4]) + "?" * doubt for e, doubt in zip(line, marks, strict=True)]
        for line, marks in zip(seen, unsure, strict=True)
    ]
    hovers = [
        ["" if e is None else f"{spread(e, lambda y: number(y * scale))} {unit}" for e in line]
        for line in seen
    ]
    note = others_note(study, axis, by).split(" Shown")[0].strip()
    if any(map(any, unsure)):
        note = f"A question mark: the 95 % interval spans zero, or there is none. {note}".strip()
    if any(text.startswith("<") for line in texts for text in line):
        note = f"<x: none was seen, x is the upper end of the 95 % interval. {note}".strip()
    heat = Heat([axis.label(v) for v in axis.values], [by.label(v) for v in by.values], values,
                texts, unit, diverging=min(known) < 0 < max(known), hovers=hovers)  # fmt: skip
    panel = Panel(
        ChartAxis(axis.title, categories=heat.x), ChartAxis(by.title, categories=heat.y), heat=heat
    )
    return Chart(
        f"map_{metric}",
        title,
        [panel],
        note,
        _ends(study, row),
        height=max(300, 110 + 26 * len(by.values)),
        half=len(axis.values) * max(len(text) for line in texts for text in line) <= 36,
    )


def _ends(study: Study, row: tuple[str, str, str, float, bool]) -> str:
    """The least and the largest value of a metric over the points."""
    metric, _, unit, scale, is_share = row
    found = _values(study, metric)
    return say.extremes(study, found, lambda v: f"{number(v * scale)} {unit}".strip(), is_share)


def _values(study: Study, metric: str) -> list[tuple[Point, Estimate]]:
    """Of every point that has the metric."""
    found = [(point, value_of(study, Cell([point]), metric)) for point in study.points]
    return [(point, estimate) for point, estimate in found if estimate is not None]


def _cell_text(estimate: Estimate | None, scale: float, is_share: bool) -> str:
    """A number; of a share of which nothing was seen the upper end of its interval."""
    if estimate is None:
        return ""
    if is_share and estimate.value == 0 and estimate.high is not None:
        return f"<{number(estimate.high * scale)}"
    return number(estimate.value * scale)


def curve(study: Study, axis: Axis, row: tuple[str, str, str, float, bool]) -> Drawn:
    metric, title, unit, scale, _ = row
    found = [
        (axis.place(v), value_of(study, cell, metric))
        for v in axis.values
        if (cell := study.at({axis.key: v}))
    ]
    found = [(x, estimate) for x, estimate in found if estimate is not None]
    if not found:
        return Absent(f"map_{metric}", title, f"No run of this study has the metric {metric}.")

    def scaled(values):
        return [None if value is None else value * scale for value in values]

    series = Series("mean, 95 % interval", "linked" if axis.numeric else "points",
                    [x for x, _ in found],
                    scaled(e.value for _, e in found), BLUE, low=scaled(e.low for _, e in found),
                    high=scaled(e.high for _, e in found), width=1, legend=False,
                    hover=[f"{axis.named(v)}: {spread(e, lambda y: number(y * scale))} {unit}"
                           for (_, e), v in zip(found, axis.values, strict=False)])  # fmt: skip
    return Chart(
        f"map_{metric}",
        title,
        [Panel(x_axis(axis), ChartAxis(unit, zero=min(e.value for _, e in found) >= 0), [series])],
        "",
        _ends(study, row),
        height=300,
        half=True,
    )


# --- What cheating brings -------------------------------------------------------------------------


def cheating_gain(study: Study) -> Drawn:
    """The attacker's gain over honest play, run by run."""
    title = "What cheating gains"
    if not study.cheats:
        return Absent("cheating_gain", title, "Nobody cheated in this study.")
    if not any(_gains(Cell([point])).size for point in study.points):
        return Absent("cheating_gain", title, NO_VERDICT)
    axis, by = two_axes(study)
    if axis is None:
        return gain_histogram(study, title)
    series = []
    shown = list(lines(study, axis, by))
    width = 0.8 / len(shown)
    for index, name, cells in shown:
        boxes = [(axis.values.index(v), _gains(cell)) for v, cell in cells]
        boxes = [
            (place + (index + 0.5) * width - 0.4, values) for place, values in boxes if len(values)
        ]
        if boxes:
            at = [axis.label(v) for v, cell in cells if len(_gains(cell))]
            series += box_series(name or "runs", boxes, styled(index), in_lux, at)
    ticks = [(i, axis.label(v)) for i, v in enumerate(axis.values)]
    if len(ticks) > 20:
        ticks = ticks[:: -(-len(ticks) // 20)]
    note = (
        "What the attacker has in each run beyond itself, honest, under the same seed, the value "
        "of its lies included. Mark: median; box: half of the runs; line: from 5 % to 95 % of "
        "them. Whether it pays on average is said by the intervals elsewhere on this page."
        + others_note(study, axis, by)
    )
    x = ChartAxis(axis.title, ticks=ticks, range=(-0.6, len(axis.values) - 0.4))
    return Chart(
        "cheating_gain",
        title,
        [Panel(x, ChartAxis("gain, LUX per run"), series, levels=[(0, "honest play")])],
        note,
        _medians(study, axis, shown),
        height=420,
    )


def _medians(study: Study, axis: Axis, shown: list) -> str:
    """At how many of the places the median run gains."""
    medians = [float(np.median(gains)) for _, _, cells in shown for _, cell in cells
               if len(gains := _gains(cell))]  # fmt: skip
    above = sum(median > 0 for median in medians)
    return (
        f"The median run gains at {above} of {len(medians)} places: from {in_lux(min(medians))} to "
        f"{in_lux(max(medians))}."
    )


def _gains(cell: Cell) -> np.ndarray:
    """In LUX, one per run."""
    return np.array([v / LUX for runs in cell.by_seed("cheating_gain").values() for v in runs])


def in_lux(value: float) -> str:
    return f"{number(value)} LUX"


def box_series(
    name: str,
    boxes: list[tuple[float | str, np.ndarray]],
    style: dict[str, str],
    show: Callable[[float], str],
    at: list[str] | None = None,
) -> list[Series]:
    """For each place on x: median, a thick bar over half of the values, a thin one over nine
    tenths."""
    x, counts = [place for place, _ in boxes], [len(values) for _, values in boxes]
    quantiles = [np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist() for _, values in boxes]
    p5, p25, p50, p75, p95 = zip(*quantiles, strict=True)
    hover = [f"{name}<br>median {show(q[2])}, half within {show(q[1])} to {show(q[3])},<br>"
             f"90 % within {show(q[0])} to {show(q[4])}, n = {n}"
             for q, n in zip(quantiles, counts, strict=True)]  # fmt: skip
    return [
        Series(
            "",
            "points",
            x,
            list(p50),
            low=list(p5),
            high=list(p95),
            group=name,
            legend=False,
            hover=hover,
            says="median, 90 % of the runs",
            at=at,
            **style,
        ),
        Series(
            name,
            "points",
            x,
            list(p50),
            low=list(p25),
            high=list(p75),
            thick=True,
            group=name,
            hover=hover,
            says="median, half of the runs",
            at=at,
            **style,
        ),
    ]


def gain_histogram(study: Study, title: str) -> Drawn:
    cell = Cell(study.points)
    values, gain, profit = _gains(cell), cell.gain, cell.profit
    bins = min(40, max(5, round(2 * len(values) ** (1 / 3)) * 2))
    counts, edges = (
        np.histogram(values, bins=bins)
        if np.ptp(values) > 0
        else ([len(values)], [values[0], values[0]])
    )
    middles = [float(a + b) / 2 for a, b in zip(edges[:-1], edges[1:], strict=True)]
    panel = Panel(ChartAxis("gain, LUX per run"), ChartAxis("runs", zero=True),
                  [Series("runs", "bars", middles, [int(c) for c in counts], BLUE, legend=False)],
                  rules=[(0, "honest play"), (float(np.mean(values)), "mean")])  # fmt: skip
    note = (
        "What the attacker has in each run beyond itself, honest, under the same seed, the value "
        f"of its lies included. Mean {spread(gain, lambda v: in_lux(v / LUX))}. It gained in "
        f"{round(profit.value * profit.n)} of {profit.n:.0f} runs, P(profit) = "
        f"{spread(profit, percent)}; 95 % intervals."
    )
    text = f"The attacker gained in {round(profit.value * profit.n)} of {profit.n:.0f} runs."
    return Chart("cheating_gain", title, [panel], note, text, height=320)


def owner_gains(study: Study) -> Drawn | None:
    """Each owner that breaks the protocol beside itself, honest; owners are never pooled."""
    if not study.owners:
        return None
    axis = study.axes[0] if study.axes else None
    if axis is None:
        names = [owner.label for owner in study.owners]
        places = [[(owner.label, owner.gain(Cell(study.points)))] for owner in study.owners]
        x, kind = ChartAxis(categories=names), "points"
    else:
        cells = next(lines(study, axis, None))[2]
        places = [
            [(axis.place(value), owner.gain(cell)) for value, cell in cells]
            for owner in study.owners
        ]
        x, kind = x_axis(axis), "linked" if axis.numeric else "points"
    series = []
    for index, (owner, row) in enumerate(zip(study.owners[:MANY], places, strict=False)):
        found = [(place, gain) for place, gain in row if gain is not None]
        name = named(owner.label, owner.strategy)
        ends = [[None if end is None else end / LUX for end in (g.low, g.high)] for _, g in found]
        series.append(Series(name, kind, [place for place, _ in found],
                             [gain.value / LUX for _, gain in found], width=1,
                             low=[low for low, _ in ends], high=[high for _, high in ends],
                             hover=[f"{name}<br>{place}: "
                                    f"{spread(gain, lambda v: in_lux(v / LUX))}, {gain.n} seeds"
                                    for place, gain in found],
                             **styled(index)))  # fmt: skip
    note = (
        "Mean gain of each owner per member over itself, honest, under the same seeds, with 95 % "
        "intervals over the seeds: above the line it pays, below it does not, across it cannot be "
        "told."
    )
    if len(study.owners) > MANY:
        note += f" The first {MANY} of {len(study.owners)} owners."
    panel = Panel(x, ChartAxis("gain per member, LUX per run"), series, levels=[(0, "honest play")])
    told = [say.pays_at(owner.label, [pays(gain) for _, gain in row if gain is not None])
            for owner, row in zip(study.owners[:3], places, strict=False)]  # fmt: skip
    return Chart("owner_gains", "Gain by owner", [panel], note + others_note(study, axis),
                 f"{say.capital(listed(told))}.", height=340)  # fmt: skip


def p_profit(study: Study) -> Drawn | None:
    title = "P(profit)"
    axis, by = two_axes(study)
    every = [(p, profit) for p in study.points if (profit := Cell([p]).profit) is not None]
    if axis is None or not every:
        return None
    paid = [item for item in every if item[1].value > 0]
    if len(paid) < 2:
        return Absent("p_profit", title, _hardly_paid(every, paid))
    by, same = alike(study, axis, by, lambda cell: cell.profit)
    series = []
    for index, name, cells in lines(study, axis, by):
        found = [(v, cell.profit) for v, cell in cells if cell.profit is not None]
        kind = "linked" if axis.numeric else "points"
        series.append(Series(name or "runs", kind, [axis.place(v) for v, _ in found],
                             [p.value for _, p in found], width=1,
                             low=[p.low for _, p in found], high=[p.high for _, p in found],
                             hover=[f"{name}<br>{axis.named(v)}: {spread(p, percent)} of "
                                    f"{p.n:.0f} runs" for v, p in found],
                             **styled(index)))  # fmt: skip
    note = (
        "The share of runs in which the attacker ended with more than with honest play under the "
        "same seed; 95 % intervals. A share of runs, not a verdict: one large loss can outweigh "
        "many small gains."
    )
    y = ChartAxis("runs in which cheating paid", percent=True, range=(-0.03, 1.03))
    panel = Panel(x_axis(axis), y, [s for s in series if s.x])
    return Chart("p_profit", title, [panel], note + same + others_note(study, axis, by),
                 say.extremes(study, every, percent, True))  # fmt: skip


def _hardly_paid(
    every: list[tuple[Point, Estimate]], paid: list[tuple[Point, Estimate]]
) -> str:
    """In words what a chart would show as a line at zero."""
    runs = sum(profit.n for _, profit in every)
    if not paid:
        return (
            f"In none of {runs:.0f} runs did the attacker end with more than with honest play "
            "under the same seed."
        )
    point, profit = paid[0]
    where = f" ({point.label})" if point.label else ""
    return (
        "Only at one point did the attacker end any run with more than with honest play under the "
        f"same seed{where}: {spread(profit, percent)} of {profit.n:.0f} runs."
    )


def alike(
    study: Study, axis: Axis, by: Axis | None, value: Callable[[Cell], Estimate | None]
) -> tuple[Axis | None, str]:
    """None instead of `by`, and a note, when the lines of its values do not differ: at each place
    of the axis all their intervals overlap. Else `by`, and no note."""
    if by is None:
        return None, ""
    places: dict[Value, list[tuple[float, float]]] = {}
    for _, _, cells in lines(study, axis, by):
        for place, cell in cells:
            found = value(cell)
            if found is None or found.low is None or found.high is None:
                return by, ""
            places.setdefault(place, []).append((found.low, found.high))
    apart = any(
        max(low for low, _ in ends) > min(high for _, high in ends) for ends in places.values()
    )
    if apart:
        return by, ""
    return None, f" The lines of all values of {by.words} agree within their intervals."


def principal_return(study: Study) -> Drawn:
    """By label and strategy over all runs; the dishonest first."""
    title = "Accounts by principal"
    shown = [group for group in study.groups if group.returns.any()][:24]
    if not shown:
        return Absent(
            "principal_return", title, "No principal with a stake earned or lost anything."
        )
    names = [group_name(group) for group in shown]
    series = []
    for honest, word, colour, marker in (
        (False, "cheats", RED, MARKERS[1]),
        (True, "keep to the protocol", BLUE, MARKERS[0]),
    ):
        boxes = [
            (name, group.returns / 1e6)
            for name, group in zip(names, shown, strict=True)
            if group.honest == honest
        ]
        if boxes:
            series += box_series(word, boxes, {"colour": colour, "marker": marker}, percent)
    note = (
        "Net payoff of each principal as a share of its own opening stake, over every run of the "
        "study. Mark: median; box: half of them; line: from 5 % to 95 %. A requester's return is "
        "what refunds and its part of slashes bring it, less its fees; those who opened with "
        "nothing are left out. Accounts, not verdicts: what a cheat would have had with honest "
        "play is not zero."
    )
    panel = Panel(
        ChartAxis(categories=names),
        ChartAxis("return on stake", percent=True),
        series,
        levels=[(0, "neither gain nor loss")],
    )
    medians = sorted(
        ((float(np.median(group.returns)) / 1e6, name)
         for name, group in zip(names, shown, strict=True)),
        reverse=True,
    )  # fmt: skip
    ends = medians if len(medians) < 4 else [medians[0], medians[1], medians[-1]]
    told = [f"{percent(median)} for {name}" for median, name in ends]
    return Chart("principal_return", title, [panel], note,
                 f"The median return is {listed(told)}.")  # fmt: skip


def group_name(group: Group) -> str:
    plain = group.strategy in ("", "honest", group.label)
    return group.label if plain else named(group.label, group.strategy)


def named(label: str, strategy: str) -> str:
    """An owner with its strategies, each once."""
    return f"{label} \u00b7 {' + '.join(dict.fromkeys(strategy.split('+')))}"


# --- Time to finality -----------------------------------------------------------------------------


def time_to_finality(study: Study) -> list[Drawn]:
    title = "Time to finality"
    if not any(found.final for found in study.ttf.values()):
        ended = study.metric_sum("tasks")
        why = "No task became final." if study.outcomes or not ended else (
            "The study keeps no row for each task, so there is no curve; the metrics ttf_p50 and "
            "ttf_p99 tell the rest.")  # fmt: skip
        return [Absent("ttf", title, why)]
    modes = sorted({mode for _, mode in study.ttf}, key=study.modes.index)
    axis = study.axes[0] if study.axes else None
    if axis is None:
        series = [_cdf(study, mode, study.points, mode, i) for i, mode in enumerate(modes)]
        return [_cdf_chart("ttf", title, [line for line in series if line], study, "")]
    charts = []
    for mode in modes:
        series, missing = [], []
        for index, value in enumerate(thinned(axis.values)):
            cell = study.at({axis.key: value})
            line = cell and _cdf(study, mode, cell.points, axis.named(value), index)
            if line:
                series.append(line)
            elif cell:
                missing.append(axis.named(value))
        if not series:
            continue
        note = others_note(study, axis)
        if missing:
            note += f" Without a line: at {listed(missing)} none became final."
        if len(axis.values) > MANY:
            note += f" Shown for {MANY} of the {len(axis.values)} values of {axis.words}."
        charts.append(_cdf_chart(f"ttf_{mode}", f"{title}: {mode}", series, study, note))
    return charts


def _cdf(study: Study, mode: str, points: list, name: str, index: int) -> Series | None:
    """The share of submitted tasks that is final by each time; None where no task became final."""
    found = [study.ttf[p.point_id, mode] for p in points if (p.point_id, mode) in study.ttf]
    curve = sum(found, Finality()).curve()
    if not curve:
        return None
    kept = [curve[i] for i in spaced(len(curve), 400)]
    x, y = [seconds for seconds, _ in kept], [share for _, share in kept]
    style = styled(index)
    dash = ("solid", "dash", "dot", "dashdot")[index % 4]
    return Series(name, "steps", [x[0], *x], [0.0, *y], style["colour"], dash=dash)


def _cdf_chart(name: str, title: str, series: list[Series], study: Study, note: str) -> Chart:
    low = min(s.x[0] for s in series)
    high = max(s.x[-1] for s in series)
    wide = low > 0 and high / low >= 15
    x = ChartAxis("time from submission to finality, s", log=wide)
    y = ChartAxis("share of the submitted tasks", percent=True, range=(0, 1.03))
    told = [("" if len(series) == 1 else s.name, list(zip(s.x, s.y, strict=True))) for s in series]
    pending = sum(found.pending.total() for found in study.ttf.values())
    return Chart(
        name,
        title,
        [Panel(x, y, series)],
        f"The share of the submitted tasks that were final within this time. "
        f"{pending_note(pending)}{note}",
        say.half_final(told),
        height=340,
    )


# --- Paired contrasts -----------------------------------------------------------------------------

CONTRASTS = (
    ("cheating_gain", "Attacker's gain over honest play, difference", "LUX", 1 / LUX),
    ("p_final_corrupt", "Wrong among final, difference", "percentage points", 100),
    ("ttf_mean", "Mean time to finality, difference", "s", 1),
)


def contrasts(study: Study) -> list[Drawn | None]:
    """Differences to the first value of the main axis, seed by seed."""
    axis, by = two_axes(study)
    if axis is None:
        return []
    if not study.bases:
        return [
            Absent(
                "contrasts",
                "Paired contrasts",
                "No two points share seeds, so their runs cannot be compared pair by pair.",
            )
        ]
    return [contrast(study, axis, by, row) for row in CONTRASTS]


def contrast(
    study: Study, axis: Axis, by: Axis | None, row: tuple[str, str, str, float]
) -> Chart | None:
    metric, title, unit, scale = row
    series = []
    by, same = alike(study, axis, by, lambda cell: study.contrast(cell, metric))
    shown = list(lines(study, axis, by))
    level = 1 - 0.05 / max(1, sum(value != axis.values[0] for _, _, c in shown for value, _ in c))
    for index, name, cells in shown:
        found = [(axis.place(v), study.contrast(cell, metric, level)) for v, cell in cells]
        found = [(x, d) for x, d in found if d is not None]
        if found:
            values = [d.value * scale for _, d in found]
            low = [None if d.low is None else d.low * scale for _, d in found]
            high = [None if d.high is None else d.high * scale for _, d in found]
            last = (name, next(v for v, _ in reversed(cells) if axis.place(v) == found[-1][0]),
                    found[-1][1])  # fmt: skip
            hover = [f"{name}<br>{x if isinstance(x, str) else f'{x:g}'}: "
                     f"{spread(d, lambda y: number(y * scale))} {unit}, "
                     f"{d.n} pairs" for x, d in found]  # fmt: skip
            series.append(Series(name or "difference", "linked" if axis.numeric else "points",
                                 [x for x, _ in found], values,
                                 low=low, high=high, width=1, hover=hover, legend=by is not None,
                                 **styled(index)))  # fmt: skip
    if not any(value for line in series for value in line.y):
        return None
    note = (
        "Runs of one seed share their random numbers: each is compared with its twin at "
        f"{axis.named(axis.values[0])}. "
        "Mean difference over the pairs; all intervals of this chart hold together with 95 %."
        + same
        + others_note(study, axis, by)
    )
    name, value, found = last
    text = say.difference(
        axis.named(axis.values[0]),
        ", ".join(filter(None, (axis.named(value), name))),
        found,
        lambda v: number(v * scale),
        unit,
    )
    y = ChartAxis(f"difference, {unit}")
    panel = Panel(x_axis(axis), y, series, levels=[(0, "no difference")])
    return Chart(f"contrast_{metric}", title, [panel], note, text, height=340)
