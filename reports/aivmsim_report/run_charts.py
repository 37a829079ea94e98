"""The charts of a single run: each function makes one, or states why there is nothing to draw."""

from .chart import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PALE,
    PURPLE,
    RED,
    Absent,
    Axis,
    Chart,
    Panel,
    Series,
    styled,
)
from .facts import NLUX, OUTCOME_NAMES, Run, family, pending_note
from .words import count, duration, listed, lux, plural

HONEST, CHEAT = BLUE, RED
OUTCOME_COLOURS = {
    "final_ok": BLUE,
    "final_corrupt": RED,
    "reverted": ORANGE,
    "expired": GREY,
    "pending": PALE,
}
# Up to 100 %: above are the words of vertical lines.
SHARES = [(part / 100, f"{part} %") for part in (0, 20, 40, 60, 80, 100)]
MAX_BARS = 40
MAX_POINTS = 4000
MAX_VERTICES = 400  # of the picture of a DAG
MONEY = ("net_nlux", "revenue", "cost", "slashed", "bribes", "rewards")


def all_charts(run: Run) -> list[Chart | Absent]:
    """In the order of the page."""
    charts = [payoff(run), fates(run), time_to_finality(run), timeline(run)]
    return [*charts, time_to_settled(run), dag(run)] if run.vertices else charts


def payoff_groups(run: Run) -> list[dict]:
    """The principals with a payoff to show; those of one label and strategy as one when there are
    too many bars."""
    shown = [
        p for p in run.principals if p["net_nlux"] or p["revenue"] or p["cost"] or p["slashed"]
    ]
    for principal in shown:
        principal["members"] = 1
    if len(shown) <= MAX_BARS:
        return shown
    groups: dict[tuple, dict] = {}
    for principal in shown:
        key = (
            family(principal["label"]),
            principal["strategy"],
            principal["honest"],
            principal["roles"],
        )
        group = groups.setdefault(
            key, {**principal, "label": key[0], "members": 0, **dict.fromkeys(MONEY, 0)}
        )
        group["members"] += 1
        for name in MONEY:
            group[name] += principal[name]
    return sorted(groups.values(), key=lambda group: group["net_nlux"])


def payoff(run: Run) -> Chart | Absent:
    title = "Who earned and lost what"
    groups = payoff_groups(run)
    if not groups:
        return Absent("payoff", title, "Nobody earned or lost anything.")
    series = []
    for honest, name, colour in ((1, "keeps to the protocol", HONEST), (0, "cheats", CHEAT)):
        bars = [group for group in groups if bool(group["honest"]) == bool(honest)]
        if bars:
            hover = [_payoff_label(bar) + "<br>" + "<br>".join(f"{word.removesuffix('_nlux')} "
                                                               f"{lux(bar[word])}"
                                                               for word in MONEY)
                     for bar in bars]  # fmt: skip
            series.append(Series(name, "across", [bar["net_nlux"] / NLUX for bar in bars],
                                 [_payoff_label(bar) for bar in bars],
                                 colour, labels=[lux(bar["net_nlux"], signed=True) for bar in bars],
                                 hover=hover))  # fmt: skip
    nets = [group["net_nlux"] / NLUX for group in groups] or [0]
    low, high = min(0, *nets), max(0, *nets)
    room = 0.2 * ((high - low) or 1)  # for the labels beside the bars
    x = Axis("net payoff, LUX", range=(low - room if low else -room / 4, high + room))
    y = Axis(categories=[_payoff_label(group) for group in groups])
    note = (
        "Net payoff of each principal: revenue, rewards and bribes received, less costs and "
        "slashes; what a requester loses is what it paid. Point at a bar for the parts."
    )
    return Chart("payoff", title, [Panel(x, y, series)], note, _extremes(groups),
                 height=130 + 26 * max(len(groups), 2))  # fmt: skip


def _extremes(groups: list[dict]) -> str:
    """Who gained and who lost most; groups are in the order of their payoff."""
    lost, gained = groups[0], groups[-1]
    parts = []
    if gained["net_nlux"] > 0:
        parts.append(f"{_payoff_label(gained)} gained most, {lux(gained['net_nlux'])}")
    if lost["net_nlux"] < 0:
        parts.append(f"{_payoff_label(lost)} lost most, {lux(-lost['net_nlux'])}")
    return "; ".join(parts) + "." if parts else ""


def _payoff_label(group: dict) -> str:
    many = f" \u00d7{group['members']}" if group["members"] > 1 else ""
    return f"{group['label']}{many} \u00b7 {group['roles'] or 'no role'}"


def fates(run: Run) -> Chart | Absent:
    """What became of the tasks and of the wrong results, as shares of each."""
    title = "What became of tasks and wrong results"
    tasks = {
        OUTCOME_NAMES.get(outcome, outcome): (number, OUTCOME_COLOURS.get(outcome, PURPLE))
        for outcome, number in run.outcomes.items()
    }
    if not tasks:
        return Absent("fates", title, "There were no tasks.")
    wrong = {
        name: (int(number), colour)
        for name, number, colour in (
            ("caught", run.caught, GREEN),
            ("missed", run.metric("n_fraud_missed"), RED),
            ("undecided", run.undecided_fraud, PALE),
        )
        if number
    }
    series = [
        Series(name, "across", [number / sum(n for n, _ in parts.values())], [row], colour,
               labels=[count(number)],
               hover=[f"{row}: {number} {name}"])
        for row, parts in (("tasks", tasks), ("wrong results", wrong))
        for name, (number, colour) in parts.items()
    ]  # fmt: skip
    rows = ["wrong results", "tasks"] if wrong else ["tasks"]
    panel = Panel(Axis("share", range=(0, 1.06), ticks=SHARES), Axis(categories=rows), series)
    sentence = f"{counted(tasks, 'task')} " + (
        counted(wrong, "wrong result") if wrong else "No wrong result was posted."
    )
    return Chart("fates", title, [panel], finding=sentence, height=150 + 40 * len(rows),
                 stacked=True)  # fmt: skip


def counted(parts: dict[str, tuple[int, str]], one: str) -> str:
    """"2 000 tasks: 1 950 final, right; 50 expired."""
    whole = plural(sum(number for number, _ in parts.values()), one)
    if len(parts) == 1:
        return f"All {whole}: {next(iter(parts))}."
    names = [f"{count(number)} {name}" for name, (number, _) in parts.items()]
    return f"{whole}: {'; '.join(names)}."


def thin(values: list) -> list:
    """At most MAX_POINTS of them, evenly spaced and with the last one: more would be slow and not
    visible."""
    step = -(-len(values) // MAX_POINTS)
    return values[::-step][::-1] if step else values


def time_to_finality(run: Run) -> Chart | Absent:
    if not run.ttf:
        return Absent("ttf", "Time to finality", "No task became final.")
    series = []
    for mode, curve in sorted(run.ttf.items()):
        steps = thin(curve)
        index = run.modes.index(mode)
        series.append(Series(mode, "steps", [steps[0][0]] + [value for value, _ in steps],
                             [0.0] + [share for _, share in steps],
                             styled(index)["colour"], dash=("solid", "dash", "dot",
                                                            "dashdot")[index],
                             width=2.5))  # fmt: skip
    rules = [(run.metric(name), f"{word} {run.metric(name):.0f} s")
             for name, word in (("ttf_p50", "median"), ("ttf_p99", "99 %"))
             if run.metric(name) is not None]  # fmt: skip
    every = [value for curve in run.ttf.values() for value, _ in curve]
    wide = min(every) > 0 and max(every) / min(every) >= 15
    panel = Panel(Axis("time from submission to finality, s", log=wide),
                  Axis("share of the submitted tasks", range=(0, 1.26), ticks=SHARES), series,
                  rules=rules)  # fmt: skip
    quantiles = [f"{part} within {run.metric(name):.4g} s"
                 for name, part in (("ttf_p50", "half"), ("ttf_p99", "99 %"))
                 if run.metric(name) is not None]  # fmt: skip
    sentence = f"Of the tasks that became final, {listed(quantiles)}." if quantiles else ""
    return Chart(
        "ttf",
        "Time to finality",
        [panel],
        "The share of the submitted tasks that were final within this time. "
        + pending_note(run.outcomes.get("pending", 0)),
        sentence,
        height=340,
    )


def timeline(run: Run) -> Chart | Absent:
    title = "The chain over time"
    if not run.blocks:
        return Absent("timeline", title, "The run recorded no block.")
    blocks = thin(run.blocks)
    end = max(row["time_ns"] for row in [blocks[-1], *run.violations])
    unit_ns, unit_name = (60e9, "minutes") if end >= 120e9 else (1e9, "seconds")
    times = [block["time_ns"] / unit_ns for block in blocks]

    def series(
        name: str, column: str, colour: str, kind: str = "line", unit: float = 1, **style
    ) -> Series:
        values = [block[column] / unit for block in blocks]
        hover = [
            f"block {block['block']}: {name} {value:,.4g}"
            for block, value in zip(blocks, values, strict=True)
        ]
        return Series(name, kind, times, values, colour, hover=hover, **style)

    # A run can end before a planned fault does, or begins.
    shades = [(fault["from_ns"] / unit_ns, min(fault["to_ns"], end) / unit_ns, fault["kind"])
              for fault in run.faults if fault["from_ns"] < end]  # fmt: skip
    wordless = [(start, end, "") for start, end, _ in shades]
    broken = [
        (violation["time_ns"] / unit_ns, violation["invariant"]) for violation in run.violations
    ]
    low = [series("locked, LUX", "locked", BLUE, unit=NLUX),
           series("value at risk, LUX", "value_at_risk", ORANGE, unit=NLUX,
                  dash="dash")]  # fmt: skip
    queue, censored = ([block[column] for block in run.blocks] for column in ("queue", "censored"))
    # Above the lines is room for the words of faults and violations.
    rows = bool(shades) + min(3, len(broken))
    most = max(block[column] for block in blocks for column in ("locked", "value_at_risk")) / NLUX
    y = Axis("LUX", zero=True, range=(0, 1.05 * most / (1 - 0.1 * rows)) if rows and most else None)
    panels = [Panel(Axis(), y, low, shades=shades, rules=broken, share=0.46)]
    if any(queue):
        panels.append(Panel(Axis(), Axis("queue", zero=True),
                            [series("tasks queued", "queue", GREEN, fill=True)],
                            shades=wordless, share=0.3))  # fmt: skip
    if any(censored):
        panels.append(Panel(Axis(), Axis("censored", zero=True),
                            [series("proofs censored", "censored", PURPLE, "bars")],
                            shades=wordless, share=0.24))  # fmt: skip
    panels[-1].x.title = f"virtual time, {unit_name}"
    note = " ".join(
        [_faults_text(run)] * bool(run.faults) + ["Dotted: violations."] * bool(run.violations)
    )
    locked = [block["locked"] for block in run.blocks]
    sentence = (
        f"Between {lux(min(locked))} and {lux(max(locked))} were locked; at most "
        f"{plural(max(queue), 'task')} queued"
        + (f"; proofs were censored in {plural(sum(map(bool, censored)), 'block')}."
           if any(censored) else ", and no proof was censored.")
    )  # fmt: skip
    height = 140 + 113 * len(panels)
    return Chart("timeline", title, panels, note, sentence, height=height)


def _faults_text(run: Run) -> str:
    """The injected faults in words, as many as can be read."""
    shown = [
        f"{fault['kind']} of {_targets(fault['targets'])} from {duration(fault['from_ns'])} to "
        f"{duration(fault['to_ns'])}"
        for fault in run.faults[:6]
    ]
    more = f"; {len(run.faults) - 6} more" if len(run.faults) > 6 else ""
    return f"Shaded: injected faults ({'; '.join(shown)}{more})."


def _targets(text: str) -> str:
    """The first six of those that a fault hits, and how many more there are."""
    names = text.split(" ")
    return text if len(names) <= 7 else f"{' '.join(names[:6])} and {len(names) - 6} more"


def time_to_settled(run: Run) -> Chart | Absent:
    """On a DAG: how long vertices take until they are accepted, beside until they are settled."""
    title = "Time to accepted and to settled"
    issued = [row for row in run.vertices if row["operations"] and row["rejected_ns"] is None]
    if not issued:
        return Absent("tts", title, "No vertex with operations was accepted.")
    series, sentences = [], []
    for name, colour, dash in (("accepted", BLUE, "dash"), ("settled", ORANGE, "solid")):
        seconds = sorted(
            (row[f"{name}_ns"] - row["issued_ns"]) / 1e9
            for row in issued
            if row[f"{name}_ns"] is not None
        )
        if not seconds:
            continue
        steps = thin([(value, (i + 1) / len(issued)) for i, value in enumerate(seconds)])
        series.append(Series(name, "steps", [steps[0][0]] + [value for value, _ in steps],
                             [0.0] + [share for _, share in steps], colour, dash=dash,
                             width=2.5))  # fmt: skip
        half = seconds[(len(seconds) - 1) // 2]
        sentences.append(f"half of those {name} were so within {duration(1e9 * half)}")
    if not series:
        return Absent("tts", title, "No vertex with operations was accepted.")
    panel = Panel(Axis("time from issuing a vertex, s"),
                  Axis("share of the vertices", range=(0, 1.06), ticks=SHARES),
                  series)  # fmt: skip
    note = (
        "The share of the vertices with operations, rejected ones left out, that the first correct "
        "validator had accepted, and that a cut had settled, within this time. An accepted vertex "
        "stays, but its operations are executed by the cut."
    )
    sentence = "; ".join(sentences)
    return Chart("tts", title, [panel], note, sentence[0].upper() + sentence[1:] + ".", height=340)


def dag(run: Run) -> Chart | Absent:
    """The vertices of a small run by layer (their height) and proposer, with their parents."""
    title = "The DAG"
    if len(run.vertices) > MAX_VERTICES:
        return Absent(
            "dag",
            title,
            f"The run has {len(run.vertices)} vertices; a picture shows at most {MAX_VERTICES}.",
        )
    places = {row["vertex"]: (row["height"], row["proposer"]) for row in run.vertices}

    def lines(pairs: list[tuple[int, int]]) -> tuple[list, list]:
        x: list[float] = []
        y: list[float | None] = []
        for one, other in pairs:
            x += [places[one][0], places[other][0], places[other][0]]
            y += [places[one][1], places[other][1], None]  # the line ends
        return x, y

    parents = [(row["vertex"], int(parent)) for row in run.vertices
               for parent in row["parents"].split()]  # fmt: skip
    series = [Series("parents", "line", *lines(parents), PALE, width=0.7)]
    rivals = [(row["first"], row["second"]) for row in run.conflicts]
    if rivals:
        series.append(Series("conflict", "line", *lines(rivals), RED, width=1.2, dash="dot"))
    kinds = (
        ("accepted", BLUE, "circle", lambda v: v["accepted_ns"] and not v["is_cut"]),
        ("accepted cut", ORANGE, "diamond", lambda v: v["accepted_ns"] and v["is_cut"]),
        ("rejected", RED, "x", lambda v: not v["accepted_ns"] and v["rejected_ns"]),
        ("undecided", GREY, "square", lambda v: not v["accepted_ns"] and not v["rejected_ns"]),
    )
    for name, colour, marker, belongs in kinds:
        shown = [row for row in run.vertices if belongs(row)]
        if not shown:
            continue
        series.append(Series(name, "points", [row["height"] for row in shown],
                             [row["proposer"] for row in shown], colour, marker=marker,
                             hollow=name == "undecided",
                             hover=[_vertex_hover(row) for row in shown]))  # fmt: skip
    proposers = sorted({row["proposer"] for row in run.vertices})
    y = Axis(
        "proposer",
        ticks=[(proposer, f"validator {proposer}") for proposer in proposers],
        range=(min(proposers) - 0.6, max(proposers) + 0.6),
    )
    note = (
        "Each vertex stands at its height, in the row of the validator that signed it; thin lines "
        "lead to its parents. A cut settles its ancestors that no cut before it has settled."
    ) + " Dotted: two vertices in conflict." * bool(rivals)
    height = 180 + 34 * len(proposers)
    return Chart("dag", title, [Panel(Axis("height (layer)"), y, series)], note, height=height)


def _vertex_hover(row: dict) -> str:
    def after(column: str) -> str:
        return f"{(row[column] - row['issued_ns']) / 1e9:.2f} s after its issue"

    kind = "cut" if row["is_cut"] else "vertex"
    words = [f"{kind} {row['id'][:8]}, {row['operations']} operations",
             f"issued at {row['issued_ns'] / 1e9:.2f} s"]  # fmt: skip
    for decision in ("accepted", "rejected"):
        if row[f"{decision}_ns"] is not None:
            words.append(f"{decision} {after(f'{decision}_ns')}")
    if row["settled_by"] is not None:
        words.append(f"settled by cut {row['settled_by']}, {after('settled_ns')}")
    return "<br>".join(words)
