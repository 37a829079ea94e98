"""The page that compares two files says what the two files say."""

import re
import sqlite3

import pytest
from conftest import StudyFile, make_run, make_sweep

from aivmsim_report import connect
from aivmsim_report.__main__ import main
from aivmsim_report.comparison import compare, flat, load_side, welch
from aivmsim_report.comparison_page import all_charts, headline
from aivmsim_report.metrics import unit


def compared(a, b):
    return compare(*(load_side(connect(path), path) for path in (a, b)))


def changed(path, sql: str):
    with sqlite3.connect(path) as db:
        db.execute(sql)
    return path


def test_a_file_does_not_differ_from_itself(tmp_path):
    path = make_sweep(tmp_path / "a.db", [1, 2], [10, 50])
    found = compared(path, path)
    assert (found.points, found.differences, found.settings) == (4, [], [])
    assert headline(found).startswith("Nothing that was measured")


def test_a_metric_that_grew_by_the_same_amount_everywhere_differs_surely(tmp_path):
    a, b = (make_sweep(tmp_path / name, [1, 2], [10, 50]) for name in ("a.db", "b.db"))
    changed(b, "UPDATE metric SET value = value + 7 WHERE name = 'ttf_mean'")
    found = compared(a, b)
    assert {one.metric for one in found.differences} == {"ttf_mean"}
    for one in found.differences:
        assert one.paired and one.sure
        assert one.estimate.value == pytest.approx(7)
        assert (one.estimate.low, one.estimate.high) == pytest.approx((7, 7))
    assert headline(found).startswith("The mean time to finality is 7 s higher in b [7, 7]")
    (chart,) = all_charts(found)
    assert chart.finding == "Surely higher in b at 4 of 4 points."


def test_intervals_hold_together(tmp_path):
    a, b = (make_sweep(tmp_path / name, [1, 2], [10, 50]) for name in ("a.db", "b.db"))
    changed(b, "UPDATE metric SET value = value + run_id % 3 WHERE name IN ('ttf_mean', 'ttf_p50')")
    found = compared(a, b)
    assert len(found.differences) == 8
    assert found.level == pytest.approx(1 - 0.05 / 8)


def test_without_common_seeds_the_samples_are_independent(tmp_path):
    a, b = (make_sweep(tmp_path / name, [1], [10, 50]) for name in ("a.db", "b.db"))
    changed(b, "UPDATE run SET seed = '9' || seed")
    changed(b, "UPDATE metric SET value = value + 7 WHERE name = 'ttf_mean'")
    found = compared(a, b)
    assert found.differences and not any(one.paired for one in found.differences)
    assert all(one.sure for one in found.differences if one.metric == "ttf_mean")


def test_welch_is_that_of_scipy():
    from scipy.stats import ttest_ind

    a, b = [1.0, 2.0, 4.0, 3.5], [5.0, 4.0, 9.0]
    theirs = ttest_ind(b, a, equal_var=False).confidence_interval(0.9)
    ours = welch(a, b, 0.9)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    assert welch([1.0], b, 0.9).low is None


def test_settings_that_differ_are_listed_by_key(tmp_path):
    paths = []
    for name, window in (("a", 30), ("b", 100)):
        study = StudyFile(tmp_path / f"{name}.db")
        study.point(7, f"[vm]\nchallenge_window_blocks = {window}\nslash_bps = 1\n")
        study.metric(70, "ttf_mean", 4.0 * window)
        study.run(70, 7)
        paths.append(study.close())
    found = compared(*paths)
    assert found.settings == [("vm.challenge_window_blocks", "30", "100")]
    assert headline(found).startswith("One run of each cannot tell it from chance: 1 metric ")


def test_participants_are_named_by_their_label():
    config = {"vm": {"a": 1}, "provider": [{"label": "lazy", "count": 3}, {"count": 1}]}
    assert flat(config) == {"vm.a": 1, "provider.lazy.label": "lazy", "provider.lazy.count": 3,
                            "provider.1.count": 1}  # fmt: skip


def test_the_page_shows_both_files_and_the_violations_of_each(tmp_path):
    a = make_run(tmp_path / "a.db")
    b = make_run(tmp_path / "b.db", cheats_net=-300, violated=True)
    assert main([str(a), str(b), "-o", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text()
    assert "<h1>What changed from a to b?" in page
    assert "<td>0 runs</td><td>1 run</td>" in page
    assert '<p class="verdict FAIL">' in page


def test_every_difference_has_its_unit_and_money_is_in_lux(tmp_path):
    a, b = (make_sweep(tmp_path / name, [1, 2], [10, 50]) for name in ("a.db", "b.db"))
    changed(
        b,
        "UPDATE metric SET value = value + 7000000000"
        " WHERE name IN ('attacker_net', 'cheating_gain', 'tasks')",
    )
    changed(b, "UPDATE metric SET value = value + 0.25 WHERE name IN ('ttf_mean', 'fraud_share')")
    assert main([str(a), str(b), "-o", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text()
    rows = [row for row in re.findall(r"<tr>(.*?)</tr>", page) if "<b>differs</b>" in row]
    texts = {re.sub("<[^>]+>", " ", row) for row in rows}
    assert any("attacker_net  [LUX]" in text and " +7 " in text for text in texts)
    assert any("cheating_gain  [LUX]" in text and " 7 to 7 " in text for text in texts)
    assert any("ttf_mean  [s]" in text and " +0.25 " in text for text in texts)
    assert any("tasks  " in text and " +7e+09 " in text for text in texts), "a count has no unit"
    assert not any("nLUX" in text for text in texts)


def test_the_page_says_that_its_intervals_are_not_those_of_the_terminal(tmp_path):
    path = make_sweep(tmp_path / "a.db", [1, 2], [10, 50])
    assert main([str(path), str(path), "-o", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text()
    assert "All intervals of this page hold together" in page
    assert "<code>aivmsim compare</code> are narrower, because each holds by itself" in page


def test_the_units_are_those_of_the_program():
    aivmsim = pytest.importorskip("aivmsim", reason="comes with pip install ./pyharness")
    assert {name: unit(name) for name in aivmsim.METRICS} == {
        name: metric.unit for name, metric in aivmsim.METRICS.items()
    }


def test_files_without_a_common_point_and_a_third_file_are_errors(tmp_path, capsys):
    a = make_sweep(tmp_path / "a.db", [1, 2], [10])
    b = make_sweep(tmp_path / "b.db", [5, 8], [10])
    assert main([str(a), str(b), "-o", str(tmp_path / "page.html")]) == 2
    assert "have no point in common: they differ in vm.challenge_window_blocks" in (
        capsys.readouterr().err)  # fmt: skip
    with pytest.raises(SystemExit):
        main([str(a), str(b), str(a)])
    assert "a page is about one, or compares two" in capsys.readouterr().err
