"""Opening an outcome database for reading, with the checks and error texts of Study::open in
sim/record/study.cpp.

What the views are is read from the file itself. From the program's own schema (schema.sql,
generated from sim/record/tables.h and views.cpp) come the newest schema version that can be read,
what a value of each column may be, and the views for files of version 1, which hold none.
"""

import math
import re
import sqlite3
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote


class BadDatabase(Exception):
    """The file is missing, foreign, damaged or of another version; the text is one sentence for the
    user."""


class Column(NamedTuple):
    """A column of a table, as CREATE TABLE has it."""

    name: str
    type: str  # INTEGER, REAL, TEXT or ANY
    nullable: bool
    check: str  # a condition, or empty


class Schema(NamedTuple):
    """The schema that the simulator of this version writes."""

    application_id: int
    version: int
    tables: dict[str, str]  # name and CREATE TABLE
    views: dict[str, str]  # name and SELECT; each uses only the views before it


@cache
def current_schema() -> Schema:
    text = resources.files(__package__).joinpath("schema.sql")  # as installed
    if not text.is_file():  # run from the source tree
        text = Path(__file__).parents[2] / "sim/record/schema.sql"
    db = sqlite3.connect(":memory:")
    db.executescript(text.read_text())
    listed = "SELECT name, sql FROM sqlite_master WHERE type = ? ORDER BY rowid"
    views = db.execute(listed, ("view",))
    return Schema(
        db.execute("PRAGMA application_id").fetchone()[0],
        db.execute("PRAGMA user_version").fetchone()[0],
        dict(db.execute(listed, ("table",)).fetchall()),
        # The first line is CREATE VIEW with the view's meaning as a comment.
        {name: sql.split("\n", 1)[1] for name, sql in views},
    )


def connect(path: str | Path) -> sqlite3.Connection:
    """A read-only connection to a whole study file. Views that the file does not hold are added to
    the connection as temporary ones."""
    _check_header(Path(path))
    uri = "file:" + quote(str(Path(path).absolute())) + "?mode=ro"
    try:
        # reads only: no transaction stays open
        db = sqlite3.connect(uri, uri=True, isolation_level=None)
        db.row_factory = sqlite3.Row
        _check_kind(db, path)
        _check_pages(db, path)
        _check_values(db, path)
        _check_rows(db, path)
        _check_row_counts(db, path)
        # not every SQLite is built with it
        db.create_function("sqrt", 1, _sqrt, deterministic=True)
        for name, select in missing_views(db).items():
            db.execute(f"CREATE TEMP VIEW {name} AS {select}")
    except sqlite3.Error as error:
        raise BadDatabase(f"{path} is damaged: {error}") from None
    return db


def missing_views(db: sqlite3.Connection) -> dict[str, str]:
    """Name and SELECT of the views of the schema that the file does not hold, but for those that
    need a column which its version lacks."""
    held = {row[0] for row in db.execute("SELECT name FROM main.sqlite_master WHERE type = 'view'")}
    views = current_schema().views
    if not _has_columns(db, "SELECT design FROM point_param"):
        # In these versions the name alone says which keys belong to the design.
        views = {name: sql.replace("coalesce(design, name LIKE 'vm.%')", "name LIKE 'vm.%'")
                 for name, sql in views.items()}  # fmt: skip
    return {
        name: sql for name, sql in views.items() if name not in held and _has_columns(db, sql)
    }


def _has_columns(db: sqlite3.Connection, select: str) -> bool:
    try:
        db.execute(f"SELECT * FROM ({select}) LIMIT 0")
    except sqlite3.OperationalError as error:
        return not str(error).startswith("no such column")
    return True


def run_tables(db: sqlite3.Connection) -> list[str]:
    """The tables of the file whose rows belong to a run."""
    names = db.execute(
        "SELECT s.name FROM main.sqlite_master AS s JOIN pragma_table_info(s.name) AS c"
        " WHERE s.type = 'table' AND c.name = 'run_id' AND s.name <> 'run' ORDER BY s.rowid"
    )
    return [row[0] for row in names]


def words_of(table: str, column: str) -> list[str]:
    """The words that a column may hold, in the order of the simulator's enum."""
    sql = current_schema().tables[table]
    listed = re.search(rf"CHECK \({column} IN \(('[^)]*')\)\)", sql)
    return re.findall(r"'([^']*)'", listed[1]) if listed else []


def _sqrt(value: float | None) -> float | None:
    return None if value is None else math.sqrt(value)


def _check_header(path: Path) -> None:
    if not path.exists():
        raise BadDatabase(f"{path}: no such file")
    if path.is_dir():
        raise BadDatabase(f"{path} is a directory; name the database file in it")
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except OSError as error:
        raise BadDatabase(f"{path} cannot be read: {error.strerror}") from None
    magic = b"SQLite format 3\0"
    if not head:
        raise BadDatabase(f"{path} is empty, not a database of aivmsim")
    if head[:16] != magic[: len(head)]:
        raise BadDatabase(f"{path} is not an SQLite database")
    # The file format's header: page size at 16 (1 stands for 65536), number of pages at 28,
    # big-endian.
    page_size = int.from_bytes(head[16:18], "big")
    expected = (65536 if page_size == 1 else page_size) * int.from_bytes(head[28:32], "big")
    if len(head) < 100 or path.stat().st_size < expected:
        raise BadDatabase(f"{path} is truncated")
    if Path(f"{path}-wal").exists():
        raise BadDatabase(f"{path} is being written to; wait for its writer to finish")


def _check_kind(db: sqlite3.Connection, path: str | Path) -> None:
    schema = current_schema()
    if db.execute("PRAGMA application_id").fetchone()[0] != schema.application_id:
        raise BadDatabase(f"{path} is an SQLite database, but not one of aivmsim")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if not 1 <= version <= schema.version:
        raise BadDatabase(
            f"{path} has schema version {version}, this report reads up to {schema.version}: use "
            "the report that came with the program that wrote it"
        )


def _check_pages(db: sqlite3.Connection, path: str | Path) -> None:
    verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise BadDatabase(f"{path} is damaged: {verdict}")


def _check_row_counts(db: sqlite3.Connection, path: str | Path) -> None:
    counts = db.execute("SELECT key, run_id, value FROM run, json_each(row_counts)")
    expected = {(table, run): wrote for table, run, wrote in counts}
    found = {
        (table, run): number
        for table in run_tables(db)
        for run, number in db.execute(f'SELECT run_id, count(*) FROM "{table}" GROUP BY run_id')
    }
    for table, run in sorted(expected | found):
        wrote, there = expected.get((table, run), 0), found.get((table, run), 0)
        if wrote != there:
            raise BadDatabase(
                f"{path} is incomplete: table {table}: run {run} wrote {wrote} rows, {there} are "
                "there"
            )


def _check_values(db: sqlite3.Connection, path: str | Path) -> None:
    """That every value is one of its column. SQLite leaves that out when it checks a file that it
    may only read."""
    for table, sql in current_schema().tables.items():
        if not has_table(db, table):
            continue
        there = {row[1] for row in db.execute(f"PRAGMA main.table_info({table})")}
        columns = [column for column in columns_of(sql) if column.name in there]
        cases = "".join(f" WHEN ({_fits(each)}) IS NOT 1 THEN '{each.name}'" for each in columns)
        wrong = db.execute(
            f"SELECT wrong FROM (SELECT CASE{cases} END AS wrong FROM main.{table})"
            " WHERE wrong IS NOT NULL LIMIT 1"
        ).fetchone()
        if wrong:
            raise BadDatabase(
                f"{path} is damaged: table {table}: column {wrong[0]} holds a value that it cannot "
                "have"
            )


def columns_of(sql: str) -> list[Column]:
    """The columns of a CREATE TABLE of the simulator, which has one on each line."""
    line = re.compile(r"    (\w+) (INTEGER|REAL|TEXT|ANY)( NOT NULL)?(?: CHECK \((.*)\))?,")
    return [
        Column(found[1], found[2], not found[3], found[4] or "")
        for found in map(line.fullmatch, sql.splitlines())
        if found
    ]


def _fits(column: Column) -> str:
    types = {"INTEGER": "'integer'", "REAL": "'real', 'integer'", "TEXT": "'text'"}
    conditions = [f"({column.check})"] if column.check else []
    if column.type in types:
        conditions.append(f"typeof({column.name}) IN ({types[column.type]})")
    fits = " AND ".join(conditions) or "1"
    return f"{column.name} IS NULL OR ({fits})" if column.nullable else fits


#: What no row may be: its table, a condition in SQL, and words for it. As kRowRules in
#: sim/record/check_rows.cpp.
_NO_POINT = ("point_id NOT IN (SELECT point_id FROM point)", "a row of a point that is not there")
_ROW_RULES = (
    *((table, *_NO_POINT) for table in ("run", "point_param", "estimate", "contrast")),
    ("run", "study_id NOT IN (SELECT study_id FROM study)", "a run of a study that is not there"),
    ("run", "seed = '' OR seed GLOB '*[^0-9]*'", "a seed that is no number"),
    ("run", "NOT json_valid(row_counts) OR json_type(row_counts) <> 'object'",
     "row counts that are no JSON object"),
    ("point_param", "number IN (9e999, -9e999)", "a parameter without end"),
    ("sweep", "NOT json_valid(plan)", "a plan that is no JSON"),
    ("sweep", "shard NOT BETWEEN 1 AND shards", "a shard that is none of its shards"),
    ("sweep", "NOT (confidence > 0 AND confidence < 1)",
     "a confidence that is not between 0 and 1"),
)  # fmt: skip


def _check_rows(db: sqlite3.Connection, path: str | Path) -> None:
    """That what rows refer to is there, and that their texts are what they stand for."""
    for table, wrong, what in _ROW_RULES:
        if not has_table(db, table):
            continue
        if db.execute(f"SELECT 1 FROM main.{table} WHERE {wrong} LIMIT 1").fetchone():
            raise BadDatabase(f"{path} is damaged: table {table}: {what}")


def has_table(db: sqlite3.Connection, name: str) -> bool:
    """Whether the file has the table: older versions lack those that came later."""
    query = "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = ?"
    return db.execute(query, (name,)).fetchone() is not None
