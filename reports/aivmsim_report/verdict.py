"""The meaning of a run or a study, in sentences.

Whether cheating pays is a comparison of each owner with itself, honest, under the same seeds
(scenarios/run/counterfactual.h); without one there is no verdict.
"""

from .facts import Run
from .intervals import Estimate, clustered_times
from .study import CENSORS, WINDOW, Axis, Cell, Study, Value
from .study_charts import cells_at, lines, pays, safe_window, thinned
from .words import count, duration, listed, lux, plural

STATUS = {"budget": "LIMIT", "interrupted": "STOPPED"}


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


def gained(nlux: float) -> str:
    if nlux == 0:
        return "neither gained nor lost anything"
    return f"{'gained' if nlux > 0 else 'lost'} {lux(abs(nlux))}"


def _fraud_clause(run: Run) -> str:
    posted, missed = run.metric("n_fraud_posted"), run.metric("n_fraud_missed")
    if not posted:
        return ""
    if not missed:
        return f"; none of {plural(posted, 'wrong result')} became final"
    return f"; {count(missed)} of {plural(posted, 'wrong result')} became final"


def did_cheating_pay(run: Run) -> str:
    """What breaking the protocol brought in this run, owner by owner. One run has no verdict."""
    cheats = [p for p in run.principals if not p["honest"]]
    if not cheats:
        return "Nobody broke the protocol in this run."
    if run.counterfactuals:
        gains = [
            f"{row['label']} {gained(row['payoff_nlux'] - row['honest_payoff_nlux'])}"
            for row in run.counterfactuals
        ]
        return (
            f"One run cannot tell. Over honest play under the same seed {listed(gains)}"
            f"{_fraud_clause(run)}."
        )
    nets = [f"{cheat['label']} {gained(cheat['net_nlux'])}" for cheat in cheats]
    more = [f"{count(len(nets) - 3)} others"] if len(nets) > 4 else []
    return (
        f"Not compared with honest play (run it with --counterfactual). In this run "
        f"{listed(nets[:3] + more if more else nets)}{_fraud_clause(run)}."
    )


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
        meaning = (
            "Safe: of the wrong results posted, at most one in a thousand becomes final. As "
            "measured: in these runs; with 95 % confidence: by the upper end of the interval."
        )
        return "Which challenge window is safe?", _safe_windows(study, axis), meaning
    return "Did cheating pay?", did_cheating_pay_in(study), ""


def _safe_windows(study: Study, axis: Axis) -> str:
    """For up to three settings of the other parameter the shortest window that lets at most 1 wrong
    result in 1000 through: as measured, by the interval, and how many more seeds it would take."""
    by = study.axis(CENSORS) or next((other for other in study.axes if other is not axis), None)
    shown = []
    for value in thinned(by.values, 3) if by else [None]:
        cells = (
            next(lines(study, axis, None))[2] if by is None else cells_at(study, axis, by, value)
        )
        where = f" at {by.label(value) if by.key == CENSORS else by.named(value)}" if by else ""
        shown.append((where, cells))
    measured, sure = (
        [(where, safe_window(study, axis, cells, SAFE, by_interval)) for where, cells in shown]
        for by_interval in (False, True)
    )
    longest = plural(max(axis.place(value) for value in axis.values), "block")
    text = f"As measured {_windows_text(measured, longest)}; with 95 % confidence "
    if any(window is not None for _, window in sure):
        return f"{text}{_windows_text(sure, longest)}."
    more = min(
        (n for _, cells in shown if (n := _seeds_to_settle(study, cells, SAFE)) is not None),
        default=None,
    )
    hope = f": about {count(more)} more seeds would settle the first" if more else ""
    return f"{text}none of those tried yet{hope}."


def _windows_text(found: list[tuple[str, float | None]], longest: str) -> str:
    """"5 blocks at 10%, 20 blocks at 50%; none up to 100 blocks at 90%"."""
    there = [f"{plural(window, 'block')}{where}" for where, window in found if window is not None]
    none = [where for where, window in found if window is None]
    parts = [", ".join(there)] if there else []
    if none:
        parts.append(f"none up to {longest}{listed(none)}")
    return "; ".join(parts)


SEEDS_MOST = 1 << 20


def _seeds_to_settle(
    study: Study, cells: list[tuple[Value, Cell]], target: float
) -> int | None:
    """How many more seeds, alike to those that are there, would bring the interval of the shortest
    window that is safe as measured below the target; None if that window's share is at the target,
    or if it takes very many."""
    for _, cell in cells:
        estimate = study.fraud_share(cell)
        if estimate is None or estimate.value > target:
            continue
        seeds = len(cell.fraud.pairs)
        times = 1
        while seeds * times <= SEEDS_MOST:
            if clustered_times(cell.fraud, times).high <= target:
                return seeds * (times - 1)
            times += max(1, times // 8)
        return None
    return None


def did_cheating_pay_in(study: Study) -> str:
    """One or two sentences that begin with the answer: whether the attacker's gain over honest play
    under the same seeds is above zero, with its interval."""
    gains = [(point, gain) for point in study.points if (gain := Cell([point]).gain) is not None]
    if not gains:
        if not study.cheats:
            return "Nobody broke the protocol in this study."
        return "Not compared with honest play: sweep with --counterfactual."
    if len(gains) == 1:
        gain = gains[0][1]
        if gain.low is None or gain.high is None:
            return (
                f"Cannot be told from one run, in which the attacker {gained(gain.value)} over "
                f"honest play."
            )
        return (
            f"{_answer(gain)}: the attacker {gained(gain.value)} a run over honest play, 95 % "
            f"interval {lux(gain.low, signed=True)} to {lux(gain.high, signed=True)}, "
            f"{plural(gain.n, 'run')}."
        )
    answers = [_answer(gain) for _, gain in gains]
    alike = answers[0] if len(set(answers)) == 1 else "It depends"
    best, most = max(gains, key=lambda item: item[1].value)
    where = f" where {best.label}" if best.label else ""
    return (
        f"{alike}: over honest play the attacker gains at {count(answers.count('Yes'))} of "
        f"{plural(len(gains), 'point')} and does not at {count(answers.count('No'))}; at "
        f"{count(answers.count('Cannot be told'))} the interval spans zero (each of 95 %). "
        f"The largest mean is "
        f"{lux(most.value, signed=True)} a run{where}; it was chosen from these runs, so "
        f"measure it again on fresh seeds."
    )


def _answer(gain: Estimate) -> str:
    return {"yes": "Yes", "no": "No"}.get(pays(gain), "Cannot be told")


def share(value: float) -> str:
    return f"{100 * value:.3g} %"
