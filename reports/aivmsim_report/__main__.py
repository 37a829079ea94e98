"""aivmsim report: python -m aivmsim_report run.db -o report.html"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from .database import BadDatabase, connect
from .facts import load
from .page import render


def write_whole(path: Path, text: str) -> None:
    """Writes the file or leaves what was there: never half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".partial")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="aivmsim report", description="One offline HTML page about a run.")
    parser.add_argument("database", type=Path, help="the file that a run wrote")
    parser.add_argument("-o", "--out", type=Path, default=Path("report.html"), help="the page to write (%(default)s)")
    parser.add_argument("--run", type=int, metavar="ID", help="run id; default: the first that failed, else the first")
    options = parser.parse_args(arguments)
    try:
        page = render(load(connect(options.database), options.run))
        write_whole(options.out, page)
    except BadDatabase as error:
        print(f"aivmsim report: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"aivmsim report: {options.out} cannot be written: {error.strerror}", file=sys.stderr)
        return 2
    print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
