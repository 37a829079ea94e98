"""A chart as Plotly's JSON. page.html sets the colours of text, grid and background."""

import math
from html import escape
from typing import Any

from .chart import Axis, Chart, Panel, Series

SCALE = [[0, "#f3f1e3"], [0.25, "#b7d4d3"], [0.5, "#6aa6c4"], [0.75, "#2f6f9f"], [1, "#0b3558"]]
BALANCE = [[0, "#d55e00"], [0.25, "#eeb184"], [0.5, "#f2f0ea"], [0.75, "#7fb4d3"], [1, "#0072b2"]]
GRID = "rgba(128,140,155,0.22)"
Spec = dict[str, Any]


def draw(chart: Chart) -> Spec:
    """{"data": traces, "layout": layout} for Plotly.newPlot."""
    data: list[Spec] = []
    layout: Spec = {
        "height": chart.height,
        "margin": {"l": 12, "r": 18, "t": 34, "b": 44},
        "font": {"family": "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif", "size": 13},
        "legend": {
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
            "traceorder": "normal",
        },
        "hoverlabel": {"font": {"size": 13}, "align": "left"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "shapes": [],
        "annotations": [],
        "barmode": "stack" if chart.stacked else "relative",
        "bargap": 0.06 if not chart.stacked else 0.3,
    }
    tops = _domains([panel.share for panel in chart.panels])
    for number, (panel, domain) in enumerate(zip(chart.panels, tops, strict=True), 1):
        suffix = "" if number == 1 else str(number)
        _axes(layout, panel, suffix, domain, last=number == len(chart.panels))
        data += [_trace(series, suffix, chart.stacked) for series in panel.series]
        if panel.heat:
            data.append(_heat(panel))
        _marks(layout, panel, suffix)
    if chart.panels[0].heat:
        layout["margin"]["t"] = 12
    return {"data": data, "layout": layout}


def _domains(shares: list[float]) -> list[list[float]]:
    """From the top down, with a gap between panels."""
    gap = 0.07 if len(shares) > 1 else 0.0
    room = (1 - gap * (len(shares) - 1)) / sum(shares)
    domains, top = [], 1.0
    for share in shares:
        domains.append([max(0.0, top - share * room), top])
        top -= share * room + gap
    return domains


def _axes(layout: Spec, panel: Panel, suffix: str, domain: list[float], last: bool) -> None:
    x, y = _axis(panel.x), _axis(panel.y)
    x["anchor"] = f"y{suffix}"
    y["domain"], y["anchor"] = domain, f"x{suffix}"
    if suffix:
        x["matches"] = "x"
    if not last:
        x["showticklabels"] = False
        x.pop("title", None)
    layout[f"xaxis{suffix}"], layout[f"yaxis{suffix}"] = x, y


def _axis(axis: Axis) -> Spec:
    spec: Spec = {
        "automargin": True,
        "gridcolor": GRID,
        "zerolinecolor": "rgba(128,140,155,0.55)",
        "linecolor": GRID,
    }
    if axis.title:
        spec["title"] = {"text": escape(axis.title), "standoff": 8}
    if axis.log:
        spec["type"] = "log"
        if axis.ticks is None:
            spec.update({"dtick": 1} if axis.percent else {"dtick": "D2", "tickformat": "~g"})
    if axis.percent:
        spec["tickformat"] = ".4~%"
    if axis.range:
        spec["range"] = [math.log10(v) for v in axis.range] if axis.log else list(axis.range)
    if axis.ticks is not None:
        spec.update(
            zeroline=False,
            tickvals=[place for place, _ in axis.ticks],
            ticktext=[escape(word) for _, word in axis.ticks],
        )
    if axis.categories is not None:
        spec.update(
            type="category",
            categoryorder="array",
            categoryarray=[escape(c) for c in axis.categories],
            range=[-0.5, len(axis.categories) - 0.5],
        )
    if axis.zero and not axis.range:
        spec["rangemode"] = "tozero"
    return spec


def _trace(series: Series, suffix: str, stacked: bool) -> Spec:
    trace: Spec = {
        "name": escape(series.name),
        "x": [escape(v) if isinstance(v, str) else v for v in series.x],
        "y": [escape(v) if isinstance(v, str) else v for v in series.y],
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "showlegend": series.legend and bool(series.name),
    }
    if series.group:
        trace["legendgroup"] = series.group
    if series.hover:
        trace["customdata"] = series.hover
        trace["hovertemplate"] = "%{customdata}<extra></extra>"
    if series.kind in ("bars", "across"):
        trace.update(
            type="bar",
            marker={"color": series.colour},
            orientation="h" if series.kind == "across" else "v",
        )
        if series.labels:
            trace.update(
                text=[escape(label) for label in series.labels],
                textposition="inside" if stacked else "outside",
                insidetextanchor="middle",
                cliponaxis=False,
            )
        return trace
    trace.update(
        type="scatter",
        mode={"points": "markers", "linked": "lines+markers"}.get(series.kind, "lines"),
    )
    trace["line"] = {"color": series.colour, "width": series.width, "dash": series.dash}
    if series.kind == "steps":
        trace["line"]["shape"] = "hv"
    if series.kind in ("points", "linked"):
        symbol = series.marker + ("-open" if series.hollow else "")
        trace["marker"] = {
            "color": series.colour,
            "symbol": symbol,
            "size": 8,
            # On a box of its own colour a mark shows by its rim alone.
            "line": {"width": 1.5, **({"color": "#ffffff"} if series.thick else {})},
        }
        if series.labels:
            trace["mode"] += "+text"
            trace.update(
                text=[escape(label) for label in series.labels],
                textposition="top right",
                textfont={"size": 11},
            )
    if series.fill:
        trace["fill"] = "tozeroy"
    if series.low is not None and series.high is not None:
        trace["error_y"] = _error_bars(series)
    if series.high_texts:
        trace["meta"] = {"high_texts": series.high_texts}  # for the CSV of page.html
    return trace


def _error_bars(series: Series) -> Spec:
    up = [None if h is None else h - y for y, h in zip(series.y, series.high, strict=True)]
    down = [None if low is None else y - low for y, low in zip(series.y, series.low, strict=True)]
    thick = {"thickness": 9, "width": 0} if series.thick else {"thickness": 1.4, "width": 4}
    return {
        "type": "data",
        "symmetric": False,
        "array": up,
        "arrayminus": down,
        "color": series.colour,
        **thick,
    }


def _heat(panel: Panel) -> Spec:
    heat = panel.heat
    values = [v for row in heat.values for v in row if v is not None]
    trace: Spec = {
        "type": "heatmap", "z": heat.values, "x": [escape(v) for v in heat.x],
                   "y": [escape(v) for v in heat.y],
        "text": heat.texts, "texttemplate": "%{text}", "colorscale": BALANCE if heat.diverging
                   else SCALE,
        "xgap": 1, "ygap": 1, "hoverongaps": False, "textfont": {"size": 11 if len(heat.x) <= 10
                                                                 else 9},
        "colorbar": {"title": {"text": escape(heat.unit), "side": "right"}, "thickness": 12,
                     "outlinewidth": 0},
        "customdata": heat.hovers or heat.texts,
        "hovertemplate": f"{escape(panel.x.title)} %{{x}}<br>{escape(panel.y.title)} "
                         f"%{{y}}<br><b>%{{customdata}}</b><extra></extra>",
    }  # fmt: skip
    if heat.diverging:
        most = max((abs(v) for v in values), default=1) or 1
        trace.update(zmin=-most, zmax=most)
    return trace


def _marks(layout: Spec, panel: Panel, suffix: str) -> None:
    across, down = f"y{suffix} domain", f"x{suffix} domain"
    small = {"size": 12}
    below = any(word for _, _, word in panel.shades)
    for number, (place, word) in enumerate(panel.rules):
        layout["shapes"].append({"type": "line", "x0": place, "x1": place, "xref": f"x{suffix}",
                                 "y0": 0, "y1": 1,
                                 "yref": across, "line": {"color": "#7a828e", "width": 1.2,
                                                          "dash": "dot"}})  # fmt: skip
        at = math.log10(place) if panel.x.log else place
        height = 1 - 0.09 * (number % 3 + below)
        layout["annotations"].append({"x": at, "xref": f"x{suffix}", "y": height, "yref": across,
                                      "text": escape(word), "showarrow": False, "xanchor": "left",
                                      "yanchor": "top", "font": small})  # fmt: skip
    for place, word in panel.levels:
        layout["shapes"].append({"type": "line", "x0": 0, "x1": 1, "xref": down, "y0": place,
                                 "y1": place,
                                 "yref": f"y{suffix}", "line": {"color": "#7a828e", "width": 1.2,
                                                                "dash": "dot"},
                                 "name": escape(word), "showlegend": True})  # fmt: skip
        layout["showlegend"] = True
    for start, end, word in panel.shades:
        layout["shapes"].append({"type": "rect", "x0": start, "x1": end, "xref": f"x{suffix}",
                                 "y0": 0, "y1": 1,
                                 "yref": across, "fillcolor": "rgba(122,130,142,0.16)",
                                 "line": {"width": 0}})  # fmt: skip
        if word:
            layout["annotations"].append({"x": start, "xref": f"x{suffix}", "y": 1, "yref": across,
                                          "text": escape(word), "showarrow": False,
                                          "xanchor": "left",
                                          "yanchor": "top", "font": small})  # fmt: skip
