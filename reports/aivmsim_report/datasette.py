"""Metadata for Datasette: the meaning of the tables, and the standing questions as canned queries.

datasette study.db --metadata metadata.json
"""

import json
import re
import sqlite3
import tomllib
from importlib import resources
from pathlib import Path

from .database import missing_views


def questions() -> dict[str, dict[str, str]]:
    """Name -> title, description, sql; in the order of questions.toml."""
    return tomllib.loads(resources.files(__package__).joinpath("questions.toml").read_text())


def metadata(db: sqlite3.Connection, path: Path) -> str:
    """The JSON text for the file at `path`. Datasette calls a database by its file's name without
    the suffix."""
    study = db.execute("SELECT * FROM study ORDER BY study_id").fetchone()
    runs, points = db.execute("SELECT count(*), count(DISTINCT point_id) FROM run").fetchone()
    missing = missing_views(db)
    queries = {
        name: {**query, "sql": _with_views(query["sql"].strip(), missing)}
        for name, query in questions().items()
    }
    database = {
        "description": f"{runs} runs at {points} points, made {study['created']} by aivmsim "
        f"{study['code_version']}",
        "queries": queries,
        "tables": _tables(db),
    }
    return (
        json.dumps(
            {"title": f"aivmsim: {study['name']}", "databases": {path.stem: database}}, indent=2
        )
        + "\n"
    )


def _with_views(sql: str, missing: dict[str, str]) -> str:
    """The query with the views that its file does not hold written out in front of it."""
    used: list[str] = []

    def need(text: str) -> None:
        for name in missing:
            if name in text and name not in used:
                need(missing[name])
                used.append(name)

    need(sql)
    parts = ",\n".join(f"{name} AS ({missing[name]})" for name in used)
    return f"WITH {parts}\n{sql}" if used else sql


def _tables(db: sqlite3.Connection) -> dict[str, dict[str, str]]:
    """Meanings from the comments that the schema keeps in the file: CREATE TABLE run (  -- one
    simulation."""
    tables = {}
    for name, sql in db.execute(
        "SELECT name, sql FROM main.sqlite_master WHERE type = 'table' ORDER BY name"
    ):
        found = re.match(r"CREATE TABLE \w+ \(\s*-- ([^\n]+)", sql or "")
        if found:
            tables[name] = {"description": found[1]}
    return tables
