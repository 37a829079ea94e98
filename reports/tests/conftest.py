"""A study file as the simulator writes it, with one plausible run: made from the schema the C++
side stores."""

import itertools
import json
import random
import sqlite3
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "reports"))

from aivmsim_report.database import run_tables  # noqa: E402

DIGEST = "9f3c5e0d77aa41b2c8d4e1f00a6b9c2d"
LUX = 10**9
SECOND = 10**9
HONEST = 400 * LUX  # what the cheats of a sweep would have had with honest play


class StudyFile:
    """Writes rows by name; close() adds the run with its row counts."""

    def __init__(self, path: Path):
        self.path = path
        self.db = sqlite3.connect(path)
        self.db.executescript((ROOT / "sim/record/schema.sql").read_text())
        self.add("study", study_id=1, name="demo", created="2026-01-01T00:00:00Z",
                 code_version="0.1.0 (3f9a2c71)",
                 compiler="g++ 12.2.0", build_flags="Release -O3", schema_version=1)  # fmt: skip

    def add(self, table: str, **values) -> None:
        marks = ", ".join("?" for _ in values)
        self.db.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values())
        )

    def point(
        self, point_id: int, config: str = "", **params: float | tuple[float, str, str]
    ) -> None:
        """Each parameter a number, or (number, text, unit)."""
        texts = {name.replace("__", "."): value if isinstance(value, tuple)
                 else (value, str(value), "") for name, value in params.items()}  # fmt: skip
        self.add("point", point_id=point_id, config_hash=f"{point_id:064x}", config=config,
                 scenario="quickstart",
                 scenario_text='name = "quickstart"\n# 3 < 4 & </script> stay text\n',
                 overrides="\n".join(f"{name}={text}"
                                     for name, (_, text, _) in texts.items()))  # fmt: skip
        for name, (number, text, unit) in texts.items():
            self.add(
                "point_param", point_id=point_id, name=name, number=number, text=text, unit=unit
            )

    def run(self, run_id: int, point_id: int, status: str = "clean", seed: int = 1) -> None:
        counts = {}
        for table in run_tables(self.db):
            counts[table] = self.db.execute(
                f"SELECT count(*) FROM {table} WHERE run_id = ?", (run_id,)
            ).fetchone()[0]
        self.add("run", run_id=run_id, study_id=1, point_id=point_id, replicate=seed - 1,
                 seed=str(seed), crn_group=f"seed {seed}", status=status,
                 end_block=260, end_time_ns=1040 * SECOND, events=48211, digest=DIGEST,
                 wall_time_ns=812_000_000, invariants="E1 E2 E3 E7 E8 E16 S1 S3 S6 S7 S13 S14 S15 "
                                                      "S16 L1 L6 K1",
                 invariant_checks=91834, row_counts=json.dumps(counts))  # fmt: skip

    def metric(self, run_id: int, name: str, value: float, mode: str = "") -> None:
        self.add("metric", run_id=run_id, name=name, mode=mode, value=value)

    def close(self) -> Path:
        self.db.commit()
        self.db.close()
        return self.path


def add_owners(study: StudyFile, run: int, cheats_net: int) -> None:
    """12 providers of which 3 guess, 4 challengers of which 1 is frivolous, 4 requesters."""
    groups = [("steady", "honest", "provider", 8, 1, 171), ("slow", "honest", "provider", 1, 1, 64),
              ("lazy", "lazy_guess", "provider", 3, 0, cheats_net),
              ("watch", "honest", "challenger", 3, 1, 92),
              ("frivolous", "frivolous_challenger", "challenger", 1, 0, -37),
              ("customer", "honest", "requester", 4, 1, -498)]  # fmt: skip
    number = 0
    for label, strategy, role, members, honest, net in groups:
        for member in range(members):
            number += 1
            own = net * LUX + (member * 7 - 9) * LUX // 3
            study.add("principal", run_id=run, principal=number, label=f"{label}[{member}]",
                      strategy=strategy, parameters="", honest=honest)  # fmt: skip
            study.add("agent", run_id=run, agent=number, principal=number, role=role,
                      name=f"{role}[{number}]", opening_stake=2000 * LUX, trust=50)  # fmt: skip
            slashed = 260 * LUX if not honest and role == "provider" else 0
            study.add("payoff", run_id=run, principal=number, revenue=max(own, 0) + slashed,
                      cost=max(-own - slashed, 0),
                      slashed=slashed, bribes=0, rewards=0, net_nlux=own,
                      capital_nlux_blocks=10**14)  # fmt: skip


def add_tasks(study: StudyFile, run: int, draw: random.Random) -> None:
    for task in range(2000):
        wrong = task % 17 == 3
        outcome = (
            "final_corrupt" if wrong and task % 391 == 3 else "reverted" if wrong else "final_ok"
        )
        submit = task // 10 * 4 * SECOND
        final = submit + 400 * SECOND + int(draw.gammavariate(2, 6) * SECOND)
        study.add("task", run_id=run, task=task, requester=20, mode="optimistic", fee=LUX,
                  value_at_risk=50 * LUX,
                  submit_block=task // 10, assign_block=task // 10 + 1,
                  final_block=task // 10 + 102, submit_time_ns=submit,
                  final_time_ns=final, assignments=1, outcome=outcome,
                  correct=int(not wrong))  # fmt: skip
        study.add("result", run_id=run, task=task, provider=10 if wrong else 1, attempt=0,
                  commit_block=None,
                  reveal_block=task // 10 + 2, answer_class="guess" if wrong else "right",
                  correct=int(not wrong),
                  bond_locked=100 * LUX, bond_freed_block=None, challenge_skipped=0)  # fmt: skip


def add_chain(study: StudyFile, run: int) -> None:
    for block in range(261):
        cut = 60 <= block <= 90
        busy = min(block, 100) if block < 200 else max(0, 300 - block)
        study.add("chain_stat", run_id=run, block=block, time_ns=block * 4 * SECOND,
                  proposer=block % 21,
                  censored=int(cut and block % 4 == 0),
                  queue=busy * (3 if cut else 1) // 5 + block % 3,
                  locked=(12000 + 1000 * busy) * LUX, value_at_risk=500 * busy * LUX)  # fmt: skip
    study.add(
        "fault",
        run_id=run,
        fault=1,
        kind="partition",
        from_ns=240 * SECOND,
        to_ns=360 * SECOND,
        targets="asia-east",
    )


def add_metrics(study: StudyFile, run: int, attacker_net: int) -> None:
    values = {"n_fraud_posted": 118, "n_fraud_missed": 6, "p_final_corrupt": 6 / 1888,
              "ttf_mean": 412.1, "ttf_p50": 410.2,
              "ttf_p99": 440.9, "attacker_net": attacker_net, "slash_due": 900 * LUX,
              "slash_taken": 780 * LUX,
              "slash_escape": 120 * LUX, "tasks": 2000, "blocks": 260, "events": 48211}  # fmt: skip
    for name, value in values.items():
        study.metric(run, name, value)
    for name in ("ttf_mean", "ttf_p50", "ttf_p99"):
        study.metric(run, name, values[name], "optimistic")


def make_run(path: Path, cheats_net: int = -240, violated: bool = False) -> Path:
    study = StudyFile(path)
    study.point(7, vm__challenge_window_blocks=100)
    add_owners(study, 70, cheats_net)
    add_tasks(study, 70, random.Random(1))
    add_chain(study, 70)
    net = study.db.execute(
        "SELECT sum(net_nlux) FROM payoff JOIN principal USING (run_id, principal) WHERE honest = 0"
    )
    add_metrics(study, 70, net.fetchone()[0])
    if violated:
        study.add("violation", run_id=70, violation=1, invariant="E3", time_ns=248 * SECOND,
                  block=62, actors="provider[7]",
                  message="provider[7] withdrew 1000 LUX while 1 result was still slashable until "
                          "block 101", expected=0,
                  replay="aivmsim replay aivmsim-out/r-0192/findings/3f9a2c71")  # fmt: skip
    study.run(70, 7, "violated" if violated else "clean")
    return study.close()


def make_sweep(
    path: Path, windows: list[int], shares: list[int], seeds: int = 4, tasks: int = 10
) -> Path:
    """A study of windows against censoring shares (in percent), in which wrong results become final
    as theory says: all ten of a block together, with probability share^window."""
    study = StudyFile(path)
    draw = random.Random(1)
    for point, (share, window) in enumerate(itertools.product(shares, windows), 1):
        params = (
            {"vm__challenge_window_blocks": (window, str(window), "blocks")}
            if len(windows) > 1
            else {}
        )
        if len(shares) > 1:
            params["chain__censoring_share"] = (share * 10_000, f"{share}%", "ppm")
        study.point(point, f'[chain]\ncensorship = "iid"\ncensoring_share = "{share}%"\n', **params)
        for seed in range(1, seeds + 1):
            run = point * 1000 + seed
            missed = 10 * sum(draw.random() < (share / 100) ** window for _ in range(20))
            net = (5 * missed - 3 * (200 - missed) + draw.randrange(20)) * LUX
            add_sweep_run(study, run, net, window, tasks)
            metrics = {"n_fraud_posted": 200, "n_fraud_missed": missed,
                       "p_final_corrupt": missed / 1000, "tasks": 1000,
                       "ttf_mean": 4.0 * window + draw.random(), "ttf_p50": 4.0 * window,
                       "attacker_net": net + HONEST,
                       "attacker_roi_ppm": (net + HONEST) * 10**6 // (2000 * LUX),
                       "attacker_profitable": int(net > 0), "cheating_gain": net,
                       "locked_mean": window * LUX, "virtual_seconds": 400.0}  # fmt: skip
            for name, value in metrics.items():
                study.metric(run, name, value)
            study.add("counterfactual", run_id=run, owner=0, label="lazy", strategy="lazy_guess",
                      members=2, payoff_nlux=net + HONEST, honest_payoff_nlux=HONEST)  # fmt: skip
            study.run(run, point, seed=seed)
    return study.close()


def add_sweep_run(study: StudyFile, run: int, net: int, window: int, tasks: int) -> None:
    owners = [
        ("lazy[0]", "lazy_guess", 0, net // 2),
        ("lazy[1]", "lazy_guess", 0, net - net // 2),
        ("steady[0]", "honest", 1, 30 * LUX),
    ]
    for number, (label, strategy, honest, gain) in enumerate(owners):
        study.add(
            "principal",
            run_id=run,
            principal=number,
            label=label,
            strategy=strategy,
            parameters="",
            honest=honest,
        )
        study.add("agent", run_id=run, agent=number, principal=number, role="provider", name=label,
                  opening_stake=1000 * LUX, trust=50)  # fmt: skip
        study.add("payoff", run_id=run, principal=number, revenue=max(gain, 0), cost=max(-gain, 0),
                  slashed=0, bribes=0, rewards=0, net_nlux=gain, capital_nlux_blocks=1)  # fmt: skip
    for task in range(tasks):
        mode = ("optimistic", "tee")[task % 2]
        final = (4 * window + task) * SECOND if mode == "optimistic" else 8 * SECOND
        study.add("task", run_id=run, task=task, requester=9, mode=mode, fee=1, value_at_risk=1,
                  submit_block=1, assign_block=1,
                  final_block=2, submit_time_ns=0, final_time_ns=final, assignments=1,
                  outcome="final_ok", correct=1)  # fmt: skip


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run.db")
