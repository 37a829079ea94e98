"""The page of a single run."""

import sqlite3
from html import escape
from pathlib import Path

from . import findings, invariants, run_charts, shared_sections
from .facts import Run
from .html import Charts, cards, details, drawn_all, facts_table, section, table
from .page import whole
from .study import file_hash
from .verdict import did_cheating_pay, status, status_line
from .words import count, duration, lux


def render(
    db: sqlite3.Connection, run: Run, path: Path, validation: list[sqlite3.Row] | None = None
) -> str:
    """`validation` has the rows of a database of `aivmsim validate` that is shown too."""
    charts: Charts = {}
    body = [
        _head(run, shared_sections.badge(db, path.name, validation)),
        shared_sections.violations(db, run.row["run_id"]),
        drawn_all(charts, run_charts.all_charts(run)),
        _invariants(run),
        _metrics(run),
        _provenance(run, path),
    ]
    return whole(
        f"{run.row['scenario']} \u00b7 seed {run.row['seed']}",
        "\n".join(filter(None, body)),
        charts,
    )


def _head(run: Run, badge: str) -> str:
    word = status(run)
    many = f" \u00b7 run {run.number} of {run.runs} in this file" if run.runs > 1 else ""
    question, answer, lead = _headline(run)
    return (
        f'<header><p class="kicker">aivmsim \u00b7 {escape(run.row["study_name"])}{many}</p>'
        f"<h1>{escape(question)} <span>{escape(answer)}</span></h1>{lead}"
        f'<p class="verdict {word}"><b>{word}</b> <code>{escape(status_line(run))}</code></p>'
        f"{_budget(run)}{badge}{_cards(run)}</header>"
    )


def _headline(run: Run) -> tuple[str, str, str]:
    """The first thing to know: the violation of a run that failed, otherwise whether cheating
    paid. The last part is HTML."""
    paid = did_cheating_pay(run)
    if run.row["status"] == "failed":
        return "The simulator could not finish this run.", run.row.get("failure") or "", ""
    if not run.unexpected:
        return "Did cheating pay?", paid, ""
    first = run.unexpected[0]
    known = invariants.named(first["invariant"])
    name = f" {known.name}" if known else ""
    promise = invariants.promise_html(first["invariant"])
    steps = findings.steps_html(findings.of_run(run))
    pays = f'<p class="lead"><b>Did cheating pay?</b> {escape(paid)}</p>'
    question = f"{first['invariant']}{name} was violated."
    return question, f"{first['message']}.", promise + steps + pays


def _budget(run: Run) -> str:
    """What ended a run over budget; files of schema version 4 and before do not say."""
    text = run.row.get("budget_end")
    return f"<p>Ended by a budget: {escape(text)}</p>" if text else ""


def _cards(run: Run) -> str:
    def number(name: str, show=count) -> str | None:
        value = run.metric(name)
        return None if value is None else show(value)

    return cards([
        ("tasks", number("tasks")),
        ("wrong results posted", number("n_fraud_posted")),
        ("of those caught", None if run.caught is None else count(run.caught)),
        ("of those missed", number("n_fraud_missed")),
        ("median time to finality", number("ttf_p50", lambda s: duration(s * 1e9))),
        ("slashed", number("slash_taken", lux)),
        ("slash that escaped", number("slash_escape", lux)),
        ("blocks", number("blocks")),
        ("time to recover", number("recovery_seconds", lambda s: duration(s * 1e9))),
    ])  # fmt: skip


def _invariants(run: Run) -> str:
    broken = {violation["invariant"] for violation in run.violations}
    return shared_sections.invariants(
        run.row["invariants"].split(), broken, run.row["invariant_checks"]
    )


def _metrics(run: Run) -> str:
    modes = sorted({mode for _, mode in run.metrics})
    names = sorted({name for name, _ in run.metrics})

    def show(value: float | None) -> str:
        if value is None:
            return "no data"
        return count(value) if isinstance(value, int) else f"{value:,.4g}".replace(",", "\u2009")

    rows = [
        [f"<code>{escape(name)}</code>"]
        + [show(run.metric(name, mode)) if (name, mode) in run.metrics else "" for mode in modes]
        for name in names
    ]
    content = table(["metric"] + [mode or "whole run" for mode in modes], rows)
    return f"<section>{details('All metrics', content)}</section>"


def _provenance(run: Run, path) -> str:
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
        ("file", path.name),
        ("SHA-256 of the file", file_hash(path)),
    ]
    text = details("The scenario, word for word", f"<pre>{escape(row['scenario_text'])}</pre>")
    return section(
        "Where this comes from", facts_table(facts) + text, "Everything needed to run it again."
    )
