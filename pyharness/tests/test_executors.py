"""A sweep on every kind of executor returns the frame that threads return."""

import importlib.util
import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pytest

import aivmsim

OVER = {"vm.challenge_window_blocks": [2, 5], "chain.censoring_share": ["50%", "80%"]}


@pytest.fixture(scope="module")
def scenario():
    return aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 50})


@pytest.fixture(scope="module")
def frame(scenario):
    return aivmsim.sweep(scenario, OVER, seeds=[7, 8], jobs=2)


def test_a_process_pool(scenario, frame):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        pd.testing.assert_frame_equal(
            aivmsim.sweep(scenario, OVER, seeds=[7, 8], executor=executor), frame
        )


def test_a_dask_cluster(scenario, frame, tmp_path):
    pytest.importorskip("distributed", reason="dask[distributed] is not installed")
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=str(tmp_path / "dask"),
        ) as cluster,
        Client(cluster) as client,
    ):
        executor = client.get_executor()
        remote = aivmsim.sweep(
            scenario, OVER, seeds=[7, 8], executor=executor, out=tmp_path / "dask.db"
        )
        where = client.run(os.getpid)
    pd.testing.assert_frame_equal(remote, frame)
    assert len(set(where.values()) - {os.getpid()}) == 2  # workers were processes of their own
    assert (tmp_path / "dask.db").stat().st_size > 0


MPI_PROGRAM = """
import os, sys
import aivmsim
from mpi4py import MPI
from mpi4py.futures import MPIPoolExecutor

@aivmsim.strategy("silent")
class Silent(aivmsim.ProviderStrategy):
    def answer(self, view):
        return None

def where(_):
    return MPI.COMM_WORLD.Get_rank(), os.getpid()

if __name__ == "__main__":
    scenario = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 50})
    over = {"vm.challenge_window_blocks": [2, 5], "chain.censoring_share": ["50%", "80%"]}
    with MPIPoolExecutor() as executor:
        frame = aivmsim.sweep(scenario, over, seeds=[7, 8], executor=executor, out=sys.argv[1])
        over = {"provider.lazy.strategy": ["python:silent"]}
        mine = aivmsim.sweep(scenario, over, seeds=[7], executor=executor)
        ranks = set(executor.map(where, range(64)))
    frame.to_pickle(sys.argv[2])
    print(mine["n_fraud_posted"].sum(), len(ranks), os.getpid() in {pid for _, pid in ranks})
"""


def test_an_mpi_pool(frame, tmp_path):
    """In a process of its own: importing mpi4py starts MPI, which may end its process."""
    if importlib.util.find_spec("mpi4py") is None:
        pytest.skip("mpi4py is not installed: pip install mpi4py mpich")
    launcher = shutil.which(
        "mpiexec", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    if launcher is None:
        pytest.skip("there is no mpiexec: pip install mpich, or the MPI of the system")
    program = tmp_path / "program.py"
    program.write_text(MPI_PROGRAM)
    # Open MPI wants to be told that root and more processes than processors are meant; others do
    # not look.
    allowed = {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
    }
    command = [
        launcher,
        "-n",
        "3",
        sys.executable,
        "-m",
        "mpi4py.futures",
        program,
        tmp_path / "mpi.db",
        tmp_path / "frame",
    ]
    done = subprocess.run(
        command, env=os.environ | allowed, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        "0",
        "2",
        "False",
    ]  # the strategy travelled, and two other processes worked
    pd.testing.assert_frame_equal(pd.read_pickle(tmp_path / "frame"), frame)
    with sqlite3.connect(tmp_path / "mpi.db") as database:
        assert database.execute("SELECT count(*) FROM run").fetchone() == (len(frame),)
