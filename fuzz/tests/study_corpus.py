"""Writes the corpus of study_file_fuzz: whole files of several versions, and edits that damage one.
Run: study_corpus.py AIVMSIM FOLDER, or study_corpus.py --check FOLDER

The form of an input is described in fuzz/study_file_fuzz.cpp. The numbers of tables and columns are
those of the schema of the program that writes the files.
"""

import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = """
name = "tiny"
[run]
fidelity = "economic"
[tasks]
count = 2
feature_rows = 64
[vm]
challenge_window_blocks = 5
challenge_reveal_blocks = 5
[[provider]]
name = "p"
"""
# The values of kValues in study_file_fuzz.cpp, by number.
NULL, MINUS_ONE, ZERO, TWO_32, MOST, LEAST, INFINITY, WORD, BYTES, NOT_UTF8 = (
    0, 1, 2, 4, 5, 6, 8, 11, 12, 13)  # fmt: skip
GUARDED, OPEN = b"\1", b"\2"


def tables():
    """Name and columns of each table, in the order of the program."""
    db = sqlite3.connect(":memory:")
    db.executescript((ROOT / "sim/record/schema.sql").read_text())
    names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
    return {
        name: [row[1] for row in db.execute(f"PRAGMA table_info({name})")]
        for (name,) in names.fetchall()
    }


SCHEMA = tables()


def place(column):
    """The bytes that name a table and a column, of "table.column"."""
    table, name = column.split(".")
    return bytes([list(SCHEMA).index(table), SCHEMA[table].index(name)])


def value(column, number, row=0):
    return b"v" + place(column) + bytes([row, number])


def text(column, words, row=0):
    return b"s" + place(column) + bytes([row, len(words)]) + words


def deleted(table, row=0):
    return b"d" + bytes([list(SCHEMA).index(table), row])


def byte(offset, new):
    return b"b" + offset.to_bytes(3, "big") + bytes([new])


EDITS = {
    "whole": GUARDED,
    "whole_without_guards": OPEN,
    "cut": GUARDED + b"t" + (5000).to_bytes(3, "big"),
    "other_application": GUARDED + byte(68, 0),
    "newer_version": GUARDED + byte(63, 99),
    "older_version": GUARDED + byte(63, 1),
    "page_size": GUARDED + byte(16, 3),
    "root_page": GUARDED + byte(100, 0),
    "schema_text": GUARDED + byte(4000, ord("x")),
    "page_in_the_middle": GUARDED + b"".join(byte(8192 + i, 0xFF) for i in range(8)),
    "status_unknown": OPEN + text("run.status", b"odd"),
    "status_null": OPEN + value("run.status", NULL),
    "status_behind_a_check": GUARDED + text("run.status", b"odd"),
    "seed_no_number": GUARDED + text("run.seed", b"x"),
    "seed_too_large": GUARDED + text("run.seed", b"9" * 40),
    "replicate_too_large": GUARDED + value("run.replicate", TWO_32),
    "blocks_negative": GUARDED + value("run.end_block", MINUS_ONE),
    "row_counts_no_json": GUARDED + text("run.row_counts", b'{"'),
    "row_counts_a_list": GUARDED + text("run.row_counts", b"[1,2]"),
    "point_missing": GUARDED + deleted("point"),
    "study_missing": GUARDED + deleted("study"),
    "run_missing": GUARDED + deleted("run"),
    "task_missing": GUARDED + deleted("task"),
    "scenario_text": GUARDED + text("point.scenario_text", b"name = \n"),
    "scenario_not_utf8": GUARDED + value("point.scenario", NOT_UTF8),
    "overrides": GUARDED + text("point.overrides", b"vm.nothing=1\nx\n=\n"),
    "number_infinite": GUARDED + value("metric.value", INFINITY),
    "number_a_text": OPEN + value("metric.value", WORD),
    "number_bytes": OPEN + value("metric.value", BYTES),
    "n_negative": GUARDED + value("metric.n", MINUS_ONE),
    "net_extreme": GUARDED + value("payoff.net_nlux", LEAST),
    "net_largest": GUARDED + value("payoff.net_nlux", MOST),
    "plan_no_json": GUARDED + text("sweep.plan", b'{"seeds":'),
    "plan_seeds": GUARDED + text("sweep.plan", b'{"base":"","over":{},"seeds":"1..99999999999",'
                                 b'"until":["until-decided p_final_corrupt<0.5"]}'),
    "shards_vast": GUARDED + value("sweep.shards", MOST),
    "shard_zero": GUARDED + value("sweep.shard", ZERO),
    "confidence_zero": GUARDED + value("sweep.confidence", ZERO),
    "confidence_infinite": GUARDED + value("sweep.confidence", INFINITY),
    "digest_null": OPEN + value("run.digest", NULL),
    "honest_two": OPEN + value("principal.honest", TWO_32),
}  # fmt: skip


def small_database(program, folder, *arguments):
    """The bytes of a database of runs, in pages as small as SQLite has them."""
    (folder / "tiny.toml").write_text(SCENARIO)
    subprocess.run([program, *arguments, "--out", "a.db", "--overwrite", "--quiet"], cwd=folder,
                   check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    return packed(folder, "a.db")


def packed(folder, name):
    db = sqlite3.connect(folder / name)
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("PRAGMA page_size = 512")
    db.execute("VACUUM")
    db.close()
    return (folder / name).read_bytes()


def first_version(folder):
    """A database of version 1, with a study and no run."""
    path = folder / "first.db"
    db = sqlite3.connect(path)
    db.executescript((ROOT / "sim/record/golden/version_1.sql").read_text())
    db.execute("INSERT INTO study VALUES (1, 's', 't', 'c', 'c', 'f', 1)")
    db.commit()
    db.close()
    return packed(folder, "first.db")


def main(program, out):
    program = str(Path(program).resolve())
    inputs = dict(EDITS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs["file_of_a_run"] = b"\0" + small_database(program, folder, "run", "tiny.toml")
        inputs["file_of_version_1"] = b"\0" + first_version(folder)
    inputs["file_of_text"] = b"\0not a database\n"
    Path(out).mkdir(parents=True, exist_ok=True)
    for name, contents in inputs.items():
        assert re.fullmatch(r"\w+", name)
        (Path(out) / name).write_bytes(contents)


def check(folder):
    """Whether the edits in the folder are those of this script, and so of the schema."""
    stale = [name for name, edit in EDITS.items()
             if not (Path(folder) / name).exists() or (Path(folder) / name).read_bytes() != edit]
    if stale:
        sys.exit(f"{folder}: {', '.join(stale)}: write them again with fuzz/tests/study_corpus.py")


if __name__ == "__main__":
    if sys.argv[1] == "--check":
        check(sys.argv[2])
    else:
        main(*sys.argv[1:])
