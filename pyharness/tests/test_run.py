import sqlite3
import threading
import time

import pandas as pd
import pytest

import aivmsim


@pytest.fixture(scope="module")
def scenario():
    return aivmsim.Scenario.load("lazy_provider").replace(**{"tasks.count": 40})


@pytest.fixture(scope="module")
def result(scenario):
    return aivmsim.run(scenario, seed=3)


def test_two_runs_of_one_seed_have_one_digest(scenario, result):
    again = aivmsim.run(scenario, seed=3)
    assert again.digest == result.digest
    assert len(result.digest) == 32
    without_clock = [
        {k: v for k, v in r.metrics.items() if k != "wall_seconds"} for r in (again, result)
    ]
    pd.testing.assert_series_equal(*map(pd.Series, without_clock))  # where no data equals no data
    assert aivmsim.run(scenario, seed=4).digest != result.digest


def test_a_seed_can_be_text_as_at_the_terminal(scenario, result):
    assert aivmsim.run(scenario, seed="0x3").digest == result.digest
    with pytest.raises(ValueError, match="is no seed"):
        aivmsim.run(scenario, seed="three")
    with pytest.raises(ValueError, match="is no seed"):
        aivmsim.run(scenario, seed=-1)


def test_the_metrics_have_the_fixed_names_and_agree_with_the_rows(result):
    assert set(result.metrics) <= set(aivmsim.METRICS)
    assert result.status == "clean"
    assert result.violations == []
    assert result.metrics["tasks"] == 40 == len(result.tasks)
    assert result.metrics["n_fraud_posted"] == (~result.results["correct"]).sum() > 0
    assert result.metrics["slash_taken"] == result.slashes["taken"].sum()
    assert result.metrics["blocks"] == result.chain["block"].max()
    assert result.metrics["wall_seconds"] > 0
    assert result.invariant_checks > 0


def test_principals_are_listed_with_their_payoffs(result):
    principals = result.principals.set_index("label")
    assert principals.loc["lazy", "strategy"] == "lazy_guess"
    assert not principals.loc["lazy", "honest"]
    assert (
        principals.loc["lazy", "net_nlux"]
        < 0
        < principals.loc["watchers-0", "rewards"] + principals.loc["watchers-1", "rewards"]
    )


def test_every_table_is_a_frame_with_the_columns_of_the_database(scenario, result, tmp_path):
    recorded = aivmsim.run(scenario, seed=3, out=tmp_path / "run.db")
    assert recorded.digest == result.digest
    with sqlite3.connect(tmp_path / "run.db") as database:
        for name in result.table_names():
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({name})")]
            assert ["run_id", *result.table(name).columns] == columns, name
            (rows,) = database.execute(f"SELECT count(*) FROM {name}").fetchone()
            assert rows == len(result.table(name)), name
        assert database.execute("SELECT seed, digest, status FROM run").fetchall() == [
            ("3", result.digest, "clean")
        ]
        assert database.execute("SELECT name, number, unit FROM point_param").fetchall() == [
            ("tasks.count", 40.0, "tasks")
        ]


def test_what_never_happened_is_missing_and_not_a_number(result):
    assert result.results["commit_block"].dtype == "Int64"
    assert result.tasks["correct"].dtype == "boolean"
    assert result.tasks["submit_block"].dtype == "int64"


def test_an_unknown_table_is_reported_with_the_known_ones(result):
    with pytest.raises(KeyError, match="there are principal, agent, task"):
        result.table("tasks")


def test_an_unknown_strategy_is_one_clear_error(scenario):
    with pytest.raises(aivmsim.ScenarioError, match="lazy_gues"):
        aivmsim.run(scenario.replace(**{"provider.lazy.strategy": "lazy_gues"}))


def test_a_database_that_cannot_be_written_is_one_clear_error(scenario, tmp_path):
    with pytest.raises(aivmsim.StudyError, match="nowhere"):
        aivmsim.run(scenario, out=tmp_path / "nowhere" / "run.db")
    assert list(tmp_path.iterdir()) == []


def test_an_expected_violation_is_reported_and_the_run_is_clean():
    result = aivmsim.run(aivmsim.Scenario.load("unbond_escape"))
    assert result.status == "clean"
    assert [violation.invariant for violation in result.violations] == result.scenario.get("expect")
    assert all(violation.expected and violation.message for violation in result.violations)


def test_other_threads_go_on_while_a_run_goes_on(scenario):
    done = threading.Event()

    def work():
        aivmsim.run(scenario.replace(**{"tasks.count": 300}))
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    turns = 0
    while not done.is_set():
        turns += 1
        time.sleep(0.001)
    thread.join()
    assert turns > 5  # with the lock held the loop would not get one turn during the run


def test_ctrl_c_ends_a_run(scenario, ctrl_c_soon):
    endless = scenario.replace(**{"tasks.count": 1_000_000, "run.max_time": "300d"})
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        aivmsim.run(endless)
    assert time.monotonic() - begin < 60
