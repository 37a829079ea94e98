"""What every page has: contents with anchors, sentences over charts, numbers as text, buttons."""

import re

import pytest
from conftest import make_run, make_sweep

from aivmsim_report.__main__ import main
from aivmsim_report.chart import Axis, Chart, Heat, Panel, Series
from aivmsim_report.html import contents, section
from aivmsim_report.intervals import Estimate
from aivmsim_report.numbers import PER_SERIES, table_of, thinned
from aivmsim_report.study_sentences import difference, half_final


@pytest.fixture(scope="module")
def study_page(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("page")
    path = make_sweep(folder / "study.db", [1, 2, 5], [10, 80])
    assert main([str(path), "-o", str(folder / "study.html")]) == 0
    return (folder / "study.html").read_text()


def test_the_contents_list_leads_to_every_section(study_page):
    anchors = re.findall(r'<section id="([^"]+)"', study_page)
    assert len(set(anchors)) == len(anchors) > 10
    links = re.findall(r'<li><a href="#([^"]+)">', study_page)
    assert links == anchors
    assert study_page.index("</header>") < study_page.index('<nav class="contents"')


def test_a_page_of_two_sections_needs_no_contents_list():
    assert contents(section("One", "") + section("Two", "")) == ""


def test_every_chart_has_a_sentence_its_numbers_and_two_buttons(study_page):
    charts = re.findall(r'<div class="chart" id="(\w+)".*?aria-label="([^"]+)"', study_page)
    assert len(charts) > 8
    for name, spoken in charts:
        assert re.search(r"\d", spoken), f"{name} says no number: {spoken}"
        for kind in ("csv", "png"):
            assert f'data-save="{kind}" data-chart="{name}"' in study_page
        described = re.search(rf'id="{name}"[^>]*aria-describedby="([^"]+)"', study_page)[1]
        folded = study_page[study_page.index(f'<details class="numbers" id="{described}"') :]
        assert folded[: folded.index("</details>")].count("<tr>") > 1


def test_the_numbers_of_a_chart_are_those_drawn():
    series = [
        Series("measured", "points", [1, 2], [0.5, 0.25], "", low=[0.4, 0.2], high=[0.6, 0.3]),
        Series("", "line", [1, 2], [0.5, 0.2], ""),
        Series("", "points", [3], [0.1], "", group="measured", says="upper end"),
    ]
    chart = Chart("c", "t", [Panel(Axis("window"), Axis("share", percent=True), series)])
    head, rows = table_of(chart)
    assert head == ["series", "window", "share", "from", "to"]
    assert rows == [
        ["measured", "1", "50 %", "40 %", "60 %"],
        ["measured", "2", "25 %", "20 %", "30 %"],
        ["measured, upper end", "3", "10 %", "", ""],
    ]


def test_a_long_series_is_thinned_and_says_so():
    line = Series("a", "line", list(range(500)), [float(x) for x in range(500)], "")
    chart = Chart("c", "t", [Panel(Axis("x"), Axis("y"), [line])])
    rows = table_of(chart)[1]
    assert len(rows) == PER_SERIES and thinned(chart)
    assert (rows[0][1], rows[-1][1]) == ("0", "499")


def test_a_map_is_a_table_with_its_intervals():
    heat = Heat(["1", "2"], ["10%"], [[5.0, None]], [["5", ""]], "s", hovers=[["5 [4, 6] s", ""]])
    chart = Chart("c", "t", [Panel(Axis("window"), Axis("censors"), heat=heat)])
    assert table_of(chart) == (["censors \u2193 window \u2192 (s)", "1", "2"],
                               [["10%", "5 [4, 6]", ""]])  # fmt: skip


def test_invariants_say_what_they_promise_without_a_mouse(tmp_path):
    path = make_run(tmp_path / "run.db")
    main([str(path), "-o", str(tmp_path / "run.html")])
    page = (tmp_path / "run.html").read_text()
    assert "<td><b>E3</b></td><td>bond-outlives-obligation</td>" in page
    assert "A slash that finds no bond costs the cheater nothing." in page


def test_sentences_say_never_and_units_once():
    late, slow = ("speed 1%", [(9.0, 0.2)]), ("speed 10%", [(9.0, 0.4)])
    assert half_final([late, slow]) == (
        "Less than half of the submitted tasks ever become final at speed 1% and speed 10%."
    )
    assert half_final([("", [(9.0, 0.2)])]) == (
        "Less than half of the submitted tasks ever become final."
    )
    assert half_final([late, ("speed 100%", [(9.0, 0.6)])]) == (
        "Half of the submitted tasks are final after 9.0 s at speed 100%; never at speed 1%."
    )
    told = difference("window 1", "window 20", Estimate(94, 85, 104, 8), "{:g}".format, "s")
    assert told == "Against window 1: 94 [85, 104] s at window 20."
