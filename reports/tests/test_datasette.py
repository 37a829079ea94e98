"""The canned queries run on a study and answer."""

import json
import re
import sqlite3

import pytest
from conftest import make_run, make_sweep

from aivmsim_report import connect
from aivmsim_report.__main__ import main
from aivmsim_report.database import current_schema
from aivmsim_report.datasette import questions

ASKED = {"metric": "ttf_mean", "run_id": 1001, "base_point_id": 1}
RUN_ONLY = {
    "time_to_use",
    "escaped_slashes",
    "false_slashes",
    "slow_proofs",
    "violations",
    "validation",
}  # a plain sweep has none


def test_the_metadata_names_the_file_its_tables_and_the_questions(tmp_path):
    path = make_sweep(tmp_path / "windows.db", [1, 2], [50])
    assert main([str(path), "--datasette", str(tmp_path / "metadata.json")]) == 0
    database = json.loads((tmp_path / "metadata.json").read_text())["databases"]["windows"]
    assert list(database["queries"]) == list(questions())
    assert len(database["queries"]) >= 12
    assert database["tables"]["run"]["description"] == "one simulation, written when it has ended"
    assert "8 runs at 2 points" in database["description"]


@pytest.mark.parametrize("name", questions())
def test_a_question_has_an_answer(name, tmp_path):
    db = connect(make_sweep(tmp_path / "windows.db", [1, 2, 3], [50, 80]))
    question = questions()[name]
    assert question["title"].endswith("?") and question["description"].endswith(".")
    asked = {key: ASKED[key] for key in re.findall(r":(\w+)", question["sql"])}
    rows = db.execute(question["sql"], asked).fetchall()
    assert bool(rows) == (name not in RUN_ONLY)


def test_the_queries_of_the_metadata_need_nothing_but_the_file(tmp_path):
    """As Datasette runs them: on a plain connection, without the views that the report adds to its
    own."""
    path = make_sweep(tmp_path / "windows.db", [1, 2], [50])
    assert main([str(path), "--datasette", str(tmp_path / "metadata.json")]) == 0
    queries = json.loads((tmp_path / "metadata.json").read_text())["databases"]["windows"][
        "queries"
    ]
    with sqlite3.connect(path) as db:
        for name, query in queries.items():
            asked = {key: ASKED[key] for key in re.findall(r":(\w+)", query["sql"])}
            assert bool(db.execute(query["sql"], asked).fetchall()) == (name not in RUN_ONLY), name


def test_violations_are_answered_with_their_replay(tmp_path):
    db = connect(make_run(tmp_path / "run.db", violated=True))
    rows = db.execute(questions()["violations"]["sql"]).fetchall()
    assert [row["replay"] for row in rows] == [
        "aivmsim replay aivmsim-out/r-0192/findings/3f9a2c71"
    ]


def test_the_views_are_all_used():
    text = " ".join(question["sql"] for question in questions().values())
    for view in current_schema().views:
        assert view in text
