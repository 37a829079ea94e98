"""A campaign in shards on an executor is the campaign that one process makes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import aivmsim


@pytest.fixture(scope="module")
def scenario():
    return aivmsim.Scenario.load("safe_window").replace(
        **{"tasks.count": 10, "run.fidelity": "economic"}
    )


def seeds(found):
    return sorted(found["seeds"])


def test_shards_in_threads_make_the_runs_of_the_whole(scenario, tmp_path):
    whole = aivmsim.campaign(scenario, tmp_path / "whole", seed=3, arguments=["--runs", "6"])
    parts = aivmsim.campaign(
        scenario, tmp_path / "parts", seed=3, shards=3, arguments=["--runs", "2"]
    )
    assert parts["runs"] == whole["runs"] == 6
    assert seeds(parts) == seeds(whole)
    assert len(set(seeds(parts))) == 6
    assert parts["exit_code"] == 0


def test_what_a_shard_finds_is_in_the_joined_folder(tmp_path):
    leaving = aivmsim.Scenario.load("unbond_escape").replace(
        **{"expect": [], "tasks.count": 40, "run.fidelity": "economic"}
    )
    found = aivmsim.campaign(
        leaving, tmp_path / "c", seed=5, shards=2,
        arguments=["--runs", "1", "--shrink-tries", "20"],
    )
    assert found["exit_code"] == 1
    (defect,) = found["defects"]
    assert defect["invariant"] == "E3"
    assert (tmp_path / "c" / "findings" / defect["finding"] / "finding.json").exists()


def test_bad_requests_are_one_clear_error(scenario, tmp_path):
    with pytest.raises(aivmsim.CampaignError, match="exists already"):
        aivmsim.campaign(scenario, tmp_path, seed=1)
    with pytest.raises(aivmsim.CampaignError, match="at least one shard"):
        aivmsim.campaign(scenario, tmp_path / "x", seed=1, shards=0)
    with pytest.raises(aivmsim.CampaignError, match="--runs"):
        aivmsim.campaign(scenario, tmp_path / "x", seed=1, arguments=["--runs", "-1"])


def test_a_local_dask_cluster_from_the_command_line(scenario, tmp_path):
    pytest.importorskip("distributed", reason="dask[distributed] is not installed")
    path = tmp_path / "scenario.toml"
    path.write_text(scenario.to_toml())
    program = Path(aivmsim.__file__).parent / "bin" / "aivmsim"
    done = subprocess.run(
        [program, "campaign", path, "--executor", "dask", "--seed", "3", "--shards", "2",
         "--runs", "4", "--out", tmp_path / "c"],
        env={**os.environ, "AIVMSIM_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["runs"] == 4
    assert found["shards"] == 1
