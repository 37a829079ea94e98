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
from .verdict import lux

HONEST, CHEAT = BLUE, RED
OUTCOME_COLOURS = {
    "final_ok": BLUE,
    "final_corrupt": RED,
    "reverted": ORANGE,
    "expired": GREY,
    "pending": PALE,
}
MAX_BARS = 40
MAX_POINTS = 4000
MONEY = ("net_nlux", "revenue", "cost", "slashed", "bribes", "rewards")


def all_charts(run: Run) -> list[Chart | Absent]:
    """In the order of the page."""
    return [payoff(run), fraud(run), outcomes(run), time_to_finality(run), timeline(run)]


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
    return Chart(
        "payoff", title, [Panel(x, y, series)], note, height=130 + 26 * max(len(groups), 2)
    )


def _payoff_label(group: dict) -> str:
    many = f" \u00d7{group['members']}" if group["members"] > 1 else ""
    return f"{group['label']}{many} \u00b7 {group['roles'] or 'no role'}"


def fraud(run: Run) -> Chart | Absent:
    if not run.metric("n_fraud_posted"):
        return Absent("fraud", "Wrong results", "No wrong result was posted.")
    parts = [("caught", run.caught, HONEST), ("missed", run.metric("n_fraud_missed"), CHEAT),
             ("undecided", run.undecided_fraud, PALE)]  # fmt: skip
    series = [
        Series(f"{name} {number:.0f}", "across", [number], ["results"], colour)
        for name, number, colour in parts
        if number
    ]
    return Chart("fraud", "Wrong results", [Panel(Axis("wrong results", zero=True),
                                                  Axis(categories=["results"], ticks=[]), series)],
                 height=170, stacked=True, half=True)  # fmt: skip


def outcomes(run: Run) -> Chart | Absent:
    if not run.outcomes:
        return Absent("outcomes", "Tasks by outcome", "There were no tasks.")
    series = [
        Series(
            f"{OUTCOME_NAMES.get(outcome, outcome)} {number}",
            "across",
            [number],
            ["tasks"],
            OUTCOME_COLOURS.get(outcome, PURPLE),
        )
        for outcome, number in run.outcomes.items()
    ]
    return Chart("outcomes", "Tasks by outcome", [Panel(Axis("tasks", zero=True),
                                                        Axis(categories=["tasks"], ticks=[]),
                                                        series)],
                 height=170, stacked=True, half=True)  # fmt: skip


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
    panel = Panel(Axis("time from submission to finality, s", log=wide, zero=not wide),
                  Axis("share of the submitted tasks", percent=True, range=(0, 1.12)), series,
                  rules=rules)  # fmt: skip
    return Chart(
        "ttf",
        "Time to finality",
        [panel],
        "The share of the submitted tasks that were final within this time. "
        + pending_note(run.outcomes.get("pending", 0)),
        height=340,
    )


def _short(text: str) -> str:
    return text if len(text) <= 32 else text[:31] + "\u2026"


def timeline(run: Run) -> Chart | Absent:
    title = "The chain over time"
    if not run.blocks:
        return Absent("timeline", title, "The run recorded no block.")
    blocks = thin(run.blocks)
    minutes = [block["time_ns"] / 60e9 for block in blocks]

    def series(
        name: str, column: str, colour: str, kind: str = "line", unit: float = 1, **style
    ) -> Series:
        values = [block[column] / unit for block in blocks]
        hover = [
            f"block {block['block']}: {name} {value:,.4g}"
            for block, value in zip(blocks, values, strict=True)
        ]
        return Series(name, kind, minutes, values, colour, hover=hover, **style)

    shades = [(fault["from_ns"] / 60e9, fault["to_ns"] / 60e9,
               _short(f"{fault['kind']} {fault['targets']}"))
              for fault in run.faults]  # fmt: skip
    wordless = [(start, end, "") for start, end, _ in shades]
    broken = [(violation["time_ns"] / 60e9, violation["invariant"]) for violation in run.violations]
    low = [series("locked, LUX", "locked", BLUE, unit=NLUX),
           series("value at risk, LUX", "value_at_risk", ORANGE, unit=NLUX,
                  dash="dash")]  # fmt: skip
    panels = [
        Panel(Axis(), Axis("LUX", zero=True), low, shades=shades, rules=broken, share=0.46),
        Panel(Axis(), Axis("queue", zero=True), [series("tasks queued", "queue", GREEN, fill=True)],
              shades=wordless, share=0.3),
        Panel(Axis("virtual time, minutes"), Axis("censored", zero=True),
              [series("proofs censored", "censored", PURPLE, "bars")], shades=wordless, share=0.24),
    ]  # fmt: skip
    note = " ".join(
        ["Shaded: injected faults."] * bool(run.faults)
        + ["Dotted: violations."] * bool(run.violations)
    )
    return Chart("timeline", title, panels, note, height=480)
