"""The page of a finding: a violated run that was saved and shrunk."""

import re
from html import escape
from pathlib import Path

from . import invariants
from .chart import COLOURS, MARKERS, Axis, Chart, Panel, Series
from .findings import Finding, steps_html
from .html import Charts, cards, details, drawn, facts_table, section
from .page import whole
from .words import count, duration, plural


def render(finding: Finding, folder: Path) -> str:
    charts: Charts = {}
    chart = steps_chart(finding)
    body = [
        _head(finding),
        drawn(charts, chart) if chart else "",
        _next(finding, folder),
        _files(finding, folder),
        _provenance(finding),
    ]
    violation = finding["violation"]
    return whole(
        f"{violation['invariant']} \u00b7 {finding['scenario']} \u00b7 seed {finding['seed']}",
        "\n".join(filter(None, body)),
        charts,
    )


def _head(finding: Finding) -> str:
    violation, shrunk = finding["violation"], finding["shrunk"]
    promise = invariants.promise_html(violation["invariant"])
    note = f'<p class="dim">{escape(shrunk["note"])}</p>' if shrunk.get("note") else ""
    line = (
        f"{finding['scenario']} seed={finding['seed']} block={violation['block']} "
        f"event={count(violation['event'])} digest={finding['digest']}"
    )
    return (
        f'<header><p class="kicker">aivmsim \u00b7 finding {escape(str(finding["id"]))}</p>'
        f"<h1>{escape(violation['invariant'])} {escape(violation['name'])} was violated. "
        f"<span>{escape(violation['message'])}.</span></h1>{promise}{steps_html(finding)}{note}"
        f'<p class="verdict FAIL"><b>FAIL</b> <code>{escape(line)}</code></p>{_cards(finding)}'
        "</header>"
    )


def _cards(finding: Finding) -> str:
    violation, shrunk = finding["violation"], finding["shrunk"]
    before, after = shrunk.get("actions_before"), shrunk.get("actions_after")
    return cards([
        ("virtual time", duration(violation["time_ns"])),
        ("block", count(violation["block"])),
        ("actors", ", ".join(violation["actors"]) or None),
        ("actions in the run", count(before) if before else None),
        ("actions that are needed", count(after) if after else None),
        ("runs tried to find them", count(shrunk["tries"]) if shrunk.get("tries") else None),
    ])  # fmt: skip


ACTOR = re.compile(r"[a-z_]+\[\d+\]")


def steps_chart(finding: Finding) -> Chart | None:
    """One row per actor, the steps from left to right. None if a step names no actor."""
    steps = [str(step) for step in finding["shrunk"].get("actions", [])]
    actors = [found[0] if (found := ACTOR.match(step)) else None for step in steps]
    if not steps or None in actors:
        return None
    rows = list(dict.fromkeys(actors))
    series = [
        Series(actor, "points", [i for i, who in enumerate(actors, 1) if who == actor],
               [actor] * actors.count(actor), COLOURS[row % len(COLOURS)],
               marker=MARKERS[row % len(MARKERS)],
               hover=[f"{i}. {step}" for i, (who, step) in enumerate(
                   zip(actors, steps, strict=True), 1) if who == actor],
               at=[f"{i}. {step}" for i, (who, step) in enumerate(
                   zip(actors, steps, strict=True), 1) if who == actor])
        for row, actor in enumerate(rows)
    ]  # fmt: skip
    ticks = [(i, str(i)) for i in range(1, len(steps) + 1)] if len(steps) <= 30 else None
    panel = Panel(
        Axis("step", ticks=ticks, range=(0.5, len(steps) + 0.5)),
        Axis(categories=rows[::-1]), series,
    )  # fmt: skip
    last = steps[-1]
    return Chart("steps", "Who acts when", [panel],
                 "The shrunk run. Point at a mark for the action.",
                 f"{plural(len(steps), 'step')} by {plural(len(rows), 'actor')}; the last one: "
                 f"{last}.", height=130 + 40 * len(rows))  # fmt: skip


def _next(finding: Finding, folder: Path) -> str:
    rows = [
        ("see it again", f"aivmsim replay {folder}"),
        ("the run, the rules and the last events in words", f"aivmsim explain {folder}"),
        ("shrink it further", f"aivmsim shrink {folder}"),
        ("keep it as a regression test", f"aivmsim emit-test {folder}"),
    ]
    return section("What to do with it", facts_table(rows))


def _files(finding: Finding, folder: Path) -> str:
    texts = [(name, folder / name) for name in ("report.txt", "scenario.toml")]
    shown = [
        details(name, f"<pre>{escape(path.read_text(errors='replace'))}</pre>")
        for name, path in texts
        if path.is_file()
    ]
    return section("The files, word for word", "".join(shown)) if shown else ""


def _provenance(finding: Finding) -> str:
    facts = [
        ("scenario", str(finding["scenario"])),
        ("seed", str(finding["seed"])),
        ("trace digest", str(finding["digest"])),
        ("made by", str(finding.get("code_version") or "not recorded")),
        ("format version", str(finding.get("version", ""))),
    ]
    facts += [(f"SHA-256 of {name}", text) for name, text in finding.get("files", {}).items()]
    return section(
        "Where this comes from", facts_table(facts), "Everything needed to run it again."
    )
