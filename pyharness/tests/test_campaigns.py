"""A campaign in shards on an executor is the campaign that one process makes."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

import aivmsim
from aivmsim import campaigns


@pytest.fixture(scope="module")
def scenario():
    return aivmsim.Scenario.load("safe_window").replace(
        **{"tasks.count": 10, "run.fidelity": "economic"}
    )


@pytest.fixture(scope="module")
def leaving():
    """Violates E3 in every run."""
    return aivmsim.Scenario.load("unbond_escape").replace(
        **{"expect": [], "tasks.count": 40, "run.fidelity": "economic"}
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


def test_what_a_shard_finds_is_in_the_joined_folder(leaving, tmp_path):
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


def program_that(tmp_path, monkeypatch, shard, does):
    """Puts a script in the place of the program: for one shard it does this, else it is the
    program."""
    path = tmp_path / "aivmsim"
    path.write_text(
        f"""#!/bin/sh
real={campaigns._program()}
case "$*" in *"--shard {shard} "*)
{does}
esac
exec "$real" "$@"
"""
    )
    path.chmod(0o755)
    monkeypatch.setattr(campaigns, "_program", lambda: str(path))
    return path


def test_a_shard_that_fails_costs_its_own_runs_only(scenario, tmp_path, monkeypatch):
    program_that(tmp_path, monkeypatch, "2/3", "echo no memory >&2; exit 3")
    found = aivmsim.campaign(
        scenario, tmp_path / "c", seed=3, shards=3, arguments=["--runs", "2"]
    )
    assert found["shard_errors"] == {"2/3": "no memory"}
    assert found["missing_shards"] == ["2/3"]
    assert found["exit_code"] == 4
    assert found["runs"] == len(set(seeds(found))) == 4
    whole = aivmsim.campaign(scenario, tmp_path / "whole", seed=3, arguments=["--runs", "6"])
    assert set(seeds(found)) < set(seeds(whole))


def test_a_shard_that_is_killed_gives_what_it_has_logged(scenario, tmp_path, monkeypatch):
    program_that(tmp_path, monkeypatch, "1/2", '"$real" "$@"; kill -KILL $$')
    found = aivmsim.campaign(
        scenario, tmp_path / "c", seed=3, shards=2, arguments=["--runs", "2"]
    )
    assert found["shard_errors"] == {"1/2": "aivmsim ended with -9"}
    assert found["missing_shards"] == []
    assert (found["exit_code"], found["runs"]) == (4, 4)


def test_a_violation_counts_more_than_a_shard_that_is_missing(leaving, tmp_path, monkeypatch):
    program_that(tmp_path, monkeypatch, "2/2", "exit 3")
    found = aivmsim.campaign(
        leaving, tmp_path / "c", seed=5, shards=2,
        arguments=["--runs", "1", "--shrink-tries", "0"],
    )  # fmt: skip
    assert found["exit_code"] == 1
    assert list(found["shard_errors"]) == ["2/2"]


def test_an_executor_that_breaks_loses_no_shard_that_came_back(scenario, tmp_path):
    class Breaking(ThreadPoolExecutor):
        def submit(self, function, shard):
            if shard.number == 3:
                raise BrokenExecutor("a child was killed")
            if shard.number == 2:
                return super().submit(self.fail)
            return super().submit(function, shard)

        def fail(self):
            raise OSError("the connection was closed")

    with Breaking(2) as executor:
        found = aivmsim.campaign(
            scenario, tmp_path / "c", seed=3, shards=3, arguments=["--runs", "2"],
            executor=executor,
        )  # fmt: skip
    assert list(found["shard_errors"]) == ["2/3", "3/3"]
    assert "a child was killed" in found["shard_errors"]["3/3"]
    assert "the connection was closed" in found["shard_errors"]["2/3"]
    assert (found["exit_code"], found["runs"]) == (4, 2)


def test_without_any_shard_the_error_names_all_of_them(scenario, tmp_path, monkeypatch):
    program_that(tmp_path, monkeypatch, "1/1", "exit 3")
    with pytest.raises(aivmsim.CampaignError, match="no shard came back: 1/1: ") as caught:
        aivmsim.campaign(scenario, tmp_path / "c", seed=3)
    assert caught.value.exit_code == 4
    assert not (tmp_path / "c").exists()


def test_parts_that_cannot_be_joined_are_kept(scenario, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(aivmsim.CampaignError, match="the parts are kept in ") as caught:
        aivmsim.campaign(
            scenario, tmp_path / "file" / "c", seed=3, shards=2, arguments=["--runs", "1"]
        )
    kept = Path(str(caught.value).rsplit(" ", 1)[1])
    assert sorted(path.name for path in kept.iterdir()) == ["1", "2"]
    shutil.rmtree(kept)


def test_files_for_ci_are_written_where_the_caller_is(scenario, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    aivmsim.campaign(
        scenario, "c", seed=3, arguments=["--runs", "1", "--junit=j.xml", "--sarif=s.sarif"]
    )
    assert (tmp_path / "j.xml").exists() and (tmp_path / "s.sarif").exists()


# Fields of SARIF 2.1.0 that this reader leaves out; Microsoft's object model (sarif-om) has them.
NOT_IN_SARIF_PYDANTIC = {"sarif.runs.columnKind", "sarif.runs.results.occurrenceCount"}


def unknown_fields(model, at="sarif"):
    """Paths of what the file has and the format, as sarif_pydantic knows it, has not."""
    yield from (f"{at}.{name}" for name in model.model_extra or {})
    for name in type(model).model_fields:
        value = getattr(model, name)
        for one in value if isinstance(value, list) else [value]:
            if hasattr(one, "model_fields_set"):
                yield from unknown_fields(one, f"{at}.{name}")


def test_readers_that_are_not_ours_understand_the_files_for_ci(leaving, tmp_path):
    sarif_pydantic = pytest.importorskip("sarif_pydantic", reason="it is not installed")
    junitparser = pytest.importorskip("junitparser", reason="it is not installed")
    j, s = tmp_path / "j.xml", tmp_path / "s.sarif"
    found = aivmsim.campaign(
        leaving, tmp_path / "c", seed=3,
        arguments=["--runs", "4", "--shrink-tries", "0", f"--junit={j}", f"--sarif={s}"],
    )
    names = [defect["invariant"] for defect in found["defects"]]
    assert names == ["E3"]

    log = sarif_pydantic.Sarif.model_validate_json(s.read_text())
    assert set(unknown_fields(log)) <= NOT_IN_SARIF_PYDANTIC
    assert [result.rule_id for result in log.runs[0].results] == names

    suites = junitparser.JUnitXml.fromfile(str(j))
    failed = [case for suite in suites for case in suite if not case.is_passed]
    assert suites.failures == len(failed) == len(names)
    assert [case.name.split()[1] for case in failed] == names


def test_a_dask_worker_that_dies_loses_no_shard(scenario, tmp_path):
    pytest.importorskip("distributed", reason="dask[distributed] is not installed")
    from distributed import Client, LocalCluster

    # The first attempt at shard 2 kills its worker, whatever worker that is.
    once = tmp_path / "killed"

    def sabotage(path=str(tmp_path / "aivmsim"), once=str(once)):
        from pathlib import Path

        from aivmsim import campaigns

        script = Path(path)
        real = campaigns._program()
        script.write_text(
            f'#!/bin/sh\ncase "$*" in *"--shard 2/3 "*) if ! [ -e {once} ]; then touch {once};'
            f' kill -KILL $PPID; sleep 60; fi;; esac\nexec {real} "$@"\n'
        )
        script.chmod(0o755)
        campaigns._program = lambda: path

    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=str(tmp_path / "dask"),
        ) as cluster,
        Client(cluster) as client,
    ):
        client.run(sabotage)
        found = aivmsim.campaign(
            scenario, tmp_path / "c", seed=3, shards=3, arguments=["--runs", "2"],
            executor=client.get_executor(),
        )  # fmt: skip
    assert once.exists()
    assert found["shard_errors"] == {}
    assert (found["exit_code"], found["runs"], len(set(seeds(found)))) == (0, 6, 6)


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
