"""The charts of the report. Colours tell apart for colour-blind eyes and mean the same everywhere on the page."""

from html import escape

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from .facts import NLUX, Run
from .verdict import lux

HONEST, CHEAT, NEUTRAL, QUIET = "#2f6fb3", "#d1495b", "#4b5563", "#b8c0cc"
OUTCOMES = {
    "final_ok": ("final, right", "#2f6fb3"),
    "final_corrupt": ("final, wrong", "#d1495b"),
    "reverted": ("reverted", "#e9a23b"),
    "expired": ("expired", "#8a94a3"),
    "pending": ("pending", "#ccd3dc"),
}
MODES = {"optimistic": "#2f6fb3", "redundant": "#e9a23b", "tee": "#3a9d7a"}
MAX_BARS = 40
MAX_POINTS = 4000
BINS = 60


def _style(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        height=height,
        template="plotly_white",
        margin={"l": 10, "r": 16, "t": 12, "b": 40},
        font={"family": "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif", "size": 13, "color": "#1f2937"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hoverlabel={"font_size": 13},
    )
    figure.update_xaxes(automargin=True, gridcolor="#eef1f5", zerolinecolor="#9aa3af")
    figure.update_yaxes(automargin=True, gridcolor="#eef1f5", zerolinecolor="#9aa3af")
    return figure


def payoff_groups(run: Run) -> list[dict]:
    """The principals with something to show; those of one label and strategy as one when there are too many bars."""
    shown = [p for p in run.principals if p["net_nlux"] or p["revenue"] or p["cost"] or p["slashed"]]
    for principal in shown:
        principal["members"] = 1
    if len(shown) <= MAX_BARS:
        return shown
    groups: dict[tuple, dict] = {}
    for principal in shown:
        key = (principal["label"].split("[")[0], principal["strategy"], principal["honest"], principal["roles"])
        group = groups.setdefault(key, {**principal, "label": key[0], "members": 0, **dict.fromkeys(MONEY, 0)})
        group["members"] += 1
        for name in MONEY:
            group[name] += principal[name]
    return sorted(groups.values(), key=lambda group: group["net_nlux"])


MONEY = ("net_nlux", "revenue", "cost", "slashed", "bribes", "rewards")


def payoff(run: Run) -> go.Figure:
    groups = payoff_groups(run)
    figure = go.Figure()
    for honest, name, colour in ((1, "keeps to the protocol", HONEST), (0, "cheats", CHEAT)):
        bars = [group for group in groups if bool(group["honest"]) == bool(honest)]
        if not bars:
            continue
        figure.add_bar(
            orientation="h",
            name=name,
            marker_color=colour,
            y=[_payoff_label(bar) for bar in bars],
            x=[bar["net_nlux"] / NLUX for bar in bars],
            text=[lux(bar["net_nlux"], signed=True) for bar in bars],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{customdata}<extra></extra>",
            customdata=[
                "<br>".join(f"{word} {lux(bar[word])}" for word in MONEY[1:]) + f"<br>net {lux(bar['net_nlux'])}" for bar in bars
            ],
        )
    _style(figure, 120 + 26 * max(len(groups), 2))
    figure.update_yaxes(categoryorder="array", categoryarray=[_payoff_label(group) for group in groups])
    nets = [group["net_nlux"] / NLUX for group in groups] or [0]
    low, high = min(0, *nets), max(0, *nets)
    room = 0.16 * ((high - low) or 1)  # for the labels beside the bars
    figure.update_xaxes(title="net payoff, LUX", range=[low - room if low else -room / 4, high + room])
    return figure


def _payoff_label(group: dict) -> str:
    many = f" \u00d7{group['members']}" if group["members"] > 1 else ""
    return escape(f"{group['label']}{many} \u00b7 {group['roles'] or 'no role'} ")


def fraud(run: Run) -> go.Figure:
    parts = [
        ("caught", run.caught, HONEST),
        ("missed", run.metric("n_fraud_missed"), CHEAT),
        ("undecided", run.undecided_fraud, QUIET),
    ]
    figure = go.Figure()
    for name, number, colour in parts:
        if number:
            figure.add_bar(orientation="h", y=["wrong results"], x=[number], name=f"{name} {number:.0f}", marker_color=colour,
                           text=[f"{number:.0f}"], insidetextanchor="middle", textfont_color="white")  # fmt: skip
    figure.update_layout(barmode="stack", legend_traceorder="normal")
    _style(figure, 150)
    figure.update_yaxes(showticklabels=False)
    return figure


def outcomes(run: Run) -> go.Figure:
    figure = go.Figure()
    for outcome, (name, colour) in OUTCOMES.items():
        number = run.outcomes.get(outcome, 0)
        if number:
            figure.add_bar(orientation="h", y=["tasks"], x=[number], name=f"{name} {number}", marker_color=colour)
    figure.update_layout(barmode="stack", legend_traceorder="normal")
    _style(figure, 150)
    figure.update_yaxes(showticklabels=False)
    return figure


def _thin(values: list) -> list:
    """At most MAX_POINTS of them, evenly taken, the last one always: more would not be seen, only slow."""
    step = -(-len(values) // MAX_POINTS)
    return values[::-step][::-1] if step else values


def _bins(values: list[float], low: float, high: float) -> tuple[list[float], list[int]]:
    """Middles and counts of BINS bins of equal width."""
    width = (high - low) / BINS or 1.0
    counts = [0] * BINS
    for value in values:
        counts[min(int((value - low) / width), BINS - 1)] += 1
    return [low + (i + 0.5) * width for i in range(BINS)], counts


def time_to_finality(run: Run) -> go.Figure:
    figure = make_subplots(specs=[[{"secondary_y": True}]])
    every = [value for _, value in run.ttf]
    for mode in sorted({mode for mode, _ in run.ttf}):
        seconds = [value for of_mode, value in run.ttf if of_mode == mode]
        colour = MODES.get(mode, NEUTRAL)
        middles, counts = _bins(seconds, min(every), max(every))
        figure.add_bar(x=middles, y=counts, name=f"{mode}, tasks", marker_color=colour, opacity=0.35)
        steps = _thin([(value, (i + 1) / len(seconds)) for i, value in enumerate(seconds)])
        figure.add_trace(
            go.Scatter(
                x=[value for value, _ in steps],
                y=[share for _, share in steps],
                name=f"{mode}, share final",
                mode="lines",
                line={"color": colour, "width": 2.5, "shape": "hv"},
            ),
            secondary_y=True,
        )
    for name, text in (("ttf_p50", "median"), ("ttf_p99", "99 %")):
        if run.metric(name) is not None:
            figure.add_vline(x=run.metric(name), line={"color": NEUTRAL, "dash": "dot", "width": 1},
                             annotation_text=f"{text} {run.metric(name):.0f} s", annotation_position="top right")  # fmt: skip
    figure.update_layout(barmode="overlay", bargap=0.03)
    _style(figure, 340)
    figure.update_xaxes(title="time from submission to finality, s")
    figure.update_yaxes(title="tasks", secondary_y=False)
    figure.update_yaxes(title="share", range=[0, 1.12], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%",
                        showgrid=False, secondary_y=True)  # fmt: skip
    return figure


def _short(text: str) -> str:
    return text if len(text) <= 32 else text[:31] + "\u2026"


def timeline(run: Run) -> go.Figure:
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.46, 0.3, 0.24])
    blocks = _thin(run.blocks)
    minutes = [block["time_ns"] / 60e9 for block in blocks]

    def column(name: str, unit: float = 1) -> list[float]:
        return [block[name] / unit for block in blocks]

    hover = [f"block {block['block']}" for block in blocks]
    line = {"mode": "lines", "x": minutes, "customdata": hover, "hovertemplate": "%{customdata}: %{y:,.4~g}"}
    figure.add_scatter(**line, y=column("locked", NLUX), name="locked, LUX", line_color=HONEST, row=1, col=1)
    figure.add_scatter(**line, y=column("value_at_risk", NLUX), name="value at risk, LUX", line_color="#e9a23b", row=1, col=1)
    figure.add_scatter(**line, y=column("queue"), name="tasks queued", line_color="#3a9d7a", fill="tozeroy", row=2, col=1)
    figure.add_bar(x=minutes, y=column("censored"), name="proofs censored", marker_color=CHEAT, row=3, col=1)
    for fault in run.faults:
        start, end = fault["from_ns"] / 60e9, fault["to_ns"] / 60e9
        figure.add_vrect(x0=start, x1=end, fillcolor="#6b7280", opacity=0.13, line_width=0, row="all", col=1)
        figure.add_annotation(x=start, y=1, yref="y domain", text=escape(_short(f"{fault['kind']} {fault['targets']}")), showarrow=False,
                              xanchor="left", yanchor="top", font={"size": 12, "color": NEUTRAL})  # fmt: skip
    for violation in run.violations:
        figure.add_vline(x=violation["time_ns"] / 60e9, line={"color": CHEAT, "width": 1.5}, row="all", col=1)
    _style(figure, 460)
    figure.update_layout(hovermode="x unified")
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(title="LUX", row=1, col=1)
    figure.update_yaxes(title="queue", row=2, col=1)
    figure.update_yaxes(title="censored", row=3, col=1)
    figure.update_xaxes(title="virtual time, minutes", row=3, col=1)
    return figure
