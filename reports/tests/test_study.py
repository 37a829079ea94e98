"""The page of a study says what its file says: numbers are checked against SQL of their own."""

import itertools
import json
import math
import re
import sqlite3
from collections import Counter

import pytest
from conftest import HONEST, LUX, StudyFile, make_run, make_sweep
from scipy.stats import binomtest

from aivmsim_report import connect, study_charts, verdict
from aivmsim_report.__main__ import main
from aivmsim_report.chart import Absent, Chart
from aivmsim_report.draw_plotly import draw
from aivmsim_report.intervals import Counts, clustered, design_effect, exact, mean, paired_shares
from aivmsim_report.numbers import table_of
from aivmsim_report.study import Cell, Finality, load
from aivmsim_report.verdict import did_cheating_pay_in, headline

WINDOWS, SHARES = [1, 2, 3, 5, 8, 12], [10, 50, 80]


@pytest.fixture
def sweep(tmp_path):
    return make_sweep(tmp_path / "sweep.db", WINDOWS, SHARES)


def study_of(path, axes=None):
    return load(connect(path), path, axes)


def charts_of(path, **options):
    return {chart.name: chart for chart in study_charts.all_charts(study_of(path), **options)}


def page_of(path, *options) -> str:
    out = path.with_suffix(".html")
    assert main([str(path), "-o", str(out), *options]) == 0
    return out.read_text()


def specs_of(page: str) -> dict:
    return json.loads(
        re.search(r'<script type="application/json" id="specs">(.*?)</script>', page, re.DOTALL)[1]
    )


def test_exact_intervals_are_those_of_scipy():
    for k, n in ((0, 10), (3, 10), (10, 10), (140, 560)):
        ours, theirs = exact(k, n), binomtest(k, n).proportion_ci(method="exact")
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_results_that_come_in_blocks_widen_the_interval():
    runs = [(10, 100), (0, 100), (20, 100), (10, 100)]  # all or none of ten at once
    share = 0.1
    between = sum((k - share * n) ** 2 for k, n in runs) * 4 / 3 / 400**2
    assert design_effect(Counts(runs)) == pytest.approx(between / (share * (1 - share) / 400))
    wide, narrow = clustered(Counts(runs)), exact(40, 400)
    assert wide.value == narrow.value and wide.low < narrow.low and wide.high > narrow.high
    assert clustered(Counts([(3, 30)]))[1:3] == (0, 1), "one run tells nothing about others"


STUDIES = [
    [(10, 100), (0, 100), (20, 100), (10, 100)],
    [(20, 80), (24, 80), (22, 80), (26, 80)],
    [(10, 40), (10, 40)],
    [(0, 30)] * 5,
    [(30, 30)] * 5,
    [(1, 1), (0, 1), (1, 1)],
    [(0, 40)] * 30 + [(40, 40)] * 2,
    [(3, 30)],
]


@pytest.mark.parametrize("pairs", STUDIES)
def test_shares_have_the_intervals_of_the_simulator(pairs):
    aivmsim = pytest.importorskip("aivmsim", reason="comes with pip install ./pyharness")
    for level in (0.95, 0.99):
        theirs = aivmsim.share_interval([k for k, _ in pairs], [n for _, n in pairs], level)
        assert clustered(Counts(pairs), level)[:3] == pytest.approx(theirs, abs=1e-9)


def test_paired_shares_have_the_intervals_of_the_simulator():
    aivmsim = pytest.importorskip("aivmsim", reason="comes with pip install ./pyharness")
    here, there = STUDIES[0], STUDIES[1]
    columns = [[pair[place] for pair in side] for side in (here, there) for place in (0, 1)]
    theirs = aivmsim.paired_share_interval(*columns)
    assert paired_shares(here, there)[:3] == pytest.approx(theirs, abs=1e-9)
    assert paired_shares([(0, 0)] * 4, there) is None


def test_a_mean_of_one_run_has_no_interval():
    assert mean(1, 5, 25)[:3] == (5, None, None)
    estimate = mean(2, 4, 10)  # 1 and 3
    assert estimate.high - estimate.value == pytest.approx(12.706 * math.sqrt(2 / 2), rel=1e-4)


def test_points_are_placed_on_the_axes_window_first(sweep):
    study = study_of(sweep)
    assert [(axis.key, [axis.place(v) for v in axis.values]) for axis in study.axes] == [
        ("vm.challenge_window_blocks", WINDOWS), ("chain.censoring_share",
                                                  [0.1, 0.5, 0.8])]  # fmt: skip
    assert study.runs == len(WINDOWS) * len(SHARES) * 4
    assert {study.alpha(Cell([point])) for point in study.points} == {0.1, 0.5, 0.8}


def test_axes_can_be_chosen_and_an_unknown_one_is_one_error(sweep, tmp_path, capsys):
    study = study_of(sweep, ["chain.censoring_share"])
    assert [axis.key for axis in study.axes] == [
        "chain.censoring_share",
        "vm.challenge_window_blocks",
    ]
    assert main([str(sweep), "-o", str(tmp_path / "x.html"), "--axes", "vm.burn"]) == 2
    assert "does not sweep vm.burn" in capsys.readouterr().err
    assert main([str(sweep), "-o", str(tmp_path / "x.html"), "--metrics", "nonsense"]) == 2
    assert "has no metric nonsense" in capsys.readouterr().err
    assert not (tmp_path / "x.html").exists()


def test_the_headline_names_the_other_parameter(tmp_path):
    study = StudyFile(tmp_path / "two.db")
    for point, (window, watchers) in enumerate(itertools.product((5, 20), (1, 2)), start=1):
        study.point(
            point, vm__challenge_window_blocks=window, challenger__watchers__count=watchers
        )
        study.metric(point, "n_fraud_posted", 10)
        study.metric(point, "n_fraud_missed", 0)
        study.run(point, point)
    _, answer, _ = headline(study_of(study.close()))
    assert answer.startswith("As measured 5 blocks at count 1, 5 blocks at count 2;")


def test_the_headline_is_the_shortest_window_that_sql_finds_safe(sweep):
    with sqlite3.connect(sweep) as db:
        rows = db.execute(
            "SELECT share.text, min(window.number) FROM (SELECT point_id, 1.0 * sum(missed.value) "
            "/ sum(posted.value) AS final"
            " FROM run JOIN metric AS missed USING (run_id) JOIN metric AS posted USING (run_id)"
            " WHERE missed.name = 'n_fraud_missed' AND posted.name = 'n_fraud_posted' GROUP BY "
            "point_id) AS p"
            " JOIN point_param AS window ON window.point_id = p.point_id AND window.name = "
            "'vm.challenge_window_blocks'"
            " JOIN point_param AS share ON share.point_id = p.point_id AND share.name = "
            "'chain.censoring_share'"
            " WHERE final <= 0.001 GROUP BY share.text"
        ).fetchall()
    question, answer, _ = headline(study_of(sweep))
    assert question == "Which challenge window is safe?"
    safe = dict(rows)
    assert 0 < len(safe) < len(SHARES)  # so that both kinds of answer are seen
    for share in SHARES:
        if f"{share}%" in safe:
            assert f"{safe[f'{share}%']:.0f} blocks at {share}%" in answer
        else:
            assert re.search(rf"none up to 12 blocks at [^;]*{share}%", answer)
    # What the interval shows is said apart, and what it would take to show more.
    measured, sure = answer.split("; with 95 % confidence ")
    assert measured.startswith("As measured ")
    assert sure == "none of those tried yet: about 644 more seeds would settle the first."


def test_as_many_more_seeds_as_are_said_would_settle_it(sweep):
    study = study_of(sweep)
    window = study.axis("vm.challenge_window_blocks")
    share = study.axis("chain.censoring_share")
    cells = study_charts.cells_at(study, window, share, share.values[0])
    more = verdict._seeds_to_settle(study, cells, 0.001)
    counts = next(
        cell.fraud for _, cell in cells if study.fraud_share(cell).value <= 0.001
    )
    seeds = len(counts.pairs)
    times = (seeds + more) // seeds
    assert clustered(Counts(counts.pairs * times)).high <= 0.001
    assert clustered(Counts(counts.pairs * (times * 3 // 4))).high > 0.001


def test_pending_tasks_are_censored_and_reverted_ones_never_final():
    found = Finality(Counter({10.0: 2, 20.0: 1}), Counter({15.0: 3}), never=2)
    # Of 8 tasks 2 are final at 10 s; of the 3 that are observed beyond 15 s 1 at 20 s.
    assert found.curve() == [(10.0, 0.25), (20.0, pytest.approx(1 - 0.75 * 2 / 3))]
    assert Finality(Counter({10.0: 3}), never=1).curve() == [(10.0, 0.75)], "without censoring"


def test_measured_windows_stand_beside_theory(sweep):
    chart = charts_of(sweep)["frontier"]
    measured = next(s for s in chart.panels[0].series if s.name == "at most 1 % final")
    assert dict(zip(measured.x, measured.y, strict=True)).keys() <= {0.1, 0.5, 0.8}
    theory = next(
        s for s in chart.panels[0].series if s.kind == "line" and s.group == measured.name
    )
    assert theory.x[0] == 0.1 and theory.y[0] == 2  # 0.1^2 = 1 %
    confidence = charts_of(sweep)["confidence"]
    half = [s for s in confidence.panels[0].series if s.kind == "steps"][1]
    assert half.y[-1] == 14 or half.y[-1] <= 1.3 * 12  # 0.5^14 < 1e-4
    assert (
        study_charts.theory_window(0.5, 1e-3) == 10 and study_charts.theory_window(0.9, 1e-9) == 197
    )


def test_a_window_of_which_the_interval_is_not_sure_has_no_upper_end(sweep):
    chart = charts_of(sweep)["confidence"]
    assert chart.panels[0].x.title == "wrong results that became final, at most"
    line = next(s for s in chart.panels[0].series if s.name == "censoring share 80%")
    study = study_of(sweep)
    window, share = study.axis("vm.challenge_window_blocks"), study.axis("chain.censoring_share")
    cells = study_charts.cells_at(study, window, share, share.values[-1])
    open_ends = 0
    for target, high, text in zip(line.x, line.high, line.high_texts, strict=True):
        sure = study_charts.safe_window(study, window, cells, target, True)
        assert high == sure and text == ("more than 12" if sure is None else "")
        open_ends += sure is None
    assert open_ends, "the study is small enough for some to be open"
    assert line.low == [None] * len(line.x)
    head, rows = table_of(chart)
    assert head == ["series", "wrong results that became final, at most",
                    chart.panels[0].y.title, "from", "to"]  # fmt: skip
    shown = [row for row in rows if row[0] == line.name]
    assert [row[1] for row in shown] == [f"{100 * target:.3g} %" for target in line.x]
    assert [row[3:] for row in shown if row[4].startswith("more")] == [
        ["", "more than 12"]] * open_ends  # fmt: skip
    spec = next(s for s in draw(chart)["data"] if s["name"] == line.name)
    assert spec["error_y"]["array"].count(None) == open_ends
    assert spec["meta"]["high_texts"] == line.high_texts


def test_words_for_levels_stand_in_the_legend_and_not_on_the_marks(sweep):
    charts = charts_of(sweep)
    for name, word in (("principal_return", "neither gain nor loss"),
                       ("contrast_ttf_mean", "no difference")):  # fmt: skip
        layout = draw(charts[name])["layout"]
        assert word not in [note["text"] for note in layout["annotations"]]
        (line,) = [shape for shape in layout["shapes"] if shape.get("name") == word]
        assert line["showlegend"] and layout["showlegend"]


def test_where_no_wrong_result_became_final_the_mark_is_an_upper_bound(sweep):
    chart = charts_of(sweep)["fraud_by_window"]
    bounds = [s for s in chart.panels[0].series if s.hollow]
    assert bounds and all(0 < y < 1 for s in bounds for y in s.y)
    assert all(s.marker == "triangle-down" for s in bounds)


def test_maps_hold_the_means_of_their_points(sweep):
    heat = charts_of(sweep)["map_ttf_mean"].panels[0].heat
    db = connect(sweep)
    for row, share in enumerate(SHARES):
        for column, window in enumerate(WINDOWS):
            point = 1 + row * len(WINDOWS) + column
            mean_of = db.execute(
                "SELECT mean FROM v_point_estimate WHERE point_id = ? AND name = 'ttf_mean'",
                (point,),
            ).fetchone()[0]
            assert heat.values[row][column] == pytest.approx(mean_of), (share, window)
    assert (heat.x, heat.y) == ([str(w) for w in WINDOWS], [f"{s}%" for s in SHARES])


def test_maps_can_be_of_any_metric(sweep):
    assert "map_ttf_p50" in charts_of(sweep, metrics=["ttf_p50"])


def test_p_profit_has_the_exact_interval_of_its_runs(tmp_path):
    sweep = make_sweep(tmp_path / "many.db", WINDOWS, SHARES, seeds=16)
    chart = charts_of(sweep)["p_profit"]
    line = next(s for s in chart.panels[0].series if s.name == "censoring share 80%")
    with sqlite3.connect(sweep) as db:
        k, n = db.execute("SELECT sum(value), count(*) FROM metric JOIN run USING (run_id) WHERE "
                          "name = 'attacker_profitable'"
                          " AND point_id = ?", (1 + 2 * len(WINDOWS),)).fetchone()  # fmt: skip
    theirs = binomtest(k, n).proportion_ci(method="exact")
    assert (line.y[0], line.low[0], line.high[0]) == pytest.approx((k / n, theirs.low, theirs.high))


def test_the_border_of_profit_is_where_the_gain_over_honest_play_changes_its_sign(sweep):
    chart = charts_of(sweep)["profit_frontier"]
    marks = chart.panels[0].series[0]
    assert marks.x, chart.note
    db = sqlite3.connect(sweep)

    def means(metric, share):
        row = SHARES.index(int(share.rstrip("%")))
        return [db.execute("SELECT avg(value) FROM metric JOIN run USING (run_id) WHERE name = ?"
                           " AND point_id = ?", (metric, 1 + row * len(WINDOWS) + column)
                           ).fetchone()[0] for column in range(len(WINDOWS))]  # fmt: skip

    def crossing(values):
        turn = next(i for i, value in enumerate(values) if value <= 0)
        a, b = values[turn - 1], values[turn]
        return WINDOWS[turn - 1] + (WINDOWS[turn] - WINDOWS[turn - 1]) * a / (a - b)

    for share, middle, low, high in zip(marks.x, marks.y, marks.low, marks.high, strict=True):
        assert middle == pytest.approx(crossing(means("cheating_gain", share)))
        assert middle != pytest.approx(crossing(means("attacker_net", share)))
        assert low <= middle <= high


def test_without_a_comparison_with_honest_play_there_is_no_verdict(sweep):
    with sqlite3.connect(sweep) as db:
        db.execute("DELETE FROM metric WHERE name IN ('cheating_gain', 'attacker_profitable')")
        db.execute("DELETE FROM counterfactual")
        db.execute(
            "UPDATE run SET row_counts = json_set(row_counts, '$.counterfactual', 0, '$.metric',"
            " (SELECT count(*) FROM metric WHERE metric.run_id = run.run_id))"
        )
    charts = charts_of(sweep)
    for name in ("profit_frontier", "cheating_gain"):
        assert isinstance(charts[name], Absent), name
        assert charts[name].reason.startswith("No verdict can be given"), name
    assert not {"p_profit", "owner_gains", "map_cheating_gain", "map_attacker_net",
                "contrast_cheating_gain"} & charts.keys()  # fmt: skip
    assert "Not compared with honest play" in page_of(sweep)


def test_owners_are_compared_with_themselves_honest(sweep):
    chart = charts_of(sweep)["owner_gains"]
    (line,) = chart.panels[0].series
    assert line.name == "lazy \u00b7 lazy_guess" and line.x == WINDOWS
    with sqlite3.connect(sweep) as db:
        total, runs = db.execute(
            "SELECT sum(payoff_nlux - honest_payoff_nlux), count(*) FROM counterfactual JOIN run "
            "USING (run_id) WHERE point_id % ? = 1", (len(WINDOWS),)
        ).fetchone()  # fmt: skip
    assert line.y[0] == pytest.approx(total / runs / 2 / LUX)


def test_points_of_one_seed_are_one_sample(sweep):
    """The cells of the first axis pool three points; with four seeds each, they have four samples,
    not twelve."""
    study = study_of(sweep)
    cell = study.at({"vm.challenge_window_blocks": study.axes[0].values[0]})
    assert len(cell.points) == 3 and cell.runs == 12
    assert cell.gain.n == 4 and len(cell.fraud.pairs) == 4
    assert study.owners[0].gain(cell).n == 4
    other = study.at({"vm.challenge_window_blocks": study.axes[0].values[1]})
    assert study.contrast(other, "ttf_mean").n == 4


def test_a_map_marks_gains_that_cannot_be_told_from_none(sweep):
    heat = charts_of(sweep)["map_cheating_gain"].panels[0].heat
    study = study_of(sweep)
    for row, by in enumerate(study.axes[1].values):
        for column, value in enumerate(study.axes[0].values):
            gain = study.at({study.axes[0].key: value, study.axes[1].key: by}).gain
            sure = gain.low > 0 or gain.high < 0
            assert heat.texts[row][column].endswith("?") != sure


def test_frontiers_are_within_one_environment(sweep):
    """A share of censors is nobody's choice: with 80 % of them every point is beaten by one with
    10 %, and still has a frontier of its own."""
    chart = charts_of(sweep)["speed_frontier"]
    lines_ = [s for s in chart.panels[0].series if s.kind == "linked"]
    assert [s.name for s in lines_] == [f"censoring share {share}%" for share in SHARES]
    assert all(len(s.x) >= 2 for s in lines_[1:])
    assert len(charts_of(sweep)["speed_frontier"].panels[0].series) >= len(SHARES)
    db = connect(sweep)
    of_view = {
        row["point_id"] for row in db.execute("SELECT * FROM v_frontier WHERE on_frontier = 1")
    }
    assert len(of_view) == sum(len(s.x) for s in chart.panels[0].series if not s.hollow)


def test_a_point_where_nothing_wrong_was_seen_stands_at_the_end_of_its_interval(sweep):
    chart = charts_of(sweep)["speed_frontier"]
    unseen = [s for s in chart.panels[0].series if s.marker == "triangle-down"]
    assert unseen and all(0 < y < 1 for s in unseen for y in s.y)


def test_lines_that_cannot_be_told_apart_are_drawn_as_one(sweep, tmp_path):
    few = charts_of(sweep)["p_profit"]
    assert [s.name for s in few.panels[0].series] == ["runs"]
    assert "agree within their intervals" in few.note
    many = charts_of(make_sweep(tmp_path / "many.db", WINDOWS, SHARES, seeds=16))["p_profit"]
    assert len(many.panels[0].series) == len(SHARES)


def test_cheating_that_never_paid_is_a_sentence_and_no_line_at_zero(tmp_path):
    path = make_sweep(tmp_path / "never.db", WINDOWS, SHARES)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE metric SET value = 0 WHERE name = 'attacker_profitable'")
    never = charts_of(path)["p_profit"]
    assert isinstance(never, Absent) and never.reason.startswith("In none of 72 runs")


def test_points_without_a_choice_have_no_frontier(tmp_path):
    path = make_sweep(tmp_path / "shares.db", [3], [10, 50])
    frontier = charts_of(path)["speed_frontier"]
    assert isinstance(frontier, Absent) and "no choice to compare" in frontier.reason


def test_words_that_are_stored_with_a_number_are_shown_as_words(tmp_path):
    study = StudyFile(tmp_path / "flags.db")
    for point, word in enumerate(("false", "true")):
        study.point(point, vm__commit_reveal=(point, word, ""))
        for seed in (1, 2):
            study.metric(point * 10 + seed, "ttf_mean", 4.0 + point + seed / 10)
            study.run(point * 10 + seed, point, seed=seed)
    charts = charts_of(study.close())
    axis = charts["map_ttf_mean"].panels[0].x
    assert axis.categories == ["false", "true"] and axis.ticks is None
    assert charts["contrast_ttf_mean"].panels[0].series[0].x == ["true"]


def test_pairs_of_one_seed_are_compared(sweep):
    study = study_of(sweep)
    with sqlite3.connect(sweep) as db:
        differences = [row[0] for row in db.execute(
            "SELECT here.value - there.value FROM run AS r JOIN run AS t ON t.seed = r.seed AND "
            "t.point_id = 1"
            " JOIN metric AS here ON here.run_id = r.run_id AND here.name = 'ttf_mean'"
            " JOIN metric AS there ON there.run_id = t.run_id AND there.name = 'ttf_mean' WHERE "
            "r.point_id = 4")]  # fmt: skip
    ours = study.contrast(Cell([p for p in study.points if p.point_id == 4]), "ttf_mean")
    assert ours.n == 4 and ours.value == pytest.approx(sum(differences) / 4)


def test_finality_curves_are_those_of_the_view(sweep):
    chart = charts_of(sweep)["ttf_optimistic"]
    line = chart.panels[0].series[0]
    assert line.name == "challenge window 1"
    db = connect(sweep)
    expected = dict(
        db.execute(
            "SELECT seconds, max(share) FROM v_ttf_cdf WHERE run_id = 1001 AND mode = 'optimistic' "
            "GROUP BY 1"
        ).fetchall()
    )
    assert dict(zip(line.x[1:], line.y[1:], strict=True)) == pytest.approx(
        expected
    )  # all runs of a window are alike here
    assert "ttf_tee" in charts_of(sweep)


def test_one_point_with_many_seeds_is_a_distribution(tmp_path):
    path = make_sweep(tmp_path / "point.db", [3], [50], seeds=12)
    charts = charts_of(path)
    assert sum(charts["cheating_gain"].panels[0].series[0].y) == 12
    assert re.search(
        r"It gained in \d+ of 12 runs, P\(profit\) = .* \[.*\]", charts["cheating_gain"].note
    )
    assert {"ttf", "principal_return"} <= charts.keys() and not any(
        name.startswith("map_") for name in charts
    )
    assert did_cheating_pay_in(study_of(path)).startswith(("Yes:", "No:", "Cannot be told:"))
    assert "All metrics, mean and 95 % interval" in page_of(path)


def test_a_sweep_of_one_parameter_has_curves_in_place_of_maps(tmp_path):
    path = make_sweep(tmp_path / "line.db", [1, 2, 4], [50])
    charts = charts_of(path)
    assert charts["map_fraud_share"].panels[0].heat is None
    assert charts["map_fraud_share"].panels[0].series[0].x == [1, 2, 4]
    theory = next(s for s in charts["fraud_by_window"].panels[0].series if s.kind == "line")
    assert theory.y[0] == 0.5  # the share is that of the scenario, though it is not swept


def test_words_as_values_are_categories(tmp_path):
    study = StudyFile(tmp_path / "words.db")
    for point, word in enumerate(("full", "economic")):
        study.point(point, run__fidelity=(None, word, ""))
        for seed in (1, 2):
            study.metric(point * 10 + seed, "ttf_mean", 4.0 + point + seed / 10)
            study.run(point * 10 + seed, point, seed=seed)
    path = study.close()
    chart = charts_of(path)["map_ttf_mean"]
    assert chart.panels[0].x.categories == ["economic", "full"]
    assert "Nobody cheated in this study." in page_of(path)


def test_empty_corners_say_so(tmp_path):
    study = StudyFile(tmp_path / "empty.db")
    for point, window in enumerate((1, 2)):
        study.point(point, vm__challenge_window_blocks=(window, str(window), "blocks"))
        for seed in (1, 2):
            study.metric(point * 10 + seed, "n_fraud_posted", 0)
            study.metric(point * 10 + seed, "n_fraud_missed", 0)
            study.run(point * 10 + seed, point, seed=seed)
    page = page_of(study.close())
    for text in (
        "No wrong result was posted in any run",
        "Nobody cheated in this study",
        "No task became final",
        "Not validated",
        "No metric differs between the points",
        "No principal with a stake",
    ):
        assert text in page, text
    assert not any(isinstance(chart, Chart) for chart in charts_of(tmp_path / "empty.db").values())


def test_the_badge_is_what_the_validation_table_says(sweep):
    def add(*row):
        with sqlite3.connect(sweep) as db:
            db.execute("INSERT INTO validation VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    assert "<b>Not validated</b>" in page_of(sweep)
    add("V31", "clopper-pearson", 400, 0.5, 0.51, 0.45, 0.56, 1, "agrees")
    assert "agrees with theory in all of 1 case." in page_of(sweep)
    add("V05", "batch-means-t", 400, 1, 0.9, 0.5, 1.3, 0, "undecided")
    assert "<b>Undecided</b> in 1 of 2 cases: V05." in page_of(sweep)
    add("C08", "failed: k is > n", 0, 20, 0, 0, 0, 0, "failed")
    page = page_of(sweep)
    assert "<b>Not compared with theory</b> in 1 of 3 cases: C08." in page
    assert "<b>failed: k is &gt; n</b>" in page
    add("V06", "batch-means-t", 400, 0.5, 0.7, 0.65, 0.76, 0, "disagrees")
    page = page_of(sweep)
    assert "<b>Disagrees with theory</b> in 1 of 4 cases: V06." in page
    assert "<b>undecided</b>" in page and "<b>disagrees</b>" in page


def validation_of(path, version="0.1.0 (3f9a2c71)"):
    """As `aivmsim validate --out` writes it: cases and no run."""
    study = StudyFile(path)
    study.add("validation", name="V31", point_id=1, method="exact", n=400, predicted=0.5,
              mean=0.51, low=0.45, high=0.56, passed=1, verdict="agrees")  # fmt: skip
    study.db.execute("UPDATE study SET code_version = ?", (version,))
    return study.close()


@pytest.mark.parametrize("make", [make_run, lambda path: make_sweep(path, [1, 2], [10])])
def test_a_file_that_is_not_validated_says_how_and_that_works(tmp_path, make):
    path, page = make(tmp_path / "file.db"), tmp_path / "page.html"
    validation = validation_of(tmp_path / "validation.db")
    assert main([str(path), "-o", str(page)]) == 0
    badge = re.search(r'<p class="badge none">(.*?)</p>', page.read_text())[1]
    make_one, show = re.findall("<code>(.*?)</code>", badge)
    assert make_one == "aivmsim validate --out validation.db"
    assert show == "aivmsim report file.db validation.db"
    for files in ([path, validation], [validation, path]):
        assert main([*map(str, files), "-o", str(page)]) == 0
        assert "<b>Validated</b> It agrees with theory in all of 1 case." in page.read_text()


def test_the_validation_of_another_program_is_refused(sweep, tmp_path, capsys):
    other = validation_of(tmp_path / "validation.db", "0.1.0 (00000000)")
    assert main([str(sweep), str(other), "-o", str(tmp_path / "page.html")]) == 2
    assert "it validates another program" in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()


def test_options_of_one_database_are_taken_beside_a_validation(sweep, tmp_path):
    files = [str(sweep), str(validation_of(tmp_path / "v.db"))]
    assert main([*files, "-o", str(tmp_path / "p.html"), "--metrics", "ttf_mean"]) == 0
    page = (tmp_path / "p.html").read_text()
    assert "<b>Validated</b>" in page and "map_p_final_corrupt" not in page


def test_the_badge_of_an_older_file_goes_by_what_passed(sweep):
    with sqlite3.connect(sweep) as db:
        db.execute("ALTER TABLE validation DROP COLUMN verdict")
        db.execute(
            "INSERT INTO validation VALUES ('V06', 1, 'threshold', 400, 0.5, 0.7, 0.65, 0.76, 0)"
        )
        db.execute("INSERT INTO validation VALUES ('C08', 1, 'not implemented', 0, 9, 0, 0, 0, 0)")
    page = page_of(sweep)
    assert "<b>Disagrees with theory</b> in 1 of 2 cases: V06." in page
    assert "<b>not implemented</b>" in page


def test_violations_are_grouped_and_replayed(sweep):
    with sqlite3.connect(sweep) as db:
        for run in (1001, 1002, 1003, 1004, 2001):
            db.execute("INSERT INTO violation VALUES (?, 1, 'E3', 5000000000, 7, 'provider[1]', "
                       "'left <early>', 0, ?)",
                       (run, f"aivmsim replay finding-{run}"))  # fmt: skip
            db.execute(
                "UPDATE run SET row_counts = json_set(row_counts, '$.violation', 1), status = "
                "'violated' WHERE run_id = ?",
                (run,),
            )
    page = page_of(sweep)
    assert "FAIL" in page and "5 runs with an unexpected violation" in page
    assert "5 times in all" in page and "2 more are in the table violation" in page
    assert [
        run for run in (1001, 1002, 1003, 1004, 2001) if f"aivmsim replay finding-{run}" in page
    ] == [1001, 1002, 1003]
    assert "left &lt;early&gt;" in page


def test_everything_needed_to_run_it_again_is_there(sweep):
    import hashlib

    page = page_of(sweep)
    for text in (
        "1..4",
        "0.1.0 (3f9a2c71)",
        "g++ 12.2.0, Release -O3",
        hashlib.sha256(sweep.read_bytes()).hexdigest(),
        "vm.challenge_window_blocks = 1, 2, 3, 5, 8, 12",
        "3 &lt; 4 &amp; &lt;/script&gt; stay text",
    ):
        assert text in page, text


def test_a_run_of_a_study_can_be_reported_alone(sweep):
    assert "run 1 of 72 in this file" in page_of(sweep, "--run", "1001")


def test_the_page_is_small_and_asks_nothing_of_the_network(sweep):
    page = page_of(sweep)
    assert len(page) < 6_000_000
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", page)
    assert "default-src 'none'" in page  # the browser itself refuses any request
    assert specs_of(page).keys() >= {
        "frontier",
        "fraud_by_window",
        "confidence",
        "map_fraud_share",
        "cheating_gain",
    }


def test_pictures_for_papers_come_from_the_same_charts(sweep, tmp_path, capsys):
    folder = tmp_path / "pictures"
    assert main([str(sweep), "--figures", str(folder), "--format", "svg"]) == 0
    drawn = {name for name, chart in charts_of(sweep).items() if isinstance(chart, Chart)}
    assert {path.stem for path in folder.iterdir()} == drawn
    frontier = (folder / "frontier.svg").read_text()
    assert "The shortest safe window" in frontier and "http://www.w3.org/2000/svg" in frontier
    assert not (tmp_path / "report.html").exists()
    assert (
        main([str(make_run(tmp_path / "run.db")), "--figures", str(folder), "--format", "png"]) == 0
    )
    assert (folder / "timeline.png").read_bytes().startswith(b"\x89PNG")
    capsys.readouterr()
    assert main([str(sweep), "--figures", str(folder), "--format", "gif"]) == 2
    assert "no such format" in capsys.readouterr().err


def test_absent_charts_have_a_reason(tmp_path):
    path = make_sweep(tmp_path / "long.db", [1, 2], [90, 95])
    frontier = charts_of(path)["frontier"]
    assert isinstance(frontier, Absent) and "up to 2 blocks" in frontier.reason


def test_money_in_charts_is_in_lux(sweep):
    heat = charts_of(sweep, metrics=["attacker_net"])["map_attacker_net"].panels[0].heat
    net = (
        connect(sweep)
        .execute("SELECT mean FROM v_point_estimate WHERE point_id = 1 AND name = 'attacker_net'")
        .fetchone()[0]
    )
    assert heat.values[0][0] == pytest.approx(net / LUX)
    gain = charts_of(sweep)["map_cheating_gain"].panels[0].heat
    assert gain.values[0][0] == pytest.approx((net - HONEST) / LUX)


def test_a_window_of_no_blocks_has_a_page(tmp_path):
    page = page_of(make_sweep(tmp_path / "none.db", [0, 1, 5], [10, 50]))
    assert "What a longer window buys" in page


def test_keys_that_follow_from_the_scenario_are_no_axes(tmp_path):
    study = StudyFile(tmp_path / "two.db")
    for point, (name, window, share) in enumerate(
        (("short", 2, 10), ("short", 2, 50), ("long", 90, 10), ("long", 90, 50)), 1
    ):
        study.point(point, vm__challenge_window_blocks=(window, str(window), "blocks"),
                    chain__censoring_share=(share * 10_000, f"{share}%", "ppm"))  # fmt: skip
        study.db.execute("UPDATE point SET scenario = ? WHERE point_id = ?", (name, point))
        for seed in (1, 2):
            study.metric(point * 10 + seed, "ttf_mean", window + seed / 10)
            study.run(point * 10 + seed, point, seed=seed)
    path = study.close()
    assert {axis.key for axis in study_of(path).axes} == {"scenario", "chain.censoring_share"}
    assert "What the scenarios set differently" in page_of(path)
    asked = study_of(path, ["vm.challenge_window_blocks"])
    assert asked.axes[0].key == "vm.challenge_window_blocks"
