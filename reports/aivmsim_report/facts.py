"""The facts of one run as plain Python values. Numbers that are metrics are read from the metric
table, never recomputed, so that the report, the terminal and pandas agree."""

import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .database import BadDatabase, has_table, words_of

NLUX = 10**9
Row = dict[str, Any]
# How outcomes of tasks are shown where the stored word is not enough.
OUTCOME_NAMES = {"final_ok": "final, right", "final_corrupt": "final, wrong"}


def family(label: str) -> str:
    """The common name of principals whose labels differ only in their number: "lazy" of "lazy-0"
    and "lazy-1"."""
    return re.sub(r"(-\d+|\[\d+\])$", "", label)


@dataclass
class Run:
    row: Row  # run, point and study in one
    number: int  # of `runs`, counted from 1
    runs: int
    metrics: dict[tuple[str, str], float]  # by (name, mode)
    principals: list[Row]  # with their roles and payoff
    counterfactuals: list[Row]  # owners beside themselves, honest; empty if it was not asked for
    outcomes: dict[str, int]  # tasks by outcome, in the order of the database's words
    undecided_fraud: int  # wrong results whose task is still pending
    modes: list[str]  # every verification mode that the database knows
    ttf: dict[str, list[tuple[float, float]]]  # by mode: (seconds, share of tasks final by then)
    blocks: list[Row]
    faults: list[Row]
    violations: list[Row]
    params: list[Row]
    vertices: list[Row]  # of a DAG; empty on a chain
    conflicts: list[Row]
    path: Path | None = None  # of the database

    def metric(self, name: str, mode: str = "") -> float | None:
        return self.metrics.get((name, mode))

    @property
    def unexpected(self) -> list[Row]:
        return [violation for violation in self.violations if not violation["expected"]]

    @property
    def caught(self) -> int | None:
        posted, missed = self.metric("n_fraud_posted"), self.metric("n_fraud_missed")
        if posted is None or missed is None:
            return None
        return int(posted - missed - self.undecided_fraud)


def finality_curves(steps: list[Row]) -> dict[str, list[tuple[float, float]]]:
    """The share of submitted tasks that is final by each time, by Kaplan and Meier's product over
    the rows of v_finality."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for row in steps:
        curve = curves.setdefault(row["mode"], [])
        before = 1 - curve[-1][1] if curve else 1.0
        curve.append((row["seconds"], 1 - before * (1 - row["became_final"] / row["at_risk"])))
    return curves


def pending_note(pending: int) -> str:
    """What the curves of finality do with the tasks that are not final."""
    if not pending:
        return "Reverted and expired tasks never are."
    return (
        f"Reverted and expired tasks never are; {pending:,} pending ones count as not final up to "
        "the end of their run."
    ).replace(",", "\u2009")


def load(db: sqlite3.Connection, run_id: int | None = None) -> Run:
    """The run with this id, or the first one that failed, or else the first."""
    runs = [
        row["run_id"]
        for row in db.execute(
            "SELECT run_id FROM run ORDER BY status <> 'violated', replicate, run_id"
        )
    ]
    if not runs:
        raise BadDatabase("the study holds no run yet")
    chosen = runs[0] if run_id is None else run_id
    if chosen not in runs:
        raise BadDatabase(
            f"the study has no run {chosen}; it has {len(runs)}, the first is {runs[0]}"
        )

    def rows(sql: str) -> list[Row]:
        return [dict(row) for row in db.execute(sql, {"run": chosen})]

    counts = {
        row["outcome"]: row["n"]
        for row in rows(
            "SELECT outcome, count(*) AS n FROM task WHERE run_id = :run GROUP BY outcome"
        )
    }
    files = db.execute("PRAGMA database_list").fetchall()
    return Run(
        path=next((Path(row["file"]) for row in files if row["name"] == "main"), None),
        row=rows(
            "SELECT run.*, point.*, study.*, study.name AS study_name"
            " FROM run JOIN point USING (point_id) JOIN study USING (study_id) WHERE run_id = :run"
        )[0],
        number=runs.index(chosen) + 1,
        runs=len(runs),
        metrics={
            (m["name"], m["mode"]): m["value"]
            for m in rows("SELECT * FROM metric WHERE run_id = :run")
        },
        principals=rows(
            "SELECT p.*, f.*, (SELECT group_concat(DISTINCT role) FROM agent AS a"
            " WHERE a.run_id = p.run_id AND a.principal = p.principal) AS roles"
            " FROM principal AS p JOIN payoff AS f USING (run_id, principal)"
            " WHERE run_id = :run ORDER BY net_nlux, principal"
        ),
        counterfactuals=(
            rows("SELECT * FROM counterfactual WHERE run_id = :run ORDER BY owner")
            if has_table(db, "counterfactual")
            else []
        ),
        outcomes={word: counts[word] for word in words_of("task", "outcome") if word in counts},
        undecided_fraud=rows(
            "SELECT count(*) AS n FROM result JOIN task USING (run_id, task)"
            " WHERE run_id = :run AND result.correct = 0 AND outcome = 'pending'"
            " AND result.attempt = task.assignments AND NOT EXISTS (SELECT 1 FROM slash AS s"
            " WHERE s.run_id = result.run_id AND s.task = result.task AND s.agent = "
            "result.provider)"
        )[0]["n"],
        modes=words_of("task", "mode"),
        ttf=finality_curves(
            rows("SELECT * FROM v_finality WHERE run_id = :run ORDER BY mode, seconds")
        ),
        blocks=rows("SELECT * FROM chain_stat WHERE run_id = :run ORDER BY block"),
        faults=rows("SELECT * FROM fault WHERE run_id = :run ORDER BY fault"),
        vertices=(
            rows("SELECT * FROM vertex WHERE run_id = :run ORDER BY vertex")
            if has_table(db, "vertex")
            else []
        ),
        conflicts=(
            rows("SELECT * FROM conflict WHERE run_id = :run ORDER BY conflict")
            if has_table(db, "conflict")
            else []
        ),
        violations=rows("SELECT * FROM violation WHERE run_id = :run ORDER BY violation"),
        params=rows(
            "SELECT * FROM point_param"
            " WHERE point_id = (SELECT point_id FROM run WHERE run_id = :run) ORDER BY name"
        ),
    )
