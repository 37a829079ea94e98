"""A damaged database is one clear error, or a page; never a traceback. AIVM_DAMAGED=all replaces
every column by every value."""

import os
import sqlite3
import sys
from pathlib import Path

import pytest
from conftest import ROOT, StudyFile, make_run, make_sweep

from aivmsim_report.__main__ import main

sys.path.insert(0, str(ROOT / "fuzz" / "tests"))

from damaged_studies import damaged  # noqa: E402

EVERY = os.environ.get("AIVM_DAMAGED") == "all"


def small_run(path: Path) -> Path:
    """A run with few rows, so that copies are quick."""
    make_run(path, violated=True)
    db = sqlite3.connect(path)
    for table, column in (("task", "task"), ("result", "task"), ("chain_stat", "block")):
        db.execute(f"DELETE FROM {table} WHERE {column} >= 40")
        db.execute(
            f"UPDATE run SET row_counts = json_set(row_counts, '$.{table}',"
            f" (SELECT count(*) FROM {table}))"
        )
    db.commit()
    db.execute("VACUUM")
    db.close()
    return path


def small_sweep(path: Path) -> Path:
    return make_sweep(path, [10, 50], [30], seeds=2, tasks=2)


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("make", [small_run, small_sweep])
def test_a_damaged_value_is_one_clear_error_or_a_page(make, guarded, tmp_path, capsys):
    whole = make(tmp_path / "whole.db")
    page = tmp_path / "page.html"
    refused = 0
    for what, path in damaged(whole, tmp_path, EVERY, guarded):
        try:
            code = main([str(path), "-o", str(page)])
        except BaseException as error:
            raise AssertionError(what) from error
        said = capsys.readouterr().err
        assert code in (0, 2), what
        if code == 2:
            refused += 1
            assert len(said.splitlines()) == 1 and path.name in said, f"{what}: {said}"
    assert refused > 5


def test_the_name_of_a_table_or_a_column_that_is_not_there_is_in_the_error(tmp_path, capsys):
    path = small_run(tmp_path / "run.db")
    db = sqlite3.connect(path)
    db.execute("ALTER TABLE payoff RENAME COLUMN net_nlux TO other")
    db.commit()
    db.close()
    assert main([str(path), "-o", str(tmp_path / "page.html")]) == 2
    assert "is damaged: no such column: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "change, words",
    [
        ("UPDATE run SET seed = 'x'", "table run: a seed that is no number"),
        ("DELETE FROM point", "table run: a row of a point that is not there"),
        ("DELETE FROM study", "table run: a run of a study that is not there"),
    ],
)
def test_rows_that_refer_to_nothing_are_named(change, words, tmp_path, capsys):
    study = StudyFile(tmp_path / "run.db")
    study.point(7)
    study.run(70, 7)
    study.close()
    db = sqlite3.connect(study.path)
    db.execute(change)
    db.commit()
    db.close()
    assert main([str(study.path), "-o", str(tmp_path / "page.html")]) == 2
    assert f"is damaged: {words}" in capsys.readouterr().err
