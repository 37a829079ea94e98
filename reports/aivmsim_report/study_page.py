"""The page of a study of many runs."""

import hashlib
import sqlite3
from html import escape

from . import shared_sections, study_charts
from .facts import OUTCOME_NAMES
from .html import Charts, cards, details, drawn_all, facts_table, section, table
from .page import whole
from .study import Cell, Study, file_hash, seeds_text
from .verdict import STATUS, did_cheating_pay_in, headline, study_status
from .words import count, duration, lux, number, percent, plural, spread

POINTS_SHOWN = 400
RUNS_SHOWN = 2000


def render(
    db: sqlite3.Connection,
    study: Study,
    metrics: list[str] | None = None,
    validation: list[sqlite3.Row] | None = None,
) -> str:
    """`validation` has the rows of a database of `aivmsim validate` that is shown too."""
    charts: Charts = {}
    body = [
        _head(db, study, shared_sections.badge(db, study.path.name, validation)),
        shared_sections.violations(db),
        drawn_all(charts, study_charts.all_charts(study, metrics)),
        _recorded_contrasts(db),
        _outcomes(study),
        _implied(study),
        _invariants(db),
        _points(study),
        _metrics(study),
        _provenance(db, study),
    ]
    return whole(
        f"{study.row['name']} \u00b7 {plural(study.runs, 'run')}",
        "\n".join(filter(None, body)),
        charts,
    )


def _head(db: sqlite3.Connection, study: Study, badge: str) -> str:
    unexpected = db.execute(
        "SELECT count(DISTINCT run_id) FROM violation WHERE expected = 0"
    ).fetchone()[0]
    word = study_status(study, unexpected)
    question, answer, meaning = headline(study)
    lead = f'<p class="dim">{escape(meaning)}</p>' if meaning else ""
    if question != "Did cheating pay?":
        lead += f'<p class="lead"><b>Did cheating pay?</b> {escape(did_cheating_pay_in(study))}</p>'
    axes = (
        " \u00d7 ".join(f"{len(axis.values)} values of {axis.key}" for axis in study.axes)
        or "one point"
    )
    facts = [plural(study.runs, "run"), axes]
    facts += [
        f"{count(study.statuses[name])} {text}"
        for name, text in ENDED.items()
        if study.statuses.get(name)
    ]
    facts += [f"{plural(unexpected, 'run')} with an unexpected violation"] if unexpected else []
    return (
        f'<header><p class="kicker">aivmsim \u00b7 {escape(study.row["name"])}</p>'
        f"<h1>{escape(question)} <span>{escape(answer)}</span></h1>{lead}"
        f'<p class="verdict {word}"><b>{word}</b> <code>{escape(", ".join(facts))}</code></p>'
        f"{badge}{_cards(study)}</header>"
    )


ENDED = {
    "budget": "ended at a limit",
    "interrupted": "interrupted",
    "violated": "stopped by a violation",
    "failed": "could not be finished",
}


def _cards(study: Study) -> str:
    every = Cell(study.points)
    fraud = study.fraud_share(every)
    # A mean over the points of a grid depends on the grid alone.
    one = len(study.points) == 1
    profit, gain = (every.profit, every.gain) if one else (None, None)
    tasks = study.metric_sum("tasks")
    return cards([
        ("runs", count(study.runs)),
        ("points", count(len(study.points))),
        ("tasks", count(tasks) if tasks else None),
        ("wrong results posted", count(every.fraud.n) if every.fraud.pairs else None),
        ("of those became final", percent(fraud.value) if fraud else None),
        ("P(profit)", percent(profit.value) if profit else None),
        ("gain over honest play, mean a run", lux(gain.value, signed=True) if gain else None),
        ("virtual time", duration(1e9 * study.metric_sum("virtual_seconds"))
         if study.metric_sum("virtual_seconds") else None),
    ])  # fmt: skip


def _recorded_contrasts(db: sqlite3.Connection) -> str:
    """The contrasts that the sweep computed; the charts are computed from the runs."""
    rows = db.execute(
        "SELECT c.*, here.overrides AS here, base.overrides AS base FROM contrast AS c"
        " JOIN point AS here ON here.point_id = c.point_id JOIN point AS base ON base.point_id = "
        "c.base_point_id"
        " WHERE c.low > 0 OR c.high < 0"
        " ORDER BY min(abs(c.low), abs(c.high)) / nullif(max(abs(c.low), abs(c.high)), 0) DESC, "
        "c.name LIMIT ?",
        (shared_sections.SHOWN,),
    ).fetchall()
    total = db.execute("SELECT count(*) FROM contrast").fetchone()[0]
    if not total:
        return ""
    cells = [
        [f"<code>{escape(r['name'])}</code> {escape(r['mode'])}", escape(r["here"]),
         escape(r["base"]), f"{r['mean']:.4g}",
         f"{r['low']:.4g} to {r['high']:.4g}", count(r["n"])]
        for r in rows
    ]  # fmt: skip
    note = (
        f"Of {plural(total, 'contrast')} in the file, those with a difference whose interval "
        "does not reach zero, the surest first."
    )
    head = ["metric", "point", "base", "mean difference", "interval", "pairs"]
    content = (
        details(plural(len(cells), "contrast"), table(head, cells))
        if cells
        else "<p class=absent>None does.</p>"
    )
    return section("Contrasts recorded by the sweep", content, note)


def _outcomes(study: Study) -> str:
    if not study.outcomes:
        return ""
    names = study.outcome_words
    rows = [
        [escape(mode)] + [count(counts.get(name, 0)) for name in names]
        for mode, counts in study.outcomes.items()
    ]
    pending = sum(counts.get("pending", 0) for counts in study.outcomes.values())
    note = (
        f"{plural(pending, 'task was', 'tasks were')} still pending when its run ended."
        if pending
        else ""
    )
    return section(
        "Tasks by outcome",
        table(["mode"] + [OUTCOME_NAMES.get(name, name) for name in names], rows),
        note,
    )


def _implied(study: Study) -> str:
    """What the scenarios set differently."""
    if not study.implied:
        return ""
    names = sorted({point.scenario for point in study.points})
    rows = [
        [f"<code>{escape(key)}</code>", *(escape(values[name]) for name in names)]
        for key, values in sorted(study.implied.items())
    ]
    return section("What the scenarios set differently", table(["key", *names], rows))


def _invariants(db: sqlite3.Connection) -> str:
    rows = db.execute(
        "SELECT invariants, sum(invariant_checks) AS checks FROM run GROUP BY invariants"
    ).fetchall()
    names = list(dict.fromkeys(name for row in rows for name in row["invariants"].split()))
    broken = {row[0] for row in db.execute("SELECT DISTINCT invariant FROM violation")}
    return shared_sections.invariants(names, broken, sum(row["checks"] for row in rows))


def _points(study: Study) -> str:
    if len(study.points) < 2:
        return ""
    ordered = sorted(
        study.points, key=lambda p: [axis.values.index(p.values[axis.key]) for axis in study.axes]
    )
    rows = []
    for point in ordered[:POINTS_SHOWN]:
        cell = Cell([point])
        fraud, profit = study.fraud_share(cell), cell.profit
        gain, ttf = cell.gain, cell.mean("ttf_mean")
        rows.append(
            [escape(axis.label(point.values[axis.key])) for axis in study.axes]
            + [count(point.runs), spread(fraud, percent) if fraud else "", spread(profit, percent)
               if profit else "",
               spread(gain, lambda v: number(v / 1e9)) if gain else "", spread(ttf, number)
               if ttf else ""]
        )  # fmt: skip
    head = [axis.title for axis in study.axes]
    head += [
        "runs",
        "wrong results that became final",
        "P(profit)",
        "gain over honest play, LUX",
        "time to finality, s",
    ]
    hidden = len(ordered) - len(rows)
    note = "With 95 % intervals." + (
        f" The first {POINTS_SHOWN}; {hidden} more are in v_point_estimate." if hidden else ""
    )
    return section("Every point", details(plural(len(ordered), "point"), table(head, rows)), note)


def _metrics(study: Study) -> str:
    """Over all runs; of a sweep that is a mean over its grid, which says little, so only for one
    point."""
    if len(study.points) != 1:
        return ""
    cell = Cell(study.points)
    names = sorted({name for name, _ in study.metrics})
    modes = sorted({mode for _, mode in study.metrics})
    rows = [
        [f"<code>{escape(name)}</code>"]
        + [
            spread(e, lambda v: f"{v:.4g}") if (e := cell.mean(name, mode)) else ""
            for mode in modes
        ]
        for name in names
    ]
    content = table(["metric"] + [mode or "whole run" for mode in modes], rows)
    return f"<section>{details('All metrics, mean and 95 % interval', content)}</section>"


def _provenance(db: sqlite3.Connection, study: Study) -> str:
    studies = db.execute("SELECT * FROM study ORDER BY study_id").fetchall()
    schema = db.execute("PRAGMA main.user_version").fetchone()[0]
    digests = db.execute(
        "SELECT p.config_hash, r.seed, r.replicate, r.status, r.digest FROM run AS r JOIN point AS "
        "p USING (point_id)"
        " ORDER BY p.config_hash, r.replicate, r.seed"
    ).fetchall()
    over_all = hashlib.sha256("\n".join(row["digest"] for row in digests).encode()).hexdigest()

    def each(column: str) -> str:
        return "; ".join(dict.fromkeys(str(row[column]) for row in studies))

    created = [row["created"] for row in studies]
    builds = "; ".join(dict.fromkeys(f"{row['compiler']}, {row['build_flags']}" for row in studies))
    facts = [
        ("scenarios", "; ".join(sorted({point.scenario for point in study.points}))),
        (
            "swept",
            "; ".join(f"{a.key} = {', '.join(v.text for v in a.values)}" for a in study.axes)
            or "nothing",
        ),
        ("seeds", seeds_text(db)),
        ("code version", each("code_version")),
        ("build", builds),
        ("schema version", str(schema)),
        ("created", " to ".join(sorted({min(created), max(created)}))),
        ("file", study.path.name),
        ("SHA-256 of the file", file_hash(study.path)),
        ("SHA-256 of all trace digests", over_all),
    ]
    return section("Where this comes from", facts_table(facts) + _scenarios(db) + _runs(digests),
                   "Everything needed to run it again.")  # fmt: skip


def _scenarios(db: sqlite3.Connection) -> str:
    texts = db.execute(
        "SELECT scenario, scenario_text FROM point GROUP BY scenario, scenario_text ORDER BY 1"
    ).fetchall()
    return "".join(details(f"The scenario {row['scenario']}, word for word",
                           f"<pre>{escape(row['scenario_text'])}</pre>")
                   for row in texts[: shared_sections.SHOWN])  # fmt: skip


def _runs(digests: list[sqlite3.Row]) -> str:
    lines = [f"{row['config_hash'][:12]} {row['seed']:>6} "
             f"{STATUS.get(row['status'], row['status']):>8} {row['digest']}"
             for row in digests[:RUNS_SHOWN]]  # fmt: skip
    hidden = len(digests) - len(lines)
    rest = f"\n... and {count(hidden)} more in the table run" if hidden else ""
    return details(
        "The trace digest of every run",
        f"<pre>config         seed   status digest\n{escape(chr(10).join(lines))}{rest}</pre>",
    )
