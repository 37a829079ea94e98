"""A study that the simulator made, from sweep to page."""

import re

import pytest
from conftest import ROOT
from test_browser import assert_all_drawn, needs_browser, open_page

from aivmsim_report import connect, study_charts
from aivmsim_report.__main__ import main
from aivmsim_report.datasette import questions
from aivmsim_report.study import load

aivmsim = pytest.importorskip("aivmsim", reason="comes with pip install ./pyharness")

WINDOWS, SHARES = [1, 4, 30], ["30%", "80%"]
AS_NUMBERS = {"30%": 0.3, "80%": 0.8}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """(database, the sweep's own frame)"""
    path = tmp_path_factory.mktemp("study") / "study.db"
    scenario = aivmsim.Scenario.load(ROOT / "scenarios/catalog/safe_window.toml").replace(
        **{"tasks.count": 100}
    )
    over = {"vm.challenge_window_blocks": WINDOWS, "chain.censoring_share": SHARES}
    return path, aivmsim.sweep(scenario, over, seeds=[1, 2, 3], out=path, counterfactual=True)


def test_the_page_shows_what_the_sweep_returned(swept, tmp_path):
    path, frame = swept
    charts = {chart.name: chart for chart in study_charts.all_charts(load(connect(path), path))}
    means = frame.groupby(["chain.censoring_share", "vm.challenge_window_blocks"])[
        "ttf_mean"
    ].mean()
    heat = charts["map_ttf_mean"].panels[0].heat
    assert (heat.x, heat.y) == ([str(window) for window in WINDOWS], SHARES)
    for row, share in enumerate(SHARES):
        assert heat.values[row] == pytest.approx(
            [means[AS_NUMBERS[share], window] for window in WINDOWS]
        )
    shares = frame.groupby(["chain.censoring_share", "vm.challenge_window_blocks"])[
        ["n_fraud_missed", "n_fraud_posted"]
    ].sum()
    for row, share in enumerate(SHARES):
        expected = [
            100
            * shares.loc[(AS_NUMBERS[share], w), "n_fraud_missed"]
            / shares.loc[(AS_NUMBERS[share], w), "n_fraud_posted"]
            for w in WINDOWS
        ]
        assert charts["map_fraud_share"].panels[0].heat.values[row] == pytest.approx(expected)
    assert main([str(path), "-o", str(tmp_path / "study.html")]) == 0
    page = (tmp_path / "study.html").read_text()
    assert "Which challenge window is safe?" in page and f"{len(frame)} runs" in page
    assert frame["digest"].iloc[0] in page


def test_seeds_that_the_points_share_are_compared_in_pairs(swept):
    path, frame = swept
    charts = {chart.name: chart for chart in study_charts.all_charts(load(connect(path), path))}
    line = next(s for s in charts["contrast_ttf_mean"].panels[0].series if s.name.endswith("80%"))
    one = frame[frame["chain.censoring_share"] == 0.8].set_index(
        ["vm.challenge_window_blocks", "seed"]
    )["ttf_mean"]
    assert line.y == pytest.approx([(one[w] - one[1]).mean() for w in WINDOWS[1:]])


def test_the_page_and_the_view_name_the_same_safe_windows(swept):
    path, _ = swept
    db = connect(path)
    study = load(db, path)
    window = study.axis("vm.challenge_window_blocks")
    by = study.axis("chain.censoring_share")
    of_view = {
        row["others"]: row["safe_window_blocks"]
        for row in db.execute("SELECT * FROM v_safe_window")
    }
    assert len(of_view) == len(SHARES)
    for value in by.values:
        cells = study_charts.cells_at(study, window, by, value)
        ours = study_charts.safe_window(study, window, cells, 0.001, False)
        (of_share,) = [
            found
            for others, found in of_view.items()
            if f"chain.censoring_share={by.label(value)} " in others
        ]
        assert of_share == ours


def test_every_canned_question_runs(swept):
    path, _ = swept
    db = connect(path)
    run, point = db.execute("SELECT run_id, point_id FROM run ORDER BY run_id").fetchone()
    asked = {"metric": "ttf_mean", "run_id": run, "base_point_id": point}
    for name, question in questions().items():
        rows = db.execute(
            question["sql"], {key: asked[key] for key in re.findall(r":(\w+)", question["sql"])}
        ).fetchall()
        if name in (
            "safe_windows",
            "missed_fraud",
            "p_profit",
            "finality_of_a_run",
            "paired_differences",
            "slow_proofs",
        ):
            assert rows, name


@needs_browser
def test_a_browser_draws_it(swept, tmp_path):
    path, _ = swept
    assert main([str(path), "-o", str(tmp_path / "study.html")]) == 0
    assert_all_drawn(*open_page(tmp_path / "study.html"))
