"""The charts of a study: each function makes one, or states why there is nothing to draw. The
page and the static pictures both come from these."""

import math
from collections.abc import Callable, Iterator

import numpy as np

from .chart import BLUE, GREY, MARKERS, RED, Absent, Chart, Heat, Panel, Series, styled
from .chart import Axis as ChartAxis
from .intervals import Estimate
from .study import CENSORS, WINDOW, Axis, Cell, Group, Study, Value

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
        attacker_return(study),
        p_profit(study),
        principal_return(study),
        *time_to_finality(study),
        *contrasts(study),
    ]
    return [chart for chart in charts if chart is not None]


# --- Lines over a swept parameter -----------------------------------------------------------------


def thinned(values: list[Value], most: int = MANY) -> list[Value]:
    if len(values) <= most:
        return values
    return [values[round(i * (len(values) - 1) / (most - 1))] for i in range(most)]


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


def percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def spread(estimate: Estimate, show: Callable[[float], str]) -> str:
    if estimate.low is None or estimate.high is None:
        return show(estimate.value)
    return f"{show(estimate.value)} [{show(estimate.low)}, {show(estimate.high)}]"


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
    )


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
    )


def fraud_by_window(study: Study, axis: Axis, by: Axis | None) -> Drawn:
    series: list[Series] = []
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
            curve = np.geomspace(axis.place(axis.values[0]), axis.place(axis.values[-1]), 160)
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
        height=430,
    )


def window_by_confidence(study: Study, axis: Axis, by: Axis | None) -> Drawn:
    """The safe window for each confidence 1 - target; the axis is the target, falling."""
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
        for sure in (False, True):
            found = [(t, safe_window(study, axis, cells, t, sure)) for t in targets]
            found = [(t, w) for t, w in found if w is not None]
            series.append(Series("" if sure else name or "measured", "points",
                                 [t for t, _ in found],
                                 [w for _, w in found], hollow=sure, legend=not sure, group=name,
                                 **style,
                                 hover=[f"{name}<br>{100 - 100 * t:g} % of wrong results caught: "
                                        f"window {w:g}"
                                        + (" (sure)" if sure else "")
                                        for t, w in found]))  # fmt: skip
    series = [line for line in series if line.x]
    title = "Safe window against confidence"
    if not any(line.kind == "points" for line in series):
        return Absent(
            "confidence",
            title,
            "No window tried keeps even half of the wrong results from becoming final.",
        )
    note = (
        "How long a window must be for this share of the wrong results not to become final. "
        "Filled: by the measured share; open: by the upper end of its 95 % interval. Dotted: "
        "theory, the smallest W with \u03b1^W \u2264 1 \u2212 confidence."
    )
    ticks = [(t, f"{100 - 100 * t:g} %") for t in (0.5, 0.1, 0.01, 0.001, 0.0001)]
    x = ChartAxis(
        "wrong results kept from becoming final", log=True, ticks=ticks, range=(0.65, 7e-5)
    )
    return Chart(
        "confidence",
        title,
        [Panel(x, x_axis(axis), series)],
        note + others_note(study, axis, by),
        height=430,
    )


# --- Frontiers ------------------------------------------------------------------------------------


def profit_frontier(study: Study) -> Drawn | None:
    """Where cheating stops to pay: the border between two swept parameters."""
    axis, by = two_axes(study)
    title = "Where cheating stops to pay"
    if axis is None or by is None or not axis.numeric or not study.returns:
        return None
    x_of, border, never, always = [], [], [], []
    for value in by.values:
        cells = cells_at(study, axis, by, value)
        nets = [(axis.place(v), cell.mean("attacker_net")) for v, cell in cells]
        pays = [(x, net.value > 0) for x, net in nets if net is not None]
        if not pays:
            continue
        if not any(paid for _, paid in pays):
            never.append(by.label(value))
        elif all(paid for _, paid in pays):
            always.append(by.label(value))
        else:
            turn = next(i for i in range(1, len(pays)) if pays[i][1] != pays[i - 1][1])
            x_of.append(by.label(value))
            border.append((pays[turn - 1][0], pays[turn][0]))
    sentences = []
    if never:
        sentences.append(
            f"At {by.words} {listed(never)} cheating never paid on average, whatever the "
            f"{axis.words}."
        )
    if always:
        sentences.append(f"At {by.words} {listed(always)} it always did.")
    if not border:
        return Absent("profit_frontier", title, " ".join(sentences) or "Nobody cheated.")
    middle = [(low + high) / 2 for low, high in border]
    series = [Series("the mean net payoff of the cheats changes its sign", "points", x_of, middle,
                     BLUE,
                     low=[min(b) for b in border], high=[max(b) for b in border])]  # fmt: skip
    x = ChartAxis(by.title, categories=[by.label(v) for v in by.values])
    note = (
        f"Between which two values of {axis.words} the mean net payoff of all cheats changes its "
        "sign. " + " ".join(sentences)
    )
    return Chart(
        "profit_frontier",
        title,
        [Panel(x, ChartAxis(axis.title, zero=True), series)],
        note,
        height=340,
    )


def listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def speed_frontier(study: Study) -> Drawn | None:
    """Safety against speed: every point, and those that no other beats in both."""
    title = "Safety against speed"
    if len(study.points) < 2:
        return None
    rows = []
    for point in study.points:
        cell = Cell([point])
        safety, speed = cell.mean("p_final_corrupt"), cell.mean("ttf_mean")
        if safety is not None and speed is not None:
            rows.append((point, safety.value, speed.value))
    if not rows:
        return Absent(
            "speed_frontier", title, "No task became final, so there is no speed to compare."
        )
    best = [
        (point, safety, speed) for point, safety, speed in rows
        if not any(p is not point and p.scenario == point.scenario and s <= safety and t <= speed
                   and (s < safety or t < speed) for p, s, t in rows)
    ]  # fmt: skip
    chosen = {id(point) for point, _, _ in best}
    rest = [row for row in rows if id(row[0]) not in chosen]
    best.sort(key=lambda row: row[2])

    def hover(rows):
        return [
            f"{p.label}<br>wrong among final {percent(s)}, {t:.4g} s to finality"
            for p, s, t in rows
        ]

    def series(name, kind, rows, colour, **style):
        return Series(
            name,
            kind,
            [t for _, _, t in rows],
            [s for _, s, _ in rows],
            colour,
            hover=hover(rows),
            **style,
        )

    marks = [
        series("other points", "points", rest, GREY, hollow=True),
        series("frontier", "linked", best, BLUE, width=1.5),
    ]
    note = (
        "Each mark is a point of the study. On the frontier: no other is at least as safe and as "
        "fast and better in one."
    )
    y = ChartAxis("wrong results among the final", percent=True, zero=True)
    times = [t for _, _, t in rows]
    wide = min(times) > 0 and max(times) / min(times) >= 15
    x = ChartAxis("mean time to finality, s", log=wide)
    return Chart("speed_frontier", title, [Panel(x, y, [m for m in marks if m.x])], note)


# --- Metrics over the axes ------------------------------------------------------------------------

# What is worth a map: (metric, title, unit, scale, is a share).
WORTH = (
    ("fraud_share", "Wrong results that became final, of those posted", "%", 100, True),
    ("attacker_profitable", "P(profit): runs in which cheating paid", "%", 100, True),
    ("attacker_roi_ppm", "Attackers' return on their stake, mean", "%", 1e-4, False),
    ("attacker_net", "Attackers' net payoff, mean", "LUX", 1 / LUX, False),
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


def value_of(study: Study, cell: Cell, metric: str) -> Estimate | None:
    if metric == "fraud_share":
        return study.fraud_share(cell)
    if metric == "attacker_profitable":
        return cell.profit
    return cell.mean(metric)


def chosen_metrics(
    study: Study, metrics: list[str] | None
) -> list[tuple[str, str, str, float, bool]]:
    """Those asked for, or else the first of WORTH that differ between points."""
    if metrics:
        known = {row[0]: row for row in WORTH}
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
    for other in by.values:
        cells = [study.at({axis.key: value, by.key: other}) for value in axis.values]
        found = [value_of(study, cell, metric) if cell else None for cell in cells]
        values.append([None if estimate is None else estimate.value * scale for estimate in found])
    known = [v for line in values for v in line if v is not None]
    if not known:
        return Absent(f"map_{metric}", title, f"No run of this study has the metric {metric}.")
    texts = [["" if v is None else number(v) for v in line] for line in values]
    heat = Heat([axis.label(v) for v in axis.values], [by.label(v) for v in by.values], values,
                texts, unit, diverging=min(known) < 0 < max(known))  # fmt: skip
    panel = Panel(
        ChartAxis(axis.title, categories=heat.x), ChartAxis(by.title, categories=heat.y), heat=heat
    )
    return Chart(
        f"map_{metric}",
        title,
        [panel],
        others_note(study, axis, by).split(" Shown")[0].strip(),
        height=max(300, 110 + 26 * len(by.values)),
        half=len(axis.values) <= 8,
    )


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
        height=300,
        half=True,
    )


# --- What cheating brings -------------------------------------------------------------------------


def attacker_return(study: Study) -> Drawn:
    title = "What cheating returns"
    if not study.returns:
        return Absent("attacker_return", title, "Nobody cheated in this study.")
    axis, by = two_axes(study)
    if axis is None:
        return return_histogram(study, title)
    series = []
    shown = list(lines(study, axis, by))
    width = 0.8 / len(shown)
    for index, name, cells in shown:
        boxes = [(axis.values.index(v), _returns(study, cell)) for v, cell in cells]
        boxes = [
            (place + (index + 0.5) * width - 0.4, values) for place, values in boxes if len(values)
        ]
        if boxes:
            series += box_series(name or "runs", boxes, styled(index))
    ticks = [(i, axis.label(v)) for i, v in enumerate(axis.values)]
    if len(ticks) > 20:
        ticks = ticks[:: -(-len(ticks) // 20)]
    note = (
        "Net payoff of all cheats of a run, as a share of the stake they came with. Mark: median; "
        "box: half of the runs; "
        "line: from 5 % to 95 % of them." + others_note(study, axis, by)
    )
    x = ChartAxis(axis.title, ticks=ticks, range=(-0.6, len(axis.values) - 0.4))
    y = ChartAxis("return on stake", percent=True)
    return Chart(
        "attacker_return",
        title,
        [Panel(x, y, series, levels=[(0, "break even")])],
        note,
        height=420,
    )


def _returns(study: Study, cell: Cell) -> np.ndarray:
    parts = [study.returns[p.point_id] for p in cell.points if p.point_id in study.returns]
    return np.concatenate(parts) / 1e6 if parts else np.array([])


def box_series(
    name: str, boxes: list[tuple[float | str, np.ndarray]], style: dict[str, str]
) -> list[Series]:
    """For each place on x: median, a thick bar over half of the values, a thin one over nine
    tenths."""
    x, counts = [place for place, _ in boxes], [len(values) for _, values in boxes]
    quantiles = [np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist() for _, values in boxes]
    p5, p25, p50, p75, p95 = zip(*quantiles, strict=True)
    hover = [f"{name}<br>median {percent(q[2])}, half within {percent(q[1])} to "
             f"{percent(q[3])},<br>"
             f"90 % within {percent(q[0])} to {percent(q[4])}, n = {n}"
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
            **style,
        ),
    ]


def return_histogram(study: Study, title: str) -> Drawn:
    values = _returns(study, Cell(study.points))
    profit = Cell(study.points).profit
    bins = min(40, max(5, round(2 * len(values) ** (1 / 3)) * 2))
    counts, edges = (
        np.histogram(values, bins=bins)
        if np.ptp(values) > 0
        else ([len(values)], [values[0], values[0]])
    )
    middles = [float(a + b) / 2 for a, b in zip(edges[:-1], edges[1:], strict=True)]
    pays = (
        f"P(profit) = {spread(profit, percent)}: cheating paid in {round(profit.value * profit.n)} "
        f"of {profit.n} runs. "
    )
    panel = Panel(ChartAxis("return on stake", percent=True), ChartAxis("runs", zero=True),
                  [Series("runs", "bars", middles, [int(c) for c in counts], BLUE, legend=False)],
                  rules=[(0, "break even"), (float(np.median(values)), "median")])  # fmt: skip
    note = (
        pays
        + "Net payoff of all cheats of a run, as a share of the stake they came with; the interval "
        "is exact (95 %)."
    )
    return Chart("attacker_return", title, [panel], note, height=320)


def p_profit(study: Study) -> Drawn | None:
    title = "P(profit)"
    axis, by = two_axes(study)
    if axis is None or not study.returns:
        return None
    series = []
    for index, name, cells in lines(study, axis, by):
        found = [(axis.place(v), cell.profit) for v, cell in cells]
        found = [(x, p) for x, p in found if p is not None]
        kind = "linked" if axis.numeric else "points"
        series.append(Series(name or "runs", kind, [x for x, _ in found],
                             [p.value for _, p in found], width=1,
                             low=[p.low for _, p in found], high=[p.high for _, p in found],
                             hover=[f"{name}<br>{axis.words} {x:g}: {spread(p, percent)} of {p.n} "
                                    "runs" if axis.numeric
                                    else f"{name}<br>{x}: {spread(p, percent)} of {p.n} runs"
                                    for x, p in found],
                             **styled(index)))  # fmt: skip
    note = (
        "The share of runs in which the cheats together ended with more than they came with; exact "
        "95 % intervals."
    )
    y = ChartAxis("runs in which cheating paid", percent=True, range=(-0.03, 1.03))
    return Chart(
        "p_profit",
        title,
        [Panel(x_axis(axis), y, [s for s in series if s.x])],
        note + others_note(study, axis, by),
    )


def principal_return(study: Study) -> Drawn:
    """By label and strategy over all runs; the dishonest first."""
    title = "Returns by principal"
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
            series += box_series(word, boxes, {"colour": colour, "marker": marker})
    note = (
        "Net payoff of each principal as a share of its own opening stake, over every run of the "
        "study. Mark: median; box: half of them; line: from 5 % to 95 %. Those without a stake, as "
        "requesters, are left out."
    )
    panel = Panel(
        ChartAxis(categories=names),
        ChartAxis("return on stake", percent=True),
        series,
        levels=[(0, "break even")],
    )
    return Chart("principal_return", title, [panel], note)


def group_name(group: Group) -> str:
    return (
        group.label
        if group.strategy in ("", "honest", group.label)
        else f"{group.label} \u00b7 {group.strategy}"
    )


# --- Time to finality -----------------------------------------------------------------------------


def time_to_finality(study: Study) -> list[Drawn]:
    title = "Time to finality"
    if not study.ttf:
        ended = study.metric_sum("tasks")
        why = "No task became final." if study.outcomes or not ended else (
            "The study keeps no row for each task, so there is no curve; the metrics ttf_p50 and "
            "ttf_p99 tell the rest.")  # fmt: skip
        return [Absent("ttf", title, why)]
    modes = sorted({mode for _, mode in study.ttf}, key=study.modes.index)
    axis = study.axes[0] if study.axes else None
    if axis is None:
        series = [_cdf(study, mode, study.points, mode, i) for i, mode in enumerate(modes)]
        return [_cdf_chart("ttf", title, series, "")]
    charts = []
    for mode in modes:
        series = []
        for index, value in enumerate(thinned(axis.values)):
            cell = study.at({axis.key: value})
            if cell and any((p.point_id, mode) in study.ttf for p in cell.points):
                series.append(_cdf(study, mode, cell.points, axis.named(value), index))
        note = others_note(study, axis)
        if len(axis.values) > MANY:
            note += f" Shown for {MANY} of the {len(axis.values)} values of {axis.words}."
        charts.append(_cdf_chart(f"ttf_{mode}", f"{title}: {mode}", series, note))
    return charts


def _cdf(study: Study, mode: str, points: list, name: str, index: int) -> Series:
    counts: dict[float, int] = {}
    for point in points:
        seconds, numbers = study.ttf.get((point.point_id, mode), ((), ()))
        for second, n in zip(seconds, numbers, strict=True):
            counts[float(second)] = counts.get(float(second), 0) + int(n)
    seconds = sorted(counts)
    shares = np.cumsum([counts[s] for s in seconds]) / sum(counts.values())
    places = (
        np.searchsorted(shares, np.linspace(0, 1, 401)[1:] - 1e-12)
        if len(seconds) > 400
        else np.arange(len(seconds))
    )
    kept = sorted(set(places.tolist()))
    x, y = [seconds[i] for i in kept], [float(shares[i]) for i in kept]
    style = styled(index)
    dash = ("solid", "dash", "dot", "dashdot")[index % 4]
    return Series(name, "steps", [x[0], *x], [0.0, *y], style["colour"], dash=dash)


def _cdf_chart(name: str, title: str, series: list[Series], note: str) -> Chart:
    low = min(s.x[0] for s in series)
    high = max(s.x[-1] for s in series)
    wide = low > 0 and high / low >= 15
    x = ChartAxis("time from submission to finality, s", log=wide, zero=not wide)
    y = ChartAxis("share of the final tasks", percent=True, range=(0, 1.03))
    return Chart(
        name,
        title,
        [Panel(x, y, series)],
        "The share of final tasks that took at most this long." + note,
        height=340,
    )


# --- Paired contrasts -----------------------------------------------------------------------------

CONTRASTS = (
    ("attacker_net", "Attackers' net payoff, difference", "LUX", 1 / LUX),
    ("p_final_corrupt", "Wrong among final, difference", "percentage points", 100),
    ("ttf_mean", "Mean time to finality, difference", "s", 1),
)


def contrasts(study: Study) -> list[Drawn | None]:
    """Differences to the first value of the main axis, seed by seed."""
    axis, by = two_axes(study)
    if axis is None:
        return []
    if not study.pairs:
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
    for index, name, cells in lines(study, axis, by):
        found = [(axis.place(v), study.contrast(cell, metric)) for v, cell in cells]
        found = [(x, d) for x, d in found if d is not None]
        if found:
            values = [d.value * scale for _, d in found]
            low = [None if d.low is None else d.low * scale for _, d in found]
            high = [None if d.high is None else d.high * scale for _, d in found]
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
        f"Mean difference and 95 % interval over the pairs." + others_note(study, axis, by)
    )
    panel = Panel(x_axis(axis), ChartAxis(unit), series, levels=[(0, "no difference")])
    return Chart(f"contrast_{metric}", title, [panel], note, height=340)
