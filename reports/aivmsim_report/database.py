"""Opening an outcome database for reading, checked as the simulator itself checks it."""

import math
import re
import sqlite3
from importlib import resources
from pathlib import Path
from urllib.parse import quote

APPLICATION_ID = 0x4149564D  # "AIVM"
SCHEMA_VERSION = 2
SCHEMA_VERSION_OLDEST = 1
RUN_TABLES = (
    "principal", "agent", "task", "result", "challenge", "slash",
    "payoff", "chain_stat", "fault", "violation", "metric", "event",
)  # fmt: skip


class BadDatabase(Exception):
    """The file is missing, foreign, damaged or of another version; the text is one sentence for the
    user."""


def connect(path: str | Path) -> sqlite3.Connection:
    """A read-only connection to a whole study file. A file that does not keep the views itself gets
    those of views.sql."""
    _check_header(Path(path))
    uri = "file:" + quote(str(Path(path).absolute())) + "?mode=ro"
    try:
        db = sqlite3.connect(
            uri, uri=True, isolation_level=None
        )  # reads only: no transaction stays open
        db.row_factory = sqlite3.Row
        _check_kind(db, path)
        _check_whole(db, path)
        db.create_function(
            "sqrt", 1, _sqrt, deterministic=True
        )  # not every SQLite is built with it
        if not keeps_views(db):
            for name, sql in views().items():
                db.execute(f"CREATE TEMP VIEW {name} AS {sql}")
    except sqlite3.Error as error:
        raise BadDatabase(f"{path} is damaged: {error}") from None
    return db


def keeps_views(db: sqlite3.Connection) -> bool:
    """Whether the file itself has the views."""
    return bool(
        db.execute(
            "SELECT 1 FROM main.sqlite_master WHERE type = 'view' AND name = 'v_point_estimate'"
        ).fetchone()
    )


def views() -> dict[str, str]:
    """Name and SELECT of each view of views.sql; each uses only those before it."""
    text = resources.files(__package__).joinpath("views.sql").read_text()
    found = re.findall(r"^CREATE TEMP VIEW (\w+) AS\n(.*?);$", text, re.MULTILINE | re.DOTALL)
    return dict(found)


def allowed_words(db: sqlite3.Connection, table: str, column: str) -> list[str]:
    """The words of a column that holds one of a fixed list, in the order of the simulator's enum."""
    (sql,) = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    check = re.search(rf"\b{column} IN \(([^)]*)\)", sql)
    return re.findall(r"'([^']*)'", check[1]) if check else []


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
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise BadDatabase(f"{path} is an SQLite database, but not one of aivmsim")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if not SCHEMA_VERSION_OLDEST <= version <= SCHEMA_VERSION:
        raise BadDatabase(
            f"{path} has schema version {version}, this report reads up to {SCHEMA_VERSION}: "
            "use the report that came with the program that wrote it"
        )


def _check_whole(db: sqlite3.Connection, path: str | Path) -> None:
    verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise BadDatabase(f"{path} is damaged: {verdict}")
    for table in RUN_TABLES:
        found = dict(db.execute(f"SELECT run_id, count(*) FROM {table} GROUP BY run_id").fetchall())
        expected = dict(
            db.execute(
                "SELECT run_id, json_extract(row_counts, ?) FROM run", (f"$.{table}",)
            ).fetchall()
        )
        for run in sorted(expected.keys() | found.keys()):
            if (expected.get(run) or 0) != found.get(run, 0):
                raise BadDatabase(
                    f"{path} is incomplete: table {table}: run {run} wrote {expected.get(run) or 0} rows, "
                    f"{found.get(run, 0)} are there"
                )
