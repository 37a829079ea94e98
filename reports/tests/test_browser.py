"""The pages in headless Chromium: everything is drawn, and the console stays silent."""

import base64
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess

import pytest
from browser import CHROMIUM, Browser
from conftest import make_run, make_sweep
from test_finding_page import FINDING

from aivmsim_report.__main__ import main

# ./dev installs it; elsewhere the tests of the page's content stand alone.
needs_browser = pytest.mark.skipif(not shutil.which("chromium"), reason="needs chromium")


def open_page(page, width=1280) -> tuple[str, list[str]]:
    """The document after its script has run, and what the browser said on its console."""
    command = [
        *CHROMIUM,
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


# The contrast of each text with what is behind it, by WCAG 2: the least, and where.
CONTRAST = """(() => {
  const numbers = text => (text.match(/[0-9.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const found = numbers(getComputedStyle(node).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  let least = {ratio: 99};
  const onMarks = ".heatmaplayer text, .bartext";  // coloured by the cell or bar under them
  for (const node of document.querySelectorAll("main *:not(noscript), .chart text")) {
    const own = [...node.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || node.closest("noscript, .anchor") || node.matches(onMarks) ||
        !node.getClientRects().length) continue;
    const style = getComputedStyle(node), svg = node instanceof SVGElement;
    const [x, y] = [numbers(svg ? style.fill : style.color), behind(node)].map(light);
    const ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    if (ratio < least.ratio) least = {ratio, text: node.textContent.slice(0, 60)};
  }
  return least;
})()"""
STATE = """({
  dark: document.documentElement.classList.contains("dark"),
  background: getComputedStyle(document.body).backgroundColor,
  shown: [...document.querySelectorAll("#theme, .tools, .contents, .anchor")]
    .filter(node => node.getClientRects().length).length,
  folded: document.querySelectorAll("details:not(.numbers):not([open])").length,
  ink: getComputedStyle(document.querySelector(".chart .xtick text")).fill,
  wide: document.documentElement.scrollWidth - innerWidth,
})"""


@pytest.fixture(scope="module")
def browser():
    with Browser() as one:
        yield one


@pytest.fixture(scope="module")
def study_page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    study = make_sweep(folder / "study.db", [1, 2, 3, 5, 8, 12], [10, 50, 80])
    main([str(study), "-o", str(folder / "study.html")])
    return folder / "study.html"


@needs_browser
def test_every_text_can_be_read_in_light_and_in_dark(browser, study_page):
    backgrounds = {}
    for scheme in ("light", "dark"):
        browser.media(scheme)
        browser.open(study_page)
        least = browser.evaluate(CONTRAST)
        assert least["ratio"] >= 4.5, (scheme, least)
        state = browser.evaluate(STATE)
        assert state["dark"] == (scheme == "dark")
        backgrounds[scheme] = state["background"]
    assert backgrounds["light"] == "rgb(245, 247, 249)"
    assert backgrounds["dark"] == "rgb(18, 22, 27)"
    assert browser.console == []


@needs_browser
def test_paper_is_light_unfolded_and_without_buttons(browser, study_page):
    browser.media("dark")
    browser.open(study_page)
    on_screen = browser.evaluate(STATE)
    assert on_screen["shown"] and on_screen["folded"]
    # What the page looks like at the moment of printing is read while it is being printed.
    browser.evaluate(
        "addEventListener('beforeprint', () => { window.printed = " + STATE + "; }), undefined"
    )
    pdf = base64.b64decode(browser.call("Page.printToPDF")["data"])
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") >= 1
    printed = browser.evaluate("window.printed")
    assert not printed["dark"] and printed["folded"] == 0
    assert printed["ink"] == "rgb(31, 41, 55)"
    after = browser.evaluate("new Promise(done => setTimeout(() => done(" + STATE + "), 100))")
    assert after["dark"] and after["folded"] == on_screen["folded"]
    browser.media("light", "print")
    browser.open(study_page, width=700)
    state = browser.evaluate(STATE)
    assert (state["shown"], state["background"]) == (0, "rgb(255, 255, 255)")
    assert state["wide"] <= 0, "nothing is cut off"
    assert browser.evaluate(CONTRAST)["ratio"] >= 4.5


@needs_browser
@pytest.mark.parametrize("width", [1400, 400])
def test_the_words_of_levels_cover_no_mark(browser, study_page, width):
    browser.media()
    browser.open(study_page, width)
    found = browser.evaluate("""["principal_return", "contrast_ttf_mean"].map(id => {
      const place = document.getElementById(id), box = node => node.getBoundingClientRect();
      const words = [...place.querySelectorAll("text")].filter(node =>
        ["neither gain nor loss", "no difference"].includes(node.textContent)).map(box);
      const marks = [...place.querySelectorAll(".point, .errorbar path, .xtick, .ytick")].map(box);
      const over = words.flatMap(w => marks.filter(m =>
        w.left < m.right && m.left < w.right && w.top < m.bottom && m.top < w.bottom)).length;
      return [words.length, marks.length > 0, over];
    })""")
    assert found == [[1, True, 0], [1, True, 0]]
