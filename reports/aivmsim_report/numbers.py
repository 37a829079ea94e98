"""The numbers of a chart as a table: its text alternative, and what is shown without scripts."""

from .chart import Axis, Chart, Panel, Series

PER_SERIES = 24  # rows at most; the page's CSV holds all
Table = tuple[list[str], list[list[str]]]


def spaced(count: int, most: int) -> list[int]:
    """At most `most` evenly spaced places of `count`, both ends included."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]


def table_of(chart: Chart) -> Table:
    """Head and rows. Curves of theory, which have no name, are left out."""
    heats = [panel for panel in chart.panels if panel.heat]
    if heats:
        return _heat(heats[0])
    shown = [
        (panel, series)
        for panel in chart.panels
        for series in panel.series
        if series.name or series.says
    ]
    intervals = any(series.low for _, series in shown)
    across = any(series.kind == "across" for _, series in shown)
    x, y = _title(chart.panels[-1].x, "place"), _title(chart.panels[0].y, "value")
    head = ["series", *((y, x) if across else (x, y))]
    if len(chart.panels) > 1:
        head[-1] = "value"
    if intervals:
        head += ["from", "to"]
    return head, [row for panel, series in shown for row in _rows(panel, series, intervals)]


def thinned(chart: Chart) -> bool:
    """Whether the table leaves out places that the chart draws."""
    return any(len(s.x) > PER_SERIES for panel in chart.panels for s in panel.series if s.name)


def _title(axis: Axis, otherwise: str) -> str:
    return axis.title or otherwise


def _heat(panel: Panel) -> Table:
    heat = panel.heat
    unit = f" ({heat.unit})" if heat.unit else ""
    head = [f"{panel.y.title} \u2193 {panel.x.title} \u2192{unit}", *heat.x]
    cells = heat.hovers or heat.texts
    strip = f" {heat.unit}" if heat.unit else ""
    rows = [
        [name, *(cell.removesuffix(strip) for cell in line)]
        for name, line in zip(heat.y, cells, strict=True)
    ]
    return head, rows


def _rows(panel: Panel, series: Series, intervals: bool) -> list[list[str]]:
    name = ", ".join(filter(None, (series.name or series.group, series.says)))
    rows = []
    for i in spaced(len(series.x), PER_SERIES):
        place, value = series.x[i], series.y[i]
        if series.kind == "across":
            row = [name, str(value), series.labels[i] if series.labels else _text(panel.x, place)]
        else:
            row = [name, series.at[i] if series.at else _text(panel.x, place),
                   _text(panel.y, value)]  # fmt: skip
        if intervals:
            row += [_text(panel.y, ends[i]) if ends else "" for ends in (series.low, series.high)]
            row[-1] = row[-1] or (series.high_texts[i] if series.high_texts else "")
        rows.append(row)
    return rows


def _text(axis: Axis, value: float | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if axis.percent:
        return f"{100 * value:.3g} %".replace("-", "\u2212")
    for place, word in axis.ticks or ():
        if place == value:
            return word
    return f"{value:,.4g}".replace(",", "\u2009").replace("-", "\u2212")
