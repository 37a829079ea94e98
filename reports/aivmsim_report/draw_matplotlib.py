"""A chart as a picture for papers, by matplotlib: SVG with its text as text, or PNG."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from .chart import Axis, Chart, Heat, Panel, Series
from .draw_plotly import BALANCE, SCALE

FORMATS = ("svg", "png", "pdf")
MARKS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "triangle-up": "^",
    "triangle-down": "v",
    "x": "x",
    "cross": "P",
}
LINES = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-."}
INCH = 96  # of the page's pixels
STYLE = {
    "font.size": 9, "axes.grid": True, "grid.color": "#d5dae1", "grid.linewidth": 0.6,
         "axes.axisbelow": True,
    "axes.spines.top": False, "axes.spines.right": False, "svg.fonttype": "none",
         "svg.hashsalt": "aivmsim",
    "font.family": "DejaVu Sans", "legend.frameon": False, "savefig.dpi": 200,
}  # fmt: skip


def draw(chart: Chart):
    """The chart as a figure; the caller closes it."""
    with plt.rc_context(STYLE):
        height = max(2.6, chart.height / INCH)
        figure, axes = plt.subplots(
            len(chart.panels), 1, figsize=(6.6, height), squeeze=False, layout="constrained",
                                    sharex=len(chart.panels) > 1,
            height_ratios=[panel.share for panel in chart.panels],
        )  # fmt: skip
        for axis, panel in zip(axes[:, 0], chart.panels, strict=True):
            _panel(axis, panel, chart)
        for axis in axes[:-1, 0]:
            axis.set_xlabel("")
        figure.suptitle(chart.title, fontsize=10, x=0.01, ha="left")
        _legend(figure, axes)
    return figure


def save(chart: Chart, folder: Path, formats: list[str]) -> list[Path]:
    """Writes chart.name with each suffix into the folder; equal charts have equal bytes."""
    figure = draw(chart)
    with plt.rc_context(STYLE):
        paths = [folder / f"{chart.name}.{suffix}" for suffix in formats]
        for path in paths:
            figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else {})
        plt.close(figure)
    return paths


def _legend(figure, axes) -> None:
    handles: dict[str, object] = {}
    for axis in axes[:, 0]:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    if handles:
        longest = max(map(len, handles))
        columns = max(1, min(len(handles), 88 // (longest + 6)))
        figure.legend(
            handles.values(), handles.keys(), loc="outside lower center", ncols=columns, fontsize=8
        )


def _panel(axis, panel: Panel, chart: Chart) -> None:
    if panel.heat:
        _heat(axis, panel.heat)
    lefts: dict = {}
    for series in panel.series:
        _series(axis, series, panel, lefts, chart.stacked)
    below = any(word for _, _, word in panel.shades)
    for number, (place, word) in enumerate(panel.rules):
        axis.axvline(place, color="#7a828e", linewidth=0.9, linestyle=":")
        height = 1 - 0.09 * (number % 3 + below)
        axis.annotate(word, (place, height), xycoords=("data", "axes fraction"),
                      fontsize=8, va="top", xytext=(3, 0), textcoords="offset points")  # fmt: skip
    for place, word in panel.levels:
        axis.axhline(place, color="#7a828e", linewidth=0.9, linestyle=":", label=word)
    for start, end, word in panel.shades:
        axis.axvspan(start, end, color="#7a828e", alpha=0.16, linewidth=0)
        axis.annotate(word, (start, 1), xycoords=("data", "axes fraction"), fontsize=8, va="top")
    _axis(axis, panel.x, "x")
    _axis(axis, panel.y, "y")


def _places(values: list, axis: Axis) -> list:
    """Texts of a category axis stand at 0, 1, 2, ..."""
    if axis.categories is None:
        return values
    return [axis.categories.index(str(value)) for value in values]


def _series(axis, series: Series, panel: Panel, lefts: dict, stacked: bool) -> None:
    label = series.name if series.legend and series.name else None
    x, y = _places(series.x, panel.x), _places(series.y, panel.y)
    if series.kind == "across":
        starts = [lefts.get(place, 0) if stacked else 0 for place in y]
        bars = axis.barh(y, x, left=starts, height=0.7, color=series.colour, label=label)
        lefts.update(
            {place: start + width for place, start, width in zip(y, starts, x, strict=True)}
        )
        if series.labels:
            axis.bar_label(bars, series.labels, padding=0 if stacked else 3, fontsize=8,
                           label_type="center" if stacked else "edge")  # fmt: skip
        return
    if series.kind == "bars":
        width = 0.94 * (x[1] - x[0]) if len(x) > 1 and panel.x.categories is None else 0.8
        bars = axis.bar(x, y, width=width, color=series.colour, label=label)
        if series.labels:
            axis.bar_label(bars, series.labels, padding=2, fontsize=8)
        return
    line = LINES[series.dash] if series.kind != "points" else ""
    marker = MARKS[series.marker] if series.kind in ("points", "linked") else ""
    drawn = dict(color=series.colour, linestyle=line, marker=marker, markersize=4.5,
                 linewidth=0.75 * series.width,
                 label=label, drawstyle="steps-post" if series.kind == "steps"
                 else "default")  # fmt: skip
    if series.hollow:
        drawn["markerfacecolor"] = "none"
    y = [float("nan") if value is None else value for value in y]
    for place, value, word in zip(x, y, series.labels or [], strict=False):
        axis.annotate(word, (place, value), xytext=(3, 3), textcoords="offset points", fontsize=7)
    if series.low is None or series.high is None:
        axis.plot(x, y, **drawn)
        if series.fill:
            axis.fill_between(x, y, color=series.colour, alpha=0.3, linewidth=0)
        return
    nothing = float("nan")
    down = [
        nothing if low is None else max(0.0, v - low) for v, low in zip(y, series.low, strict=True)
    ]
    up = [
        nothing if high is None else max(0.0, high - v)
        for v, high in zip(y, series.high, strict=True)
    ]
    shape = dict(elinewidth=6, capsize=0) if series.thick else dict(elinewidth=1, capsize=2.5)
    axis.errorbar(x, y, yerr=[down, up], **drawn, **shape)


def _heat(axis, heat: Heat) -> None:
    values = [[float("nan") if v is None else v for v in row] for row in heat.values]
    known = [v for row in heat.values for v in row if v is not None]
    most = max((abs(v) for v in known), default=1) or 1
    limits = dict(vmin=-most, vmax=most) if heat.diverging else {}
    colours = LinearSegmentedColormap.from_list(
        "aivmsim", [(at, c) for at, c in (BALANCE if heat.diverging else SCALE)]
    )
    image = axis.imshow(values, aspect="auto", origin="lower", cmap=colours, **limits)
    axis.figure.colorbar(image, ax=axis, label=heat.unit, shrink=0.9)
    axis.grid(False)
    if len(heat.x) * len(heat.y) > 400:
        return
    for row, texts in enumerate(heat.texts):
        for column, text in enumerate(texts):
            if heat.values[row][column] is not None:
                shade = sum(image.cmap(image.norm(heat.values[row][column]))[:3])
                axis.text(column, row, text, ha="center", va="center", fontsize=6.5
                          if len(heat.x) > 8 else 8,
                          color="white" if shade < 1.4 else "#1f2937")  # fmt: skip


def _axis(axis, spec: Axis, which: str) -> None:
    side = getattr(axis, f"{which}axis")
    getattr(axis, f"set_{which}label")(spec.title)
    if spec.log:
        getattr(axis, f"set_{which}scale")("log")
        if not spec.percent:  # within one decade there would be a single label
            side.set_major_locator(LogLocator(subs=(1, 2, 5)))
        side.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        side.set_minor_formatter(NullFormatter())
    if spec.range:
        getattr(axis, f"set_{which}lim")(*spec.range)
    elif spec.zero:
        getattr(axis, f"set_{which}lim")(**{"left" if which == "x" else "bottom": 0})
    if spec.percent:
        side.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    if spec.categories is not None:
        getattr(axis, f"set_{which}ticks")(range(len(spec.categories)), spec.categories)
        getattr(axis, f"set_{which}lim")(-0.5, len(spec.categories) - 0.5)
        if which == "x" and sum(map(len, spec.categories)) > 70:
            axis.tick_params(axis="x", labelrotation=40)
    if spec.ticks is not None:
        side.set_major_locator(FixedLocator([place for place, _ in spec.ticks]))
        side.set_minor_locator(NullLocator())
        getattr(axis, f"set_{which}ticklabels")([word for _, word in spec.ticks])
