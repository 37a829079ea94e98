"""Pieces of the page as HTML. Cells and notes given as `html` are HTML already; everything else is
escaped here."""

import re
from html import escape

from .chart import Absent, Chart
from .numbers import table_of, thinned

Charts = dict[str, Chart]


def section(
    title: str, content: str, note: str = "", half: bool = False, kicker: str = "", name: str = ""
) -> str:
    """`name` is the section's anchor, by default made of its title. The contents list shows the
    kicker, a short name of what is there, or else the title."""
    note = f'<p class="note">{escape(note)}</p>' if note else ""
    above = f'<p class="kicker">{escape(kicker)}</p>' if kicker else ""
    anchor = name or anchor_of(title)
    link = f'<a class="anchor" href="#{anchor}" aria-label="link to this section">#</a>'
    return (
        f'<section id="{anchor}" data-contents="{escape(kicker or title)}"'
        f"{' class=half' if half else ''}>{above}<h2>{escape(title)} {link}</h2>{note}{content}"
        "</section>"
    )


def anchor_of(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def drawn(charts: Charts, chart: Chart | Absent) -> str:
    """A section with the chart's place, or with the reason why it is missing."""
    name = f"chart-{chart.name.replace('_', '-')}"
    if isinstance(chart, Absent):
        return section(chart.title, f'<p class="absent">{escape(chart.reason)}</p>', name=name)
    charts[chart.name] = chart
    spoken = " ".join(filter(None, (f"{chart.title}.", chart.finding)))
    place = (
        f'<div class="chart" id="{chart.name}" style="height:{chart.height}px" role="img" '
        f'aria-label="{escape(spoken)}" aria-describedby="{name}-numbers"></div>'
    )
    title, kicker = (chart.finding, chart.title) if chart.finding else (chart.title, "")
    return section(
        title, place + _numbers(chart, name), chart.note, chart.half, kicker=kicker, name=name
    )


def _numbers(chart: Chart, name: str) -> str:
    """The chart's numbers, folded, and the buttons that save it."""
    part = " At evenly spaced places; the CSV has all." if thinned(chart) else ""
    content = f'<p class="note">{part}</p>' if part else ""
    head, rows = table_of(chart)
    content += table(head, [[escape(cell) for cell in row] for row in rows])
    buttons = "".join(
        f'<button type="button" class="save" data-save="{kind}" data-chart="{chart.name}" '
        f'aria-label="save {escape(chart.title)} as {kind.upper()}">{kind.upper()}</button>'
        for kind in ("csv", "png")
    )
    return (
        f'<div class="tools">{buttons}<details class="numbers" id="{name}-numbers">'
        f"<summary>The numbers</summary>{content}</details></div>"
    )


def drawn_all(charts: Charts, several: list[Chart | Absent]) -> str:
    """Sections in order; neighbours that need only half of the width side by side."""
    parts: list[str] = []
    pair: list[str] = []

    def close() -> None:
        if pair:
            parts.append(
                '<div class="pair">' + "".join(pair) + "</div>" if len(pair) > 1 else pair[0]
            )
            pair.clear()

    for chart in several:
        text = drawn(charts, chart)
        if not getattr(chart, "half", False):
            close()
            parts.append(text)
            continue
        pair.append(text)
        if len(pair) == 2:
            close()
    close()
    return "\n".join(parts)


def contents(body: str) -> str:
    """A list of the sections of a page, with links to them."""
    found = re.findall(r'<section id="([^"]+)" data-contents="([^"]+)"', body)
    if len(found) < 3:
        return ""
    items = "".join(f'<li><a href="#{anchor}">{text}</a></li>' for anchor, text in found)
    return f'<nav class="contents" aria-label="contents"><ol>{items}</ol></nav>'


def table(head: list[str], rows: list[list[str]]) -> str:
    """Cells are HTML already."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    head_row = f"<thead><tr>{top}</tr></thead>" if any(head) else ""
    return f'<div class="scroll"><table>{head_row}<tbody>{body}</tbody></table></div>'


def facts_table(facts: list[tuple[str, str]]) -> str:
    return table([], [[escape(name), f"<code>{escape(text)}</code>"] for name, text in facts])


def details(summary: str, content: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def cards(pairs: list[tuple[str, str | None]]) -> str:
    """(name, number as text); None is left out."""
    cells = "".join(
        f"<div><b>{escape(text)}</b><span>{escape(name)}</span></div>"
        for name, text in pairs
        if text is not None
    )
    return f'<div class="cards">{cells}</div>'
