"""aivmsim report: python -m aivmsim_report study.db -o report.html, of one file, of two that are
compared, of one beside a database of `aivmsim validate`, or of the folder of a finding."""

import argparse
import os
import sqlite3
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from . import (
    comparison,
    comparison_page,
    facts,
    finding_page,
    findings,
    run_charts,
    run_page,
    shared_sections,
    study,
    study_charts,
    study_page,
)
from .chart import Absent, Chart
from .database import BadDatabase, connect
from .datasette import metadata


def write_whole(path: Path, text: str) -> None:
    """Writes the file atomically: the old contents stay until the new ones are complete."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".partial")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def arguments_of(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="aivmsim report",
        description="One offline HTML page about a run, a study, a finding, or two files compared.",
    )
    parser.add_argument(
        "database", type=Path, nargs="+",
        help="the file that a run or a sweep wrote; two of them are compared, but one of "
        "`aivmsim validate` is shown on the page of the other; or the folder of a finding",
    )  # fmt: skip
    parser.add_argument("-o", "--out", type=Path, help="the page to write (default report.html)")
    parser.add_argument("--run", type=int, metavar="ID", help="report on this run of a study alone")
    parser.add_argument(
        "--axes", metavar="KEY,KEY", help="swept parameters for the x axis and for the lines"
    )
    parser.add_argument(
        "--metrics", metavar="NAME,...", help="metrics for the maps over the swept parameters"
    )
    parser.add_argument(
        "--design",
        metavar="KEY,...",
        help="swept keys that whoever sets the rules chooses; the others are the environment, and "
        "points are compared only within one (default: as the file says)",
    )
    parser.add_argument(
        "--figures",
        type=Path,
        metavar="DIR",
        help="write every chart as a picture into this folder",
    )
    parser.add_argument(
        "--format", default="svg", metavar="svg,png,pdf", help="of the pictures (%(default)s)"
    )
    parser.add_argument(
        "--datasette",
        type=Path,
        metavar="FILE",
        help="write metadata with canned queries for Datasette",
    )
    options = parser.parse_args(arguments)
    options.paths = options.database
    if len(options.paths) > 2:
        parser.error(f"{len(options.paths)} databases: a page is about one, or compares two")
    options.paths, options.validation = without_validation(options.paths)
    options.database = options.paths[0]
    if len(options.paths) == 2 or options.database.is_dir():
        for name in ("run", "axes", "metrics", "design", "datasette"):
            if getattr(options, name) is not None:
                parser.error(f"--{name} is for the page of one database")
    if options.out is None and options.figures is None and options.datasette is None:
        options.out = Path("report.html")
    return options


def without_validation(paths: list[Path]) -> tuple[list[Path], Path | None]:
    """Of two paths, the one of `aivmsim validate` apart: it has cases of theory and no run."""
    if len(paths) == 2 and not any(path.is_dir() for path in paths):
        for path, other in (paths, paths[::-1]):
            if only_validates(path) and not only_validates(other):
                return [other], path
    return paths, None


def only_validates(path: Path) -> bool:
    """False too for a file that cannot be read: whoever needs it says why."""
    try:
        with closing(connect(path)) as db:
            runs, cases = (
                db.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()[0]
                for table in ("run", "validation")
            )
    except (BadDatabase, sqlite3.Error):
        return False
    return bool(cases and not runs)


def validation_beside(
    db: sqlite3.Connection, options: argparse.Namespace
) -> list[sqlite3.Row] | None:
    """The cases of the second database, if there is one. What another version of the program
    computes says nothing about this file."""
    if options.validation is None:
        return None
    version = "SELECT DISTINCT code_version FROM study ORDER BY 1"
    with closing(connect(options.validation)) as other:
        ours, theirs = ([row[0] for row in one.execute(version)] for one in (db, other))
        if ours != theirs:
            raise BadDatabase(
                f"{options.validation} was written by aivmsim {', '.join(theirs)} and "
                f"{options.database} by {', '.join(ours)}: it validates another program"
            )
        return shared_sections.validation_rows(other)


def words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def write_page(db: sqlite3.Connection, options: argparse.Namespace) -> list[Path]:
    validation = validation_beside(db, options)
    if single(db, options):
        page = run_page.render(db, facts.load(db, options.run), options.database, validation)
    else:
        page = study_page.render(
            db, load_study(db, options), known_metrics(db, options), validation
        )
    write_whole(options.out, page)
    return [options.out]


def write_finding(options: argparse.Namespace) -> list[Path]:
    folder = options.database
    found = findings.read(folder)
    if found is None:
        raise BadDatabase(
            f"{folder} is a directory that holds no finding (finding.json); name the database in it"
        )
    written = []
    if options.out is not None:
        write_whole(options.out, finding_page.render(found, folder))
        written.append(options.out)
    if options.figures is not None:
        chart = finding_page.steps_chart(found)
        written += save_figures([chart] if chart else [], options)
    return written


def write_comparison(options: argparse.Namespace) -> list[Path]:
    sides = []
    for path in options.paths:
        with closing(connect(path)) as db:
            sides.append(comparison.load_side(db, path))
    found = comparison.compare(*sides)
    written = []
    if options.out is not None:
        write_whole(options.out, comparison_page.render(found))
        written.append(options.out)
    if options.figures is not None:
        written += save_figures(comparison_page.all_charts(found), options)
    return written


def single(db: sqlite3.Connection, options: argparse.Namespace) -> bool:
    runs = db.execute("SELECT count(*) FROM run").fetchone()[0]
    if not runs:
        raise BadDatabase("the study holds no run yet")
    if (runs == 1 or options.run is not None) and (options.axes or options.metrics):
        raise BadDatabase("--axes and --metrics are for a study of several runs")
    return runs == 1 or options.run is not None


def load_study(db: sqlite3.Connection, options: argparse.Namespace) -> study.Study:
    found = study.load(db, options.database, words(options.axes))
    if options.design is not None:
        chosen = frozenset(words(options.design))
        unknown = chosen - {axis.key for axis in found.axes}
        if unknown:
            raise BadDatabase(f"--design: the study does not sweep {', '.join(sorted(unknown))}")
        found.design = chosen
    return found


def known_metrics(db: sqlite3.Connection, options: argparse.Namespace) -> list[str]:
    """Those asked for; each must be in the file."""
    there = {row[0] for row in db.execute("SELECT DISTINCT name FROM metric")}
    derived = {row[0] for row in study_charts.WORTH}
    for name in words(options.metrics):
        if name not in there | derived:
            raise BadDatabase(f"the study has no metric {name}; it has {', '.join(sorted(there))}")
    return words(options.metrics)


def write_figures(db: sqlite3.Connection, options: argparse.Namespace) -> list[Path]:
    if single(db, options):
        charts = run_charts.all_charts(facts.load(db, options.run))
    else:
        charts = study_charts.all_charts(load_study(db, options), known_metrics(db, options))
    return save_figures(charts, options)


def save_figures(charts: list[Chart | Absent], options: argparse.Namespace) -> list[Path]:
    """Each chart as a picture; the reasons of those that are missing on stderr."""
    try:
        from . import draw_matplotlib
    except ImportError:
        raise BadDatabase(
            f"--figures needs matplotlib; {sys.executable} -m pip install matplotlib"
        ) from None
    formats = words(options.format)
    for name in formats:
        if name not in draw_matplotlib.FORMATS:
            raise BadDatabase(
                f"--format {name}: no such format; there are {', '.join(draw_matplotlib.FORMATS)}"
            )
    options.figures.mkdir(parents=True, exist_ok=True)
    written = []
    for chart in charts:
        if isinstance(chart, Chart):
            written += draw_matplotlib.save(chart, options.figures, formats)
        else:
            print(f"{chart.title}: {chart.reason}", file=sys.stderr)
    return written


def write_metadata(db: sqlite3.Connection, options: argparse.Namespace) -> list[Path]:
    write_whole(options.datasette, metadata(db, options.database))
    return [options.datasette]


def write_all(options: argparse.Namespace) -> Iterator[Path]:
    """Writes what was asked for; yields each path when it is there."""
    if len(options.paths) == 2:
        yield from write_comparison(options)
        return
    if options.database.is_dir():
        yield from write_finding(options)
        return
    with closing(connect(options.database)) as db:
        for path, write in (
            (options.out, write_page),
            (options.figures, write_figures),
            (options.datasette, write_metadata),
        ):
            if path is not None:
                yield from write(db, options)


def main(arguments: list[str] | None = None) -> int:
    options = arguments_of(arguments)
    try:
        for written in write_all(options):
            print(written)
    except OSError as error:
        print(f"aivmsim report: {error.filename} cannot be written: {error.strerror}",
              file=sys.stderr)  # fmt: skip
        return 2
    except BadDatabase as error:
        print(f"aivmsim report: {error}", file=sys.stderr)
        return 2
    except (sqlite3.Error, tomllib.TOMLDecodeError) as error:
        # A table or a text that is not as its version has it.
        names = " or ".join(str(path) for path in options.paths)
        print(f"aivmsim report: {names} is damaged: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
