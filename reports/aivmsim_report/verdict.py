"""What a run means, in sentences."""

from .facts import NLUX, Row, Run

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
        f"{row['scenario']} seed={row['seed']} events={count(row['events'])} sim={duration(row['end_time_ns'])} "
        f"wall={duration(row['wall_time_ns'])} digest={row['digest']}"
    )


def _peers(run: Run, cheats: list[Row]) -> list[Row]:
    """The honest principals who had the same roles as the cheats."""
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
    """One sentence that begins with the answer."""
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
            f"No: the {who} gained {lux(net)} together, {lux(net / len(cheats))} each, "
            f"but honest ones in the same roles made {lux(honest_mean)} each{clause}."
        )
    return f"Yes: the {who} gained {lux(net)} together{clause}."
