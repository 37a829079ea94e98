"""Sections that the pages of a run and of a study share."""

import sqlite3
from html import escape

from .html import details, section, table
from .invariants import named
from .words import count, duration, plural

SHOWN = 50  # rows of the longest tables


def badge(db: sqlite3.Connection, file: str, beside: list[sqlite3.Row] | None = None) -> str:
    """Whether the simulator that wrote the file was validated against theory: as the database of
    `aivmsim validate` beside it says, or else the file itself."""
    rows = beside or validation_rows(db)
    if not rows:
        return (
            '<p class="badge none"><b>Not validated</b> This file holds no comparison with theory. '
            "<code>aivmsim validate --out validation.db</code> makes one, and <code>aivmsim report "
            f"{escape(file)} validation.db</code> shows it here.</p>"
        )
    cases = len({row["name"] for row in rows})
    lines = [_case(row) for row in rows]
    full = details(
        "Every case", table(["case", "theory", "measured", "interval", "samples", ""], lines)
    )
    worst = [
        ("disagrees", "bad", "Disagrees with theory"),
        ("failed", "bad", "Not compared with theory"),
        ("undecided", "none", "Undecided"),
    ]
    for verdict, style, words in worst:
        names = sorted({row["name"] for row in rows if _verdict(row) == verdict})
        if names:
            shown = escape(", ".join(names[:8])) + (" and more" if len(names) > 8 else "")
            return (
                f'<div class="badge {style}"><b>{words}</b> in {len(names)} of '
                f"{plural(cases, 'case')}: {shown}.{full}</div>"
            )
    return (
        '<div class="badge good"><b>Validated</b> It agrees with theory in all of '
        f"{plural(cases, 'case')}.{full}</div>"
    )


def validation_rows(db: sqlite3.Connection) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM validation ORDER BY passed, name").fetchall()


def _verdict(row: sqlite3.Row) -> str:
    """The verdict of a case. Files of schema version 2 and before have only whether it agreed, and
    a method that says why a case was not measured."""
    if "verdict" in row.keys() and row["verdict"] is not None:
        return row["verdict"]
    if row["passed"]:
        return "agrees"
    return "disagrees" if _was_measured(row) else "failed"


def _was_measured(row: sqlite3.Row) -> bool:
    return not row["method"].startswith("failed: ") and row["method"] != "not implemented"


def _case(row: sqlite3.Row) -> list[str]:
    """A line of the table of cases. The method of one that has no number is why."""
    theory = [escape(row["name"]), f"{row['predicted']:.6g}"]
    if not _was_measured(row):
        return [*theory, "", "", "", f"<b>{escape(row['method'])}</b>"]
    measured = [f"{row['mean']:.6g}", f"{row['low']:.6g} to {row['high']:.6g}", count(row["n"])]
    verdict = _verdict(row)
    return [*theory, *measured, verdict if verdict == "agrees" else f"<b>{verdict}</b>"]


def violations(db: sqlite3.Connection, run_id: int | None = None) -> str:
    """Each invariant that broke, how often, and the first time with the command that replays it;
    nothing when none did. The unexpected come first."""
    where = "" if run_id is None else "WHERE v.run_id = :run"
    rows = db.execute(
        "SELECT v.*, run.seed, point.overrides, count(*) OVER kind AS times,"
        " count(*) OVER (PARTITION BY v.invariant, v.expected, v.run_id) AS in_run,"
        " row_number() OVER (PARTITION BY v.invariant, v.expected ORDER BY run.point_id, "
        "run.replicate, v.violation) AS place"
        f" FROM violation AS v JOIN run USING (run_id) JOIN point USING (point_id) {where}"
        " WINDOW kind AS (PARTITION BY v.invariant, v.expected)",
        {"run": run_id},
    ).fetchall()
    if not rows:
        return ""
    first = sorted(
        (r for r in rows if r["place"] <= 3),
        key=lambda r: (r["expected"], r["invariant"], r["place"]),
    )
    cells = []
    for r in first[:SHOWN]:
        times = (
            f"<br><span class='dim'>{count(r['times'])} times in all</span>"
            if r["place"] == 1 and r["times"] > 1
            else ""
        )
        where = f"seed {r['seed']}" + (f"<br>{escape(r['overrides'])}" if r["overrides"] else "")
        cells.append([
            f"<b>{escape(r['invariant'])}</b> {escape(_name_of(r['invariant']))}"
            + (" <i>expected</i>" if r["expected"]
                                                  else "") + times,
            f"<span class='nowrap'>{duration(r['time_ns'])}<br>block {r['block']}</span>"
            f"<br><span class='dim'>{where}</span>",
            f"{escape(r['message'])}<br><span class='dim'>{escape(r['actors'])}</span>"
            + (f"<pre>{escape(r['replay'])}</pre>" if r["replay"] else ""),
        ])  # fmt: skip
    hidden = len(rows) - len(cells)
    note = (
        f"The first three of each kind; {plural(hidden, 'more is', 'more are')} in the table "
        "violation."
        if hidden
        else ""
    )
    return section(
        "Violated invariants",
        table(["invariant", "when", "what happened, and how to see it again"], cells),
        note,
    )


def _name_of(invariant: str) -> str:
    known = named(invariant)
    return known.name if known else ""


def _title_of(invariant: str) -> str:
    known = named(invariant)
    return f"{known.name}: {known.meaning}" if known else invariant


def invariants(names: list[str], broken: set[str], checks: int) -> str:
    if not names:
        return ""
    chips = "".join(
        f'<span class="chip {"bad" if name in broken else "ok"}" title="{escape(_title_of(name))}">'
        f"{escape(name)}{' violated' if name in broken else ''}</span>"
        for name in names
    )
    meanings = details(
        "What each promises",
        table(["invariant", "name", "promise", "why it must hold"],
              [[f"<b>{escape(name)}</b>", escape(known.name), escape(known.meaning),
                escape(known.reason)]
               for name in names if (known := named(name))]),
    )  # fmt: skip
    made = (
        f"{plural(checks, 'check')} by {plural(len(names), 'invariant')}; "
        f"{plural(len(broken), 'was', 'were')} violated."
    )
    return section("Invariants watched", f'<p class="chips">{chips}</p>{meanings}', made)
