"""The pages in headless Chromium: everything is drawn, and the console stays silent."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess

import pytest
from conftest import make_run, make_sweep
from test_finding_page import FINDING

from aivmsim_report.__main__ import main

# ./dev installs it; elsewhere the tests of the page's content stand alone.
needs_browser = pytest.mark.skipif(not shutil.which("chromium"), reason="needs chromium")


def open_page(page, width=1280) -> tuple[str, list[str]]:
    """The document after its script has run, and what the browser said on its console."""
    command = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        f"--user-data-dir={page.parent}/profile",
        f"--window-size={width},1200",
        "--virtual-time-budget=60000",
        "--enable-logging=stderr",
        "--dump-dom",
        f"file://{page}",
    ]
    out, err = run_whole_group(command, seconds=150) or run_whole_group(
        command, seconds=150
    )  # a busy machine: once more
    return out, [line for line in err.splitlines() if "CONSOLE" in line]


def run_whole_group(command: list[str], seconds: int) -> tuple[str, str] | None:
    """What the command wrote on stdout and stderr; None when it took too long. Its children end
    with it."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None
    assert process.returncode == 0, err
    return out, err


def assert_all_drawn(dom: str, console: list[str]) -> None:
    assert console == []
    assert re.search(r"<body[^>]* data-ready", dom)
    charts = re.findall(r'<div class="chart[^"]*" id="(\w+)"', dom)
    drawn = re.findall(r'<div class="chart[^"]*js-plotly-plot[^"]*" id="(\w+)"', dom)
    assert charts and drawn == charts
    assert dom.count('class="main-svg"') >= len(charts)


@needs_browser
def test_a_run_is_drawn(tmp_path):
    main([str(make_run(tmp_path / "run.db", violated=True)), "-o", str(tmp_path / "run.html")])
    assert_all_drawn(*open_page(tmp_path / "run.html"))


@needs_browser
def test_a_study_is_drawn_on_a_narrow_screen_too(tmp_path):
    main(
        [
            str(make_sweep(tmp_path / "study.db", [1, 2, 3, 5, 8, 12], [10, 50, 80])),
            "-o",
            str(tmp_path / "study.html"),
        ]
    )
    assert_all_drawn(*open_page(tmp_path / "study.html", width=400))


@needs_browser
def test_the_console_would_be_heard_and_a_request_refused(tmp_path):
    """The canary of the two tests above: the page asks for something outside, and its own policy
    complains."""
    main([str(make_run(tmp_path / "run.db")), "-o", str(tmp_path / "run.html")])
    page = (tmp_path / "run.html").read_text()
    (tmp_path / "run.html").write_text(
        page.replace("<main>", '<main><img src="http://localhost:1/x.png">')
    )
    _, console = open_page(tmp_path / "run.html")
    assert len(console) == 1 and "Content Security Policy" in console[0] and "blocked" in console[0]


@needs_browser
def test_the_csv_of_a_chart_holds_what_it_draws(tmp_path):
    main([str(make_sweep(tmp_path / "s.db", [1, 2, 5], [10, 80])), "-o", str(tmp_path / "s.html")])
    page = (tmp_path / "s.html").read_text()
    tell = "<script>document.body.dataset.csv = csvText('map_ttf_mean')</script></body>"
    (tmp_path / "s.html").write_text(page.replace("</body>", tell))
    dom, console = open_page(tmp_path / "s.html")
    assert console == []
    lines = re.search(r'data-csv="([^"]*)', dom, re.DOTALL)[1].replace("&quot;", '"').split("\n")
    assert lines[0] == '"challenge window, blocks",censoring share,value,shown'
    assert len(lines) == 1 + 3 * 2 + 1
    assert lines[1].startswith("1,10%,4.")


@needs_browser
def test_a_finding_and_a_comparison_are_drawn(tmp_path):
    (tmp_path / "finding.json").write_text(json.dumps(FINDING))
    main([str(tmp_path), "-o", str(tmp_path / "finding.html")])
    assert_all_drawn(*open_page(tmp_path / "finding.html"))
    paths = [make_sweep(tmp_path / f"{name}.db", [1, 2], [10, 80]) for name in ("a", "b")]
    with sqlite3.connect(paths[1]) as db:
        db.execute("UPDATE metric SET value = value + 7 WHERE name = 'ttf_mean'")
    main([*map(str, paths), "-o", str(tmp_path / "both.html")])
    assert_all_drawn(*open_page(tmp_path / "both.html"))
