"""Workloads from CSV and Parquet files."""

import datetime
import sys

import pandas as pd
import pytest

import aivmsim

OWN = pd.DataFrame(
    {"arrival_s": [10.5, 10.5, 12.000000001], "input": [800, 0, 7], "model": [0, 1, 0]}
)
TEXT = "arrival_s,input,model\n0.000000000,800,0\n0.000000000,0,1\n1.500000001,7,0\n"
START = datetime.datetime(2023, 11, 16, 18, 17, 3, 979960)
AZURE = pd.DataFrame({
    "TIMESTAMP": [START, START + datetime.timedelta(seconds=2, microseconds=5)],
    "ContextTokens": [4808, 110], "GeneratedTokens": [10, 27],
})  # fmt: skip
AZURE_TEXT = "arrival_s,input,output\n0.000000000,4808,10\n2.000005000,110,27\n"


def written(frame: pd.DataFrame, path):
    """The frame as a Parquet file."""
    fastparquet = pytest.importorskip("fastparquet", reason="comes with the extra `parquet`")
    fastparquet.write(str(path), frame)
    return path


def test_a_parquet_file_is_the_csv_of_a_trace(tmp_path):
    assert aivmsim.workload_trace(written(OWN, tmp_path / "own.parquet")) == TEXT
    assert aivmsim.workload_trace(written(AZURE, tmp_path / "azure.parquet")) == AZURE_TEXT


def test_a_run_plays_a_parquet_file_as_it_plays_the_same_csv(tmp_path):
    path = written(AZURE, tmp_path / "azure.parquet")
    csv = tmp_path / "azure.csv"
    AZURE.assign(TIMESTAMP=AZURE["TIMESTAMP"].dt.strftime("%Y-%m-%d %H:%M:%S.%f")).to_csv(
        csv, index=False
    )
    scenario = aivmsim.Scenario.load("trace_workload")
    for given in (path, str(path)):
        by_parquet = scenario.replace(**{"tasks.trace": given, "tasks.count": 2})
        by_csv = scenario.replace(**{"tasks.trace": csv, "tasks.count": 2})
        assert aivmsim.run(by_parquet).digest == aivmsim.run(by_csv).digest


def test_columns_of_other_names_are_named(tmp_path):
    frame = OWN.rename(columns={"arrival_s": "at", "input": "tokens", "model": "which"})
    frame.to_csv(tmp_path / "other.csv", index=False)
    names = {"arrival_s": "at", "input": "tokens", "model": "which"}
    assert aivmsim.workload_trace(tmp_path / "other.csv", names) == TEXT
    with pytest.raises(ValueError, match="has no column 'when'; it has at, tokens, which"):
        aivmsim.workload_trace(tmp_path / "other.csv", {"arrival_s": "when"})
    with pytest.raises(ValueError, match="'size' is no column of a trace"):
        aivmsim.workload_trace(tmp_path / "other.csv", {"size": "tokens"})
    with pytest.raises(ValueError, match="say which is which with columns="):
        aivmsim.workload_trace(tmp_path / "other.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("arrival_s,input\n0,1\n1,2.5\n", "input: row 1 has .*2.5.* and not a whole number"),
        ("arrival_s,input\n0,1\n1,\n", "input: row 1 has .*nan.* and not a whole number"),
        ("arrival_s,input\n0,-1\n", "input: row 0"),
        ("arrival_s\n5\n4\n", "arrival_s: row 1 is earlier than the row before"),
        ("arrival_s\nyesterday at noon\n", "arrival_s: "),
        ("arrival_s,input\n1,1\n,1\n", "arrival_s: row 1 has no value"),
        ("arrival_s\n", "there is no task in it"),
    ],
)
def test_an_error_names_the_row(tmp_path, text, message):
    (tmp_path / "trace.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        aivmsim.workload_trace(tmp_path / "trace.csv")


def test_without_a_package_that_reads_parquet_the_error_names_the_mend(tmp_path, monkeypatch):
    for name in ("fastparquet", "pyarrow"):
        monkeypatch.setitem(sys.modules, name, None)
    (tmp_path / "trace.parquet").write_bytes(b"PAR1")
    with pytest.raises(ImportError, match=r"pip install 'aivmsim\[parquet\]'"):
        aivmsim.workload_trace(tmp_path / "trace.parquet")
