"""The meaning of a run or a study, in sentences.

The rule by which cheating paid in a run is documented in scenarios/cli/payoffs.h: one rule, which
the terminal applies per group and this module to all dishonest principals together.
"""

from .facts import NLUX, Row, Run
from .study import CENSORS, WINDOW, Axis, Cell, Study
from .study_charts import cells_at, lines, listed, safe_window, thinned

STATUS = {"budget": "LIMIT", "interrupted": "STOPPED"}


def lux(nlux: float, signed: bool = False) -> str:
    """An amount for reading: three significant decimals at most, thin spaces between thousands."""
    value = nlux / NLUX
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    text = f"{value:+,.{digits}f}" if signed else f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", "\u2009").replace("-", "\u2212") + " LUX"


def count(number: float) -> str:
    return f"{number:,.0f}".replace(",", "\u2009")


def plural(number: float, one: str, many: str | None = None) -> str:
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def duration(nanoseconds: float) -> str:
    seconds = nanoseconds / 1e9
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} m" if hours else f"{minutes} m {rest:02d} s"


def status(run: Run) -> str:
    if run.unexpected:
        return "FAIL"
    return STATUS.get(run.row["status"], "PASS")


def status_line(run: Run) -> str:
    row = run.row
    return (
        f"{row['scenario']} seed={row['seed']} events={count(row['events'])} "
        f"sim={duration(row['end_time_ns'])} wall={duration(row['wall_time_ns'])} "
        f"digest={row['digest']}"
    )


def _peers(run: Run, cheats: list[Row]) -> list[Row]:
    """The honest principals with the same roles as the cheats."""
    roles = {role for cheat in cheats for role in (cheat["roles"] or "").split(",")}
    return [p for p in run.principals if p["honest"] and roles & set((p["roles"] or "").split(","))]


def _fraud_clause(run: Run) -> str:
    posted, missed = run.metric("n_fraud_posted"), run.metric("n_fraud_missed")
    if not posted:
        return ""
    if not missed:
        return f"; none of their {plural(posted, 'wrong result')} became final"
    return f"; {count(missed)} of their {plural(posted, 'wrong result')} became final"


def did_cheating_pay(run: Run) -> str:
    """One sentence that begins with the answer, by the rule in scenarios/cli/payoffs.h."""
    cheats = [p for p in run.principals if not p["honest"]]
    if not cheats:
        return "Nobody cheated in this run."
    net = run.metric("attacker_net")
    if net is None:
        net = sum(cheat["net_nlux"] for cheat in cheats)
    who = plural(len(cheats), "cheating principal")
    clause = _fraud_clause(run)
    if net <= 0:
        winners = [cheat for cheat in cheats if cheat["net_nlux"] > 0]
        if winners:
            best = max(winners, key=lambda cheat: cheat["net_nlux"])
            clause += f"; yet {best['label']} gained {lux(best['net_nlux'])}"
        return f"No: the {who} lost {lux(-net)} together{clause}."
    peers = _peers(run, cheats)
    honest_mean = sum(peer["net_nlux"] for peer in peers) / len(peers) if peers else None
    if honest_mean is not None and net / len(cheats) <= honest_mean:
        return (
            f"No: the {who} gained {lux(net)} together, {lux(net / len(cheats))} each, but honest "
            f"ones in the same roles made {lux(honest_mean)} each{clause}."
        )
    return f"Yes: the {who} gained {lux(net)} together{clause}."


# --- Of a study -----------------------------------------------------------------------------------


def study_status(study: Study, unexpected: int) -> str:
    if unexpected:
        return "FAIL"
    return next((word for name, word in STATUS.items() if study.statuses.get(name)), "PASS")


SAFE = 0.001


def headline(study: Study) -> tuple[str, str, str]:
    """The question that the study answers, the answer, and an explanation of its terms."""
    axis = study.axis(WINDOW)
    if axis is not None and axis.numeric and Cell(study.points).fraud.n:
        meaning = "Safe: of the wrong results posted, at most one in a thousand became final."
        return "Which challenge window is safe?", _safe_windows(study, axis), meaning
    return "Did cheating pay?", did_cheating_pay_in(study), ""


def _safe_windows(study: Study, axis: Axis) -> str:
    """For up to three settings of the other parameter: the shortest window that lets 1 wrong result
    in 1000 through."""
    by = study.axis(CENSORS) or next((other for other in study.axes if other is not axis), None)
    target, longest = SAFE, max(axis.place(value) for value in axis.values)
    answers, none = [], []
    for value in thinned(by.values, 3) if by else [None]:
        cells = (
            next(lines(study, axis, None))[2] if by is None else cells_at(study, axis, by, value)
        )
        window = safe_window(study, axis, cells, target, sure=False)
        where = f" at {by.named(value)}" if by else ""
        if window is None:
            none.append(by.label(value) if by else "")
        else:
            answers.append(f"{plural(window, 'block')}{where}")
    text = f"{'; '.join(answers)}." if answers else ""
    if none:
        there = f" at {by.words} {listed(none)}" if by else ""
        text += (
            f" None of the windows tried, up to {plural(longest, 'block')}, is long enough{there}."
        )
    return text.strip()


def did_cheating_pay_in(study: Study) -> str:
    """One or two sentences that begin with the answer."""
    whole = Cell(study.points)
    profit, net = whole.profit, whole.mean("attacker_net")
    if profit is None or net is None:
        return "Nobody cheated in this study."
    paid = round(profit.value * profit.n)
    low, high = share(profit.low), share(profit.high)
    often = f"in {count(paid)} of {plural(profit.n, 'run')} the cheats ended with a profit"
    on_average = (
        f"on average they {'gained' if net.value > 0 else 'lost'} {lux(abs(net.value))} a run"
    )
    if len(study.points) == 1:
        return (
            f"{'Yes' if net.value > 0 else 'No'}: {often} (P(profit) {share(profit.value)}, 95 % "
            f"interval {low} to {high}); {on_average}."
        )
    means = [
        (point, mean.value)
        for point in study.points
        if (mean := Cell([point]).mean("attacker_net")) is not None
    ]
    gaining = [item for item in means if item[1] > 0]
    if not gaining:
        return (
            f"No: at none of {plural(len(means), 'point')} did it pay on average; {often}, "
            f"{on_average}."
        )
    best = max(gaining, key=lambda item: item[1])
    answer = "Yes" if len(gaining) == len(means) else "It depends"
    where = (
        f", most where {best[0].label} ({lux(best[1], signed=True)} a run)" if best[0].label else ""
    )
    return (
        f"{answer}: at {count(len(gaining))} of {plural(len(means), 'point')} it paid on "
        f"average{where}; {often}."
    )


def share(value: float) -> str:
    return f"{100 * value:.3g} %"
