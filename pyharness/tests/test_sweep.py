import os
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pandas as pd
import pytest

import aivmsim

OVER = {"vm.challenge_window_blocks": [2, 5], "validator.censors.count": [4, 10]}


@pytest.fixture(scope="module")
def scenario():
    return aivmsim.Scenario.load("censorship").replace(**{"tasks.count": 20})


@pytest.fixture(scope="module")
def frame(scenario):
    return aivmsim.sweep(scenario, over=OVER, seeds=[7, 8], jobs=1)


def test_there_is_a_row_for_every_point_and_seed_in_the_order_of_the_grid(frame):
    keys = frame[["vm.challenge_window_blocks", "validator.censors.count", "seed"]]
    assert list(keys.itertuples(index=False, name=None)) == [
        (window, censors, seed) for window in (2, 5) for censors in (4, 10) for seed in (7, 8)
    ]
    others = {"seed", "status", "digest", "violations", "n_final_corrupt", "n_final"}
    assert set(frame.columns) - set(OVER) - others <= set(aivmsim.METRICS)
    shares = frame["n_final_corrupt"] / frame["n_final"]
    assert shares.tolist() == pytest.approx(frame["p_final_corrupt"].tolist())
    assert frame["n_final_corrupt"].tolist() == frame["n_fraud_missed"].tolist()
    assert set(frame["status"]) == {"clean"}


def test_the_frame_does_not_depend_on_the_number_of_threads(scenario, frame):
    pd.testing.assert_frame_equal(aivmsim.sweep(scenario, over=OVER, seeds=[7, 8], jobs=2), frame)
    pd.testing.assert_frame_equal(aivmsim.sweep(scenario, over=OVER, seeds=[7, 8]), frame)


def test_a_row_is_the_run_of_its_point_and_seed(scenario, frame):
    last = frame.iloc[-1]
    point = scenario.replace(**{key: int(last[key]) for key in OVER})
    result = aivmsim.run(point, seed=int(last["seed"]))
    assert result.digest == last["digest"]
    assert result.metrics["n_fraud_posted"] == last["n_fraud_posted"]


def test_a_process_pool_returns_the_same_frame_and_database(scenario, frame, tmp_path):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        processes = aivmsim.sweep(
            scenario, over=OVER, seeds=[7, 8], executor=executor, out=tmp_path / "processes.db"
        )
    pd.testing.assert_frame_equal(processes, frame)
    aivmsim.sweep(scenario, over=OVER, seeds=[7, 8], jobs=2, out=tmp_path / "threads.db")
    assert digests_in(tmp_path / "processes.db") == digests_in(tmp_path / "threads.db")
    assert sorted(row[2] for row in digests_in(tmp_path / "threads.db")) == sorted(frame["digest"])
    assert sorted(os.listdir(tmp_path)) == ["processes.db", "threads.db"]


def digests_in(path):
    with sqlite3.connect(path) as database:
        return database.execute(
            "SELECT point_id, seed, digest FROM run JOIN point_param USING (point_id) "
            "WHERE name = 'vm.challenge_window_blocks' AND number IN (2, 5) ORDER BY point_id, seed"
        ).fetchall()


def test_points_share_their_seeds(frame):
    assert frame.groupby(list(OVER))["seed"].apply(list).tolist() == [[7, 8]] * 4


def test_an_empty_grid_is_the_scenario_as_it_is(scenario):
    frame = aivmsim.sweep(scenario, over={}, seeds=[7])
    assert frame["digest"].tolist() == [aivmsim.run(scenario, seed=7).digest]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"over": {"tasks.count": []}}, "tasks.count: the range is empty"),
        ({"over": {"tasks.count": 5}}, "tasks.count: 5 is no list of values"),
        ({"over": {"tasks.cuont": [5]}}, 'did you mean "tasks.count"'),
        ({"over": {"tasks.count": [5, -1]}}, "tasks.count=-1: error"),
        ({"over": {"tasks.count": [5, "5"]}}, "tasks.count=5 and tasks.count=5 are the same point"),
        ({"over": {"provider.lazy.strategy": ["honest", "lazy"]}}, "provider.lazy.strategy=lazy: "),
        ({"seeds": []}, "seeds: the range is empty"),
        ({"seeds": [1, "0x1"]}, "a seed is given twice"),
        ({"seeds": ["one"]}, "is no seed"),
        ({"seeds": 8}, r"seeds: 8 is no list of seeds; write \[8\]"),
        ({"jobs": 0}, "jobs is 0"),
    ],
)
def test_what_cannot_be_swept_is_one_clear_error_before_anything_runs(
    scenario, monkeypatch, changes, text
):
    monkeypatch.setattr(aivmsim._core, "run", None)
    with pytest.raises(ValueError, match=text):
        aivmsim.sweep(
            **{"scenario": scenario, "over": {"tasks.count": [5]}, "seeds": [1], **changes}
        )


def test_a_run_that_fails_is_named_by_point_and_seed(scenario, monkeypatch):
    run = aivmsim._core.run

    def fail_for_seed_8(loaded, seed, **rest):
        if seed == "8" and loaded.get("vm.challenge_window_blocks") == 5:
            raise MemoryError("no memory")
        return run(loaded, seed, **rest)

    monkeypatch.setattr(aivmsim._core, "run", fail_for_seed_8)
    text = "vm.challenge_window_blocks=5, seed 8: no memory"
    with pytest.raises(aivmsim.SweepError, match=text) as raised:
        aivmsim.sweep(scenario, {"vm.challenge_window_blocks": [2, 5]}, seeds=[7, 8])
    assert isinstance(raised.value.__cause__, MemoryError)


def test_a_database_that_cannot_be_written_is_reported_before_anything_runs(
    scenario, monkeypatch, tmp_path
):
    monkeypatch.setattr(aivmsim._core, "run", None)
    with pytest.raises(aivmsim.StudyError, match="nowhere"):
        aivmsim.sweep(scenario, {}, out=tmp_path / "nowhere" / "study.db")


def test_ctrl_c_ends_a_sweep_and_leaves_only_whole_runs(scenario, tmp_path, ctrl_c_soon):
    endless = scenario.replace(**{"tasks.count": 1_000_000, "run.max_time": "300d"})
    with pytest.raises(KeyboardInterrupt):
        aivmsim.sweep(endless, {}, seeds=range(20), out=tmp_path / "study.db")
    assert [path.name for path in tmp_path.iterdir()] == ["study.db.partial"]
    assert aivmsim.read(tmp_path / "study.db").runs.empty
