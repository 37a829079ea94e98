"""Recorded workloads for the key ``tasks.trace``, from CSV or Parquet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

_NS_PER_S = 10**9
#: Columns of the program's own form, and of the public Azure LLM inference traces.
_OWN = ("arrival_s", "input", "output", "model")
_AZURE = {"TIMESTAMP": "arrival_s", "ContextTokens": "input", "GeneratedTokens": "output"}


def workload_trace(
    path: str | os.PathLike[str], columns: Mapping[str, str] | None = None
) -> str:
    """A recorded workload as the CSV text that the key ``tasks.trace`` takes.

    ``scenario.replace(**{"tasks.trace": "trace.parquet"})`` calls this by itself.

    Parameters
    ----------
    path : str or path-like
        A Parquet file (``.parquet``), which needs fastparquet or pyarrow
        (``pip install 'aivmsim[parquet]'``), or else a CSV file. Its columns are ``arrival_s``
        (seconds, or points in time), ``input`` and ``output`` (sizes) and ``model`` (a number from
        0), of which only the first must be there; or ``TIMESTAMP``, ``ContextTokens`` and
        ``GeneratedTokens``, as in the public Azure LLM inference traces.
    columns : mapping, optional
        What those columns are called in the file, such as ``{"arrival_s": "time"}``.

    Returns
    -------
    str
        A table with a line per task: arrivals in s after the first task, sizes in the units of
        the file.

    Raises
    ------
    ImportError
        A Parquet file, and no package that reads it.
    ValueError
        A column that is missing, or a value that is no time or no whole number; the text names it.

    Examples
    --------
    >>> import aivmsim, os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "trace.csv")
    >>> with open(path, "w") as file:
    ...     _ = file.write("time,tokens\\n5.0,800\\n7.25,100\\n")
    >>> text = aivmsim.workload_trace(path, {"arrival_s": "time", "input": "tokens"})
    >>> print(text, end="")
    arrival_s,input
    0.000000000,800
    2.250000000,100
    >>> scenario = aivmsim.Scenario.load("trace_workload")
    >>> changed = scenario.replace(**{"tasks.trace": text, "tasks.count": 2})
    """
    file = Path(path)
    named = _named(_read(file), file, columns or {})
    if named.empty:
        raise ValueError(f"{file}: there is no task in it")
    lines = [",".join(named.columns)]
    texts = [_seconds(named["arrival_s"], file)]
    texts += [_whole(named[name], file) for name in named.columns[1:]]
    lines += [",".join(row) for row in zip(*texts, strict=True)]
    return "\n".join(lines) + "\n"


def is_parquet(value: object) -> bool:
    """Whether the value of ``tasks.trace`` is the path of a Parquet file."""
    return isinstance(value, str | os.PathLike) and os.fspath(value).endswith(".parquet")


def _read(file: Path) -> pd.DataFrame:
    if not is_parquet(file):
        return pd.read_csv(file)
    try:
        return pd.read_parquet(file, engine="pyarrow")
    except ImportError:
        pass
    try:
        import fastparquet
    except ImportError as error:
        raise ImportError(
            f"{file}: reading Parquet needs fastparquet or pyarrow; "
            "pip install 'aivmsim[parquet]', or write the table as CSV"
        ) from error
    return fastparquet.ParquetFile(os.fspath(file)).to_pandas()


def _named(frame: pd.DataFrame, file: Path, columns: Mapping[str, str]) -> pd.DataFrame:
    """The columns of the trace, called by their own names and in their own order."""
    for name, of_file in columns.items():
        if name not in _OWN:
            raise ValueError(f"{name!r} is no column of a trace; there are {', '.join(_OWN)}")
        if of_file not in frame:
            raise ValueError(
                f"{file} has no column {of_file!r}; it has {', '.join(map(str, frame.columns))}"
            )
    names = {of_file: name for name, of_file in columns.items()} or (
        _AZURE if _AZURE.keys() <= set(frame.columns) else {}
    )
    frame = frame.rename(columns=names)
    if "arrival_s" not in frame:
        raise ValueError(
            f"{file} has neither the column arrival_s nor those of an Azure LLM inference trace "
            f"({', '.join(_AZURE)}); it has {', '.join(map(str, frame.columns))}: say which is "
            "which with columns={'arrival_s': ...}"
        )
    return frame[[name for name in _OWN if name in frame]]


def _seconds(arrivals: pd.Series, file: Path) -> list[str]:
    """In s after the first, exact to the nanosecond; times of texts are points in time."""
    if not pd.api.types.is_numeric_dtype(arrivals):
        try:
            arrivals = pd.to_datetime(arrivals).astype("datetime64[ns]").astype("int64")
        except (ValueError, TypeError) as error:
            raise ValueError(f"{file}: arrival_s: {error}") from None
        ns = [int(value) for value in arrivals]
    else:
        if arrivals.isna().any():
            raise ValueError(f"{file}: arrival_s: row {_first(arrivals.isna())} has no value")
        ns = [int(round(Decimal(str(value)) * _NS_PER_S)) for value in arrivals]
    after = [value - ns[0] for value in ns]
    if min(after) < 0 or any(b < a for a, b in zip(after, after[1:], strict=False)):
        row = next(i for i in range(1, len(after)) if after[i] < after[i - 1])
        raise ValueError(f"{file}: arrival_s: row {row} is earlier than the row before; sort it")
    return [f"{value // _NS_PER_S}.{value % _NS_PER_S:09d}" for value in after]


def _whole(values: pd.Series, file: Path) -> list[str]:
    numbers = pd.to_numeric(values, errors="coerce")
    wrong = numbers.isna() | (numbers < 0) | (numbers % 1 != 0)
    if wrong.any():
        row = _first(wrong)
        raise ValueError(
            f"{file}: {values.name}: row {row} has {values.iloc[row]!r} and not a whole number"
        )
    return [str(int(value)) for value in numbers]


def _first(flags: Any) -> int:
    return int(flags.to_numpy().argmax())
