"""Pieces of the page as HTML. Cells and notes given as `html` are HTML already; everything else is
escaped here."""

from html import escape

from .chart import Absent, Chart

Charts = dict[str, Chart]


def section(title: str, content: str, note: str = "", half: bool = False) -> str:
    note = f'<p class="note">{escape(note)}</p>' if note else ""
    return (
        f"<section{' class=half' if half else ''}><h2>{escape(title)}</h2>{note}{content}</section>"
    )


def drawn(charts: Charts, chart: Chart | Absent) -> str:
    """A section with the chart's place, or with the reason why it is missing."""
    if isinstance(chart, Absent):
        return section(chart.title, f'<p class="absent">{escape(chart.reason)}</p>')
    charts[chart.name] = chart
    place = (
        f'<div class="chart" id="{chart.name}" style="height:{chart.height}px" role="img" '
        f'aria-label="{escape(chart.title)}"></div>'
    )
    return section(chart.title, place, chart.note, chart.half)


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


def table(head: list[str], rows: list[list[str]]) -> str:
    """Cells are HTML already."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
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
