"""The small pictures that notebooks show of results."""

from __future__ import annotations

from html import escape

import pandas as pd

NLUX_PER_LUX = 10**9
ROWS_SHOWN = 12


def payoff_bars(principals: pd.DataFrame, what: str = "net payoff by principal") -> str:
    """An SVG with a bar for each of the first rows, honest ones in blue: columns ``label``,
    ``honest`` and ``net_nlux``."""
    shown = principals.head(ROWS_SHOWN)
    most = max(1, *(abs(int(net)) for net in shown["net_nlux"]), 1)
    width, height = 220, 12
    bars = []
    for place, row in enumerate(shown.itertuples()):
        length = row.net_nlux / most * width / 2
        left = width / 2 + min(length, 0)
        colour = "#0072b2" if row.honest else "#d55e00"
        bars.append(
            f"<rect x='{left:.1f}' y='{place * height + 2}' width='{abs(length):.1f}' "
            f"height='{height - 4}' fill='{colour}'><title>{escape(str(row.label))}: "
            f"{row.net_nlux / NLUX_PER_LUX:,.2f} LUX</title></rect>"
        )
    tall = height * len(shown)
    return (
        f"<svg width='{width}' height='{tall}' role='img' aria-label='{escape(what)}'>"
        f"<line x1='{width / 2}' x2='{width / 2}' y1='0' y2='{tall}' stroke='#7a828e'/>"
        f"{''.join(bars)}</svg>"
    )
