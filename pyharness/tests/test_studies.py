"""Sweeps into a file: resumed, grown, read back."""

import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import aivmsim

OVER = {"vm.challenge_window_blocks": [2, 5], "chain.censoring_share": [0.5, 0.8]}


@pytest.fixture(scope="module")
def scenario():
    return aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 20})


@pytest.fixture(scope="module")
def frame(scenario):
    return aivmsim.sweep(scenario, OVER, seeds=[1, 2, 3])


def rows(path):
    """Every row of every table that does not depend on the clock or on who made it."""
    out = []
    with sqlite3.connect(path) as db:
        tables = [r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in sorted(set(tables) - {"study", "sweep"}):
            columns = [r[1] for r in db.execute(f"PRAGMA table_info({table})")]
            kept = [c for c in columns if c not in ("study_id", "wall_time_ns", "overrides")]
            where = "WHERE name <> 'wall_seconds'" if table == "metric" else ""
            found = db.execute(f"SELECT {', '.join(kept)} FROM {table} {where}").fetchall()
            out.append((table, sorted(found, key=repr)))
    return out


def test_a_file_has_the_rows_of_the_sweep_in_memory(scenario, frame, tmp_path):
    told = aivmsim.sweep(scenario, OVER, seeds=[1, 2, 3], out=tmp_path / "a.db", jobs=2)
    pd.testing.assert_frame_equal(told, frame)
    assert told.attrs["units"] == frame.attrs["units"]
    assert os.listdir(tmp_path) == ["a.db"]


def test_a_study_grows_to_the_one_made_at_once(scenario, tmp_path):
    once, grown = tmp_path / "once.db", tmp_path / "grown.db"
    aivmsim.sweep(scenario, OVER, seeds=[1, 2, 3], out=once)
    aivmsim.sweep(scenario, {**OVER, "chain.censoring_share": [0.5]}, seeds=[1, 2], out=grown)
    told = []
    more = aivmsim.sweep(
        scenario,
        {**OVER, "chain.censoring_share": [0.8]},
        seeds=[2, 3],
        out=grown,
        progress=lambda there, whole: told.append((there, whole)),
    )
    assert told[-1] == (12, 12)
    assert len(more) == 4, "the points and seeds that were asked for"
    assert rows(grown) == rows(once)
    before = os.stat(grown).st_mtime_ns
    again = aivmsim.sweep(scenario, OVER, seeds=[1, 2, 3], out=grown)
    assert len(again) == 12 and os.stat(grown).st_mtime_ns == before, "nothing to run"


def test_ctrl_c_keeps_what_was_finished_and_the_same_call_resumes(scenario, tmp_path):
    path = tmp_path / "study.db"

    def interrupt(there, whole):
        if there >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        aivmsim.sweep(scenario, OVER, seeds=range(1, 101), out=path, jobs=1, progress=interrupt)
    assert not path.exists()
    there = len(aivmsim.read(path).runs)
    assert 3 <= there < 400
    assert not aivmsim.read(path).finished
    seeds = range(1, 101)
    told = []
    aivmsim.sweep(scenario, OVER, seeds, out=path, progress=lambda there, whole: told.append(there))
    assert told[0] > there and told[-1] == 400
    assert aivmsim.read(path).finished
    assert os.listdir(tmp_path) == ["study.db"]


KILLED = """
import sys, aivmsim
scenario = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 20})
aivmsim.sweep(scenario, {"vm.challenge_window_blocks": [2, 5]}, range(1, 100001), out=sys.argv[1])
"""


def test_a_killed_sweep_is_resumed(scenario, tmp_path):
    path = tmp_path / "study.db"
    worker = subprocess.Popen([sys.executable, "-c", KILLED, str(path)])
    deadline = time.monotonic() + 60
    while not (tmp_path / "study.db.partial").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(2.5)  # committed once a second
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    there = len(aivmsim.read(path).runs)
    assert there > 0
    with pytest.raises(aivmsim.StudyError, match="counterfactual"):
        aivmsim.sweep(scenario, {}, [1], out=path, counterfactual=True)


def test_a_process_pool_writes_the_same_file_and_resumes_it(scenario, tmp_path):
    threads, processes = tmp_path / "threads.db", tmp_path / "processes.db"
    first = aivmsim.sweep(scenario, OVER, seeds=[1, 2], out=threads)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        aivmsim.sweep(scenario, OVER, seeds=[1], out=processes, executor=executor)
        second = aivmsim.sweep(scenario, OVER, seeds=[1, 2], out=processes, executor=executor)
    pd.testing.assert_frame_equal(first, second)
    assert rows(threads) == rows(processes)


def test_points_of_a_frame_are_run_and_recorded(scenario, tmp_path):
    points = pd.DataFrame(
        {"vm.challenge_window_blocks": [2, 5], "chain.censoring_share": [0.5, 0.8]}
    )
    told = aivmsim.sweep(scenario, points, seeds=[1], out=tmp_path / "x.db")
    pd.testing.assert_frame_equal(told, aivmsim.sweep(scenario, points, seeds=[1]))
    assert told["chain.censoring_share"].tolist() == [0.5, 0.8]


def test_adaptive_stopping_spends_seeds_where_they_are_needed(scenario):
    frame = aivmsim.sweep(
        scenario,
        {"vm.challenge_window_blocks": [1, 30]},
        seeds=range(1, 65),
        until_decided={"n_fraud_missed/n_fraud_posted": 0.1},
        confidence=0.9,
    )
    runs = frame.groupby("vm.challenge_window_blocks").size()
    assert runs.isin([8, 16, 32, 64]).all() and (runs < 64).any(), runs
    with pytest.raises(aivmsim.ScenarioError, match="did you mean"):
        aivmsim.sweep(scenario, until_width={"ttf_men": 1})


@aivmsim.strategy("fails_after", role="challenger", parameters={"tasks": 1000})
class FailsAfter(aivmsim.ChallengerStrategy):
    """Raises an error when it has seen `tasks` tasks."""

    def steps_to_check(self, view):
        self.parameters = {**self.parameters, "tasks": self.parameters["tasks"] - 1}
        if self.parameters["tasks"] < 0:
            raise LookupError("no more tasks")
        return super().steps_to_check(view)


@pytest.mark.parametrize("to_file", [False, True])
def test_a_failed_run_has_a_row_and_a_reason(scenario, tmp_path, to_file):
    out = tmp_path / "study.db" if to_file else None
    group = next(key.split(".")[1] for key in scenario.keys() if key.startswith("challenger."))
    own = scenario.replace(**{f"challenger.{group}.strategy": "python:fails_after"})
    over = {f"challenger.{group}.parameters.tasks": [1000, 1]}
    frame = aivmsim.sweep(own, over, seeds=[1, 2], on_error="record", out=out)
    assert frame["status"].tolist() == ["clean", "clean", "failed", "failed"]
    assert (
        frame["failure"][2] == "the strategy python:fails_after failed: LookupError: no more tasks"
    )
    assert np.isnan(frame["ttf_mean"][2]) and frame["ttf_mean"][0] > 0
    with pytest.raises(aivmsim.SweepError, match="no more tasks"):
        aivmsim.sweep(own, over, seeds=[1, 2], out=out)
    if to_file:
        assert not aivmsim.read(out).runs.empty, "what was finished is kept"


def test_numbers_have_units_and_shares_sort(frame):
    assert frame["chain.censoring_share"].dtype == "float64"
    assert frame.attrs["units"]["chain.censoring_share"] == "share"
    assert frame.attrs["units"]["vm.challenge_window_blocks"] == "blocks"
    assert frame.attrs["units"]["slash_taken"] == "nLUX"


def test_what_a_notebook_user_types_is_a_value(scenario):
    key = "chain.censoring_share"
    for value in (0.5, np.float64(0.5), Fraction(1, 2), "50%", aivmsim.share(0.5)):
        assert scenario.replace(**{key: value}).get(key) == "50%", value
    delay = "chain.finality_delay"
    for value in (aivmsim.seconds(30), pd.Timedelta(seconds=30), "30s"):
        assert scenario.replace(**{delay: value}).get(delay) == "30s", value
    shares = np.linspace(0.1, 0.9, 3)
    frame = aivmsim.sweep(scenario, {key: shares}, seeds=[1])
    assert frame[key].tolist() == pytest.approx(shares.tolist())
    assert (
        scenario.replace(**{"vm.result_bond": aivmsim.lux(1000)}).get("vm.result_bond")
        == "1000 LUX"
    )


@pytest.mark.parametrize(
    ("key", "value", "mend"),
    [
        ("chain.finality_delay", 0.5, r"seconds\(0.5\)"),
        ("vm.result_bond", 1.5, r"lux\(1.5\)"),
        ("vm.challenge_window_blocks", 2.5, "whole number; write 2"),
        ("chain.censoring_share", float("nan"), "not a finite number"),
        ("chain.censoring_share", 1.5, "from 0 to 1"),
        ("chain.finality_delay", object(), "seconds"),
    ],
)
def test_a_value_that_does_not_fit_names_the_mend(scenario, key, value, mend):
    with pytest.raises((TypeError, ValueError), match=mend):
        scenario.replace(**{key: value})


def test_names_and_paths_are_scenarios(tmp_path):
    assert aivmsim.run("lazy_provider").status == "clean"
    path = tmp_path / "mine.toml"
    path.write_text(aivmsim.Scenario.load("lazy_provider").to_toml())
    assert aivmsim.run(path).digest == aivmsim.run("lazy_provider").digest
    with pytest.raises(aivmsim.ScenarioError, match='did you mean "lazy_provider"'):
        aivmsim.sweep("lazy_provder")
    with pytest.raises(TypeError, match="is no scenario"):
        aivmsim.run(3)
    with pytest.raises(TypeError, match=r"Scenario\.load"):
        aivmsim.Scenario("lazy_provider")


def test_seeds_as_at_the_terminal_or_with_a_mend(scenario):
    assert len(aivmsim.sweep(scenario, seeds="1..3")) == 3
    with pytest.raises(ValueError, match=r"range\(1, 5\) for 4 seeds"):
        aivmsim.sweep(scenario, seeds=4)


def test_results_travel_between_processes(scenario):
    result = aivmsim.run(scenario, seed=3)
    copy = pickle.loads(pickle.dumps(result))
    assert (copy.digest, copy.seed, copy.status) == (result.digest, result.seed, result.status)
    assert copy.scenario == result.scenario
    pd.testing.assert_frame_equal(copy.principals, result.principals)
    for name in aivmsim.RunResult.table_names():
        pd.testing.assert_frame_equal(copy.table(name), result.table(name))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(aivmsim.run, scenario, 3).result().digest == result.digest
    with pytest.raises(RuntimeError, match="cut"):
        type(result._record).__setstate__(
            type(result._record).__new__(type(result._record)), (b"\2\0\0\0",)
        )


NOTHING_FINAL = """
name = "nothing_final"
description = "a provider that answers after the timeout"
[run]
fidelity = "economic"
[tasks]
count = 10
step_time = "10s"
[vm]
challenge_window_blocks = 10
task_timeout = "30s"
[[provider]]
name = "p"
speed = "1%"
"""


def test_a_run_without_a_final_task_has_no_numbers_of_them():
    slow = aivmsim.Scenario.from_text(NOTHING_FINAL)
    result = aivmsim.run(slow)
    for name in ("ttf_mean", "ttf_p50", "p_final_corrupt"):
        assert np.isnan(result.metrics[name]), name
        assert result.counts[name] == 0
    frame = aivmsim.sweep(slow, seeds=[1])
    assert frame["ttf_mean"].isna().all() and frame["n_final"].tolist() == [0]


def test_a_wrong_metric_says_which_is_near():
    result = aivmsim.run("lazy_provider")
    with pytest.raises(KeyError, match="did you mean 'p_final_corrupt'"):
        result.metrics["p_final_corupt"]
    with pytest.raises(KeyError, match="does not have"):
        result.metrics["cheating_gain"]


def test_notebooks_show_results_scenarios_and_studies(scenario, tmp_path):
    result = aivmsim.run("lazy_provider", out=tmp_path / "run.db")
    assert "<svg" in result._repr_html_() and "clean" in result._repr_html_()
    assert (
        "chain.censoring_share" in scenario.replace(**{"chain.censoring_share": 0.5})._repr_html_()
    )
    assert "1 runs: 1 clean" in aivmsim.read(tmp_path / "run.db")._repr_html_()


@pytest.mark.parametrize("rows", ["outcomes", "metrics"])
def test_a_study_has_a_small_picture_of_its_mean_payoffs(tmp_path, rows):
    path = tmp_path / "study.db"
    scenario = aivmsim.Scenario.load("lazy_provider").replace(**{"tasks.count": 20})
    aivmsim.sweep(scenario, seeds=[1, 2], out=path, record=rows)
    study = aivmsim.read(path)
    html = study._repr_html_()
    principals = study.table("principal").merge(study.table("payoff"), on=["run_id", "principal"])
    means = principals.groupby("label")["net_nlux"].mean() / 1e9
    assert "<svg" in html and "2 runs: 2 clean" in html
    for label, mean in means.items():
        assert f"<title>{label}: {mean:,.2f} LUX</title>" in html, label
    cheats, honest = (html.count(f"fill='{colour}'") for colour in ("#d55e00", "#0072b2"))
    assert (cheats, honest) == (
        principals.loc[principals["honest"] == 0, "label"].nunique(),
        principals.loc[principals["honest"] == 1, "label"].nunique(),
    )


def test_the_charts_of_the_report_are_figures(tmp_path):
    path = tmp_path / "run.db"
    aivmsim.run("lazy_provider", out=path)
    assert "payoff" in aivmsim.charts(path)
    assert aivmsim.plot(path, "payoff").axes
    assert aivmsim.plot(aivmsim.read(path), "payoff", engine="plotly").data
    with pytest.raises(KeyError, match="did you mean 'payoff'"):
        aivmsim.plot(path, "payof")


def test_a_file_that_is_no_study_is_refused(tmp_path):
    with pytest.raises(aivmsim.StudyError, match="no such file"):
        aivmsim.read(tmp_path / "none.db")
    (tmp_path / "text.db").write_text("hello")
    with pytest.raises(aivmsim.StudyError, match="not an SQLite database"):
        aivmsim.read(tmp_path / "text.db")


@pytest.mark.parametrize("guarded", [True, False])
def test_a_damaged_value_is_one_clear_error_or_a_frame(scenario, guarded, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).resolve().parents[2] / "fuzz" / "tests")
    from damaged_studies import damaged

    whole = tmp_path / "whole.db"
    aivmsim.sweep(
        scenario.replace(**{"tasks.count": 5}), {"vm.slash_bps": [5000, 10000]}, seeds=[1, 2],
        out=whole,
    )  # fmt: skip
    refused = 0
    for what, path in damaged(whole, tmp_path, False, guarded):
        try:
            study = aivmsim.read(path)
            for frame in (study.runs, study.estimates, study.contrasts, study.violations):
                assert frame is not None
            assert study.plan and study._repr_html_() and repr(study)
        except aivmsim.StudyError as error:
            refused += 1
            assert path.name in str(error), what
        except Exception as error:
            raise AssertionError(what) from error
    assert refused > 5


def test_a_wrong_query_is_one_clear_error(tmp_path):
    path = tmp_path / "run.db"
    aivmsim.run("lazy_provider", out=path)
    with pytest.raises(aivmsim.StudyError, match="no such column: nowhere"):
        aivmsim.read(path).query("SELECT nowhere FROM run")


def test_the_command_of_the_package_is_the_program(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "aivmsim", "run", "lazy_provider", "--no-record", "--json"],
        capture_output=True, text=True, cwd=tmp_path, check=True,
    )  # fmt: skip
    assert aivmsim.run("lazy_provider").digest in run.stdout


def test_runs_of_several_scenarios_go_into_one_study(scenario, tmp_path):
    other = scenario.replace(**{"name": "other", "vm.challenge_window_blocks": 40})
    results = [aivmsim.run(each, seed) for each in (scenario, other) for seed in (1, 2)]
    aivmsim.record(results, tmp_path / "both.db")
    runs = aivmsim.read(tmp_path / "both.db").runs
    assert sorted(runs["digest"]) == sorted(result.digest for result in results)
    with pytest.raises(aivmsim.StudyError):
        aivmsim.record([results[0], results[0]], tmp_path / "twice.db")
