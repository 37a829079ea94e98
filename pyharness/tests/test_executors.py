"""A sweep on every kind of executor gives the frame that threads give."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

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
        pd.testing.assert_frame_equal(aivmsim.sweep(scenario, OVER, seeds=[7, 8], executor=executor), frame)


def test_a_dask_cluster(scenario, frame, tmp_path):
    pytest.importorskip("distributed", reason="dask[distributed] is not installed")
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path / "dask")
        ) as cluster,
        Client(cluster) as client,
    ):
        executor = client.get_executor()
        remote = aivmsim.sweep(scenario, OVER, seeds=[7, 8], executor=executor, out=tmp_path / "dask.db")
        where = client.run(os.getpid)
    pd.testing.assert_frame_equal(remote, frame)
    assert len(set(where.values()) - {os.getpid()}) == 2  # workers were processes of their own
    assert (tmp_path / "dask.db").stat().st_size > 0


def test_an_mpi_pool(scenario, frame):
    futures = pytest.importorskip(
        "mpi4py.futures", reason="mpi4py is not installed, or there is no MPI library", exc_type=ImportError
    )
    with futures.MPIPoolExecutor(2) as executor:
        pd.testing.assert_frame_equal(aivmsim.sweep(scenario, OVER, seeds=[7, 8], executor=executor), frame)
