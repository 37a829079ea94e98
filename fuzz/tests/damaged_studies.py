"""Damaged databases of runs, for the tests of those that read them in Python: each is a copy of a
whole one with one value replaced, by what its column may hold or by what it may not.

The copies have tables that allow every value, as if their schema had been changed too; with
`guarded` they are as the program makes them, and only what SQLite itself would let in is written.
"""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

#: SQL of what replaces a value: of every type, at the ends of its range, and text that is none.
VALUES = (
    "NULL", "-1", "9223372036854775807", "0.5", "9e999", "''", "'x'", "x'ff00'",
    "CAST(x'fffe' AS TEXT)", "'{\"'",
)  # fmt: skip


def without_guards(path: Path) -> None:
    """Takes from the tables of a file what restricts their values."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA writable_schema = ON")
    tables = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    for name, sql in tables:
        loose = re.sub(r" CHECK \(.*\),$", ",", sql, flags=re.MULTILINE)
        loose = loose.replace(" NOT NULL", "").replace("STRICT, ", "")
        db.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (loose, name))
    db.commit()
    db.close()


def damaged(whole: Path, folder: Path, every: bool, guarded: bool) -> Iterator[tuple[str, Path]]:
    """What was done, and the file, which the next one replaces. Of each column of a table with rows
    one value is replaced, the values of VALUES in turn; with `every` each of them."""
    base = folder / "base.db"
    shutil.copy(whole, base)
    if not guarded:
        without_guards(base)
    for number, (table, column, key) in enumerate(columns(base)):
        for value in VALUES if every else (VALUES[number % len(VALUES)],):
            path = folder / "damaged.db"
            shutil.copy(base, path)
            if replaced(path, table, column, key, value):
                yield f"{table}.{column} = {value}", path


def columns(path: Path) -> list[tuple[str, str, str]]:
    """Table, column and key of every table that has rows."""
    db = sqlite3.connect(path)
    names = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
    out = []
    for (table,) in names.fetchall():
        if not db.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()[0]:
            continue
        found = db.execute(f"PRAGMA table_info({table})").fetchall()
        key = ", ".join(row[1] for row in found if row[5])
        out += [(table, row[1], key) for row in found]
    db.close()
    return out


def replaced(path: Path, table: str, column: str, key: str, value: str) -> bool:
    """Writes the value into the first row; whether SQLite let it in."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA ignore_check_constraints = ON")
    try:
        db.execute(
            f"UPDATE {table} SET {column} = {value} WHERE ({key}) IN"
            f" (SELECT {key} FROM {table} ORDER BY {key} LIMIT 1)"
        )
        db.commit()
    except sqlite3.Error:
        return False
    finally:
        db.close()
    return True
