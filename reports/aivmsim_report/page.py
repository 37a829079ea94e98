"""The report as one HTML file that needs nothing from outside: style, figures and the plotting library are in it."""

import json
import re
from html import escape
from importlib import resources

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from . import figures
from .facts import Run
from .verdict import count, did_cheating_pay, duration, lux, plural, status, status_line


def render(run: Run) -> str:
    charts: dict[str, go.Figure] = {}
    body = "\n".join(filter(None, (section(run, charts) for section in SECTIONS)))
    specs = json.dumps({name: json.loads(figure.to_json()) for name, figure in charts.items()})
    page = resources.files(__package__).joinpath("page.html").read_text()
    fills = {
        "TITLE": escape(f"{run.row['scenario']} \u00b7 seed {run.row['seed']}"),
        "BODY": body,
        "SPECS": specs.replace("</", "<\\/"),  # so that no text of a run can end the script
        "PLOTLY": get_plotlyjs(),
    }
    return re.sub(r"@@(\w+)@@", lambda place: fills[place[1]], page)


def _section(title: str, content: str, note: str = "") -> str:
    note = f'<p class="note">{note}</p>' if note else ""
    return f"<section><h2>{title}</h2>{note}{content}</section>"


def _chart(charts: dict, name: str, figure: go.Figure) -> str:
    charts[name] = figure
    return f'<div class="chart" id="{name}" style="height:{figure.layout.height}px"></div>'


def _table(head: list[str], rows: list[list[str]]) -> str:
    """Cells are HTML already."""
    top = "".join(f"<th>{name}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _head(run: Run, _charts: dict) -> str:
    word = status(run)
    many = f" \u00b7 run {run.number} of {run.runs} in this file" if run.runs > 1 else ""
    return (
        f'<header><p class="kicker">aivmsim \u00b7 {escape(run.row["study_name"])}{many}</p>'
        f"<h1>Did cheating pay? <span>{escape(did_cheating_pay(run))}</span></h1>"
        f'<p class="verdict {word}"><b>{word}</b> <code>{escape(status_line(run))}</code></p>{_cards(run)}</header>'
    )


def _cards(run: Run) -> str:
    def number(name: str, show=count) -> str | None:
        value = run.metric(name)
        return None if value is None else show(value)

    cards = [
        ("tasks", number("tasks")),
        ("wrong results posted", number("n_fraud_posted")),
        ("of those caught", None if run.caught is None else count(run.caught)),
        ("of those missed", number("n_fraud_missed")),
        ("median time to finality", number("ttf_p50", lambda s: duration(s * 1e9))),
        ("slashed", number("slash_taken", lux)),
        ("slash that escaped", number("slash_escape", lux)),
        ("blocks", number("blocks")),
    ]
    cells = "".join(f"<div><b>{text}</b><span>{name}</span></div>" for name, text in cards if text is not None)
    return f'<div class="cards">{cells}</div>'


def _violations(run: Run, _charts: dict) -> str:
    if not run.violations:
        return ""
    rows = [
        [
            f"<b>{escape(v['invariant'])}</b>" + (" <i>expected</i>" if v["expected"] else ""),
            f"{duration(v['time_ns'])}<br>block {v['block']}",
            f"{escape(v['message'])}<br><span class='dim'>{escape(v['actors'])}</span>"
            + (f"<pre>{escape(v['replay'])}</pre>" if v["replay"] else ""),
        ]
        for v in run.violations
    ]
    return _section("Violated invariants", _table(["invariant", "when", "what happened, and how to see it again"], rows))


def _payoff(run: Run, charts: dict) -> str:
    note = (
        "Net payoff of each principal: revenue and rewards, less costs, slashes and bribes; what a requester loses is what "
        "it paid. Point at a bar for the parts."
    )
    return _section("Who earned and lost what", _chart(charts, "payoff", figures.payoff(run)), note)


def _fraud_and_outcomes(run: Run, charts: dict) -> str:
    posted = run.metric("n_fraud_posted")
    fraud = _chart(charts, "fraud", figures.fraud(run)) if posted else "<p>No wrong result was posted.</p>"
    tasks = _chart(charts, "outcomes", figures.outcomes(run)) if run.outcomes else "<p>There were no tasks.</p>"
    return '<div class="pair">' + _section("Wrong results", fraud) + _section("Tasks by outcome", tasks) + "</div>"


def _finality(run: Run, charts: dict) -> str:
    if not run.ttf:
        return _section("Time to finality", "<p>No task became final.</p>")
    return _section("Time to finality", _chart(charts, "ttf", figures.time_to_finality(run)))


def _timeline(run: Run, charts: dict) -> str:
    if not run.blocks:
        return ""
    note = "Shaded: injected faults." + (" Red lines: violations." if run.violations else "")
    return _section("The chain over time", _chart(charts, "timeline", figures.timeline(run)), note)


def _invariants(run: Run, _charts: dict) -> str:
    names = run.row["invariants"].split()
    if not names:
        return ""
    broken = {violation["invariant"] for violation in run.violations}
    chips = "".join(f'<span class="chip {"bad" if name in broken else "ok"}">{escape(name)}</span>' for name in names)
    made = f"{plural(run.row['invariant_checks'], 'check')} by {plural(len(names), 'invariant')}"
    return _section("Invariants watched", f'<p class="chips">{chips}</p>', f"{made}; {plural(len(broken), 'was', 'were')} violated.")


def _metrics(run: Run, _charts: dict) -> str:
    modes = sorted({mode for _, mode in run.metrics})
    names = sorted({name for name, _ in run.metrics})

    def show(value: float | None) -> str:
        if value is None:
            return ""
        return count(value) if isinstance(value, int) else f"{value:,.4g}".replace(",", "\u2009")

    rows = [[f"<code>{escape(name)}</code>"] + [show(run.metric(name, mode)) for mode in modes] for name in names]
    table = _table(["metric"] + [escape(mode) or "whole run" for mode in modes], rows)
    return f"<section><details><summary>All metrics</summary>{table}</details></section>"


def _provenance(run: Run, _charts: dict) -> str:
    row = run.row
    facts = [
        ("scenario", row["scenario"]),
        ("seed", f"{row['seed']} (replicate {row['replicate']})"),
        ("overrides", row["overrides"] or "none"),
        ("trace digest", row["digest"]),
        ("code version", row["code_version"]),
        ("build", f"{row['compiler']}, {row['build_flags']}"),
        ("schema version", str(row["schema_version"])),
        ("config hash", row["config_hash"]),
        ("run id", str(row["run_id"])),
        ("created", row["created"]),
    ]
    table = _table(["", ""], [[name, f"<code>{escape(text)}</code>"] for name, text in facts])
    text = f"<details><summary>The scenario, word for word</summary><pre>{escape(row['scenario_text'])}</pre></details>"
    return _section("Where this comes from", table + text, "Everything needed to run it again.")


SECTIONS = (_head, _violations, _payoff, _fraud_and_outcomes, _finality, _timeline, _invariants, _metrics, _provenance)
