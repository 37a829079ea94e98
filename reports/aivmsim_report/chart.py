"""A chart as plain data, without drawing instructions. draw_plotly.py draws it for the page,
draw_matplotlib.py for papers.

Colours are those of Okabe and Ito, which colour-blind eyes tell apart; series differ in marker or
dash as well, so that a print without colours can be read too.
"""

from dataclasses import dataclass, field
from typing import Literal

BLUE, ORANGE, GREEN, RED, SKY, PURPLE = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#56b4e9",
    "#cc79a7",
)
GREY, PALE = "#7a828e", "#aab2bd"
COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY)
MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "triangle-down", "cross")
DASHES = ("solid", "dash", "dot", "dashdot")

Kind = Literal["line", "steps", "points", "linked", "bars", "across"]
Value = float | str


@dataclass
class Axis:
    """`percent` shows shares as percent; `ticks` are pairs of place and label; `categories` keeps
    the order of texts."""

    title: str = ""
    log: bool = False
    range: tuple[float, float] | None = None
    percent: bool = False
    ticks: list[tuple[float, str]] | None = None
    categories: list[str] | None = None
    zero: bool = False  # the axis reaches down to 0


@dataclass
class Series:
    """`linked` points have a thin line between them; `bars` are vertical, `across` are horizontal
    and stacked."""

    name: str
    kind: Kind
    x: list
    y: list
    colour: str
    low: list | None = None  # ends of error bars in y, None where there is none
    high: list | None = None
    high_texts: list[str] | None = None  # where an upper end is no number, what is known of it
    dash: str = "solid"
    marker: str = "circle"
    width: float = 2.0
    hollow: bool = False
    labels: list[str] | None = None  # written beside bars
    hover: list[str] | None = None
    legend: bool = True
    group: str = ""  # series of one group are switched on and off together
    fill: bool = False
    thick: bool = False  # error bars drawn as boxes
    says: str = ""  # in the table of numbers, what the marks of a series without a name are
    at: list[str] | None = None  # in that table, the places on x where x is only a position


@dataclass
class Heat:
    """A value for each cell, None where nothing was tried; `texts` are the labels of the cells."""

    x: list[str]
    y: list[str]
    values: list[list[float | None]]
    texts: list[list[str]]
    unit: str
    diverging: bool = False  # zero is the middle of the scale
    hovers: list[list[str]] | None = None  # with intervals; the texts where there are none


@dataclass
class Panel:
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)
    series: list[Series] = field(default_factory=list)
    heat: Heat | None = None
    rules: list[tuple[float, str]] = field(default_factory=list)  # vertical lines with a word
    # Horizontal lines; their words stand in the legend, where they cover no marks.
    levels: list[tuple[float, str]] = field(default_factory=list)
    # Stretches of x with a word at the top, above the words of `rules`.
    shades: list[tuple[float, float, str]] = field(default_factory=list)
    share: float = 1.0  # of the height, beside the other panels


@dataclass
class Chart:
    """Panels stand above each other and share their x axis. `name` is its id in the page and its
    file name. `title` is the quantity, `finding` the sentence that the data says about it."""

    name: str
    title: str
    panels: list[Panel]
    note: str = ""
    finding: str = ""
    height: int = 380
    stacked: bool = False
    half: bool = False  # two of them fit beside each other


@dataclass
class Absent:
    """The reason why there is nothing to draw."""

    name: str
    title: str
    reason: str


def styled(index: int) -> dict[str, str]:
    """Colour and marker of the index-th of several series."""
    return {"colour": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)]}
