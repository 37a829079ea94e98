import json
import re
import sqlite3
from pathlib import Path

import pytest
from conftest import LUX, ROOT, StudyFile, make_run

from aivmsim_report import BadDatabase, connect, study_charts
from aivmsim_report.__main__ import main
from aivmsim_report.database import current_schema, run_tables, words_of
from aivmsim_report.facts import load
from aivmsim_report.run_charts import all_charts
from aivmsim_report.study import load as load_study
from aivmsim_report.verdict import did_cheating_pay, status
from aivmsim_report.words import lux


def load_file(path: Path):
    return load(connect(path))


def specs_of(page: str) -> dict:
    return json.loads(
        re.search(r'<script type="application/json" id="specs">(.*?)</script>', page, re.DOTALL)[1]
    )


def test_the_page_is_one_file_that_asks_nothing_of_the_network(run_file, tmp_path):
    assert main([str(run_file), "-o", str(tmp_path / "report.html")]) == 0
    page = (tmp_path / "report.html").read_text()
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", page)
    assert set(specs_of(page)) == {"payoff", "fates", "ttf", "timeline"}
    assert [f.name for f in tmp_path.iterdir() if f.suffix == ".partial"] == []


def add_vertex(study: StudyFile, vertex: int, height: int, parents: str = "", **more) -> None:
    study.add("vertex", run_id=70, vertex=vertex, id=f"{vertex:064x}", sequence=1, cut=0,
              height=height, parents=parents,
              **{"proposer": vertex % 3, "is_cut": 0, "operations": 2,
                 "issued_ns": vertex * 10**9, **more})  # fmt: skip


def test_the_dag_of_a_small_run_is_drawn_in_layers_with_its_cuts_and_rejected_vertices(tmp_path):
    study = StudyFile(tmp_path / "dag.db")
    study.point(7)
    add_vertex(study, 0, 1, accepted_ns=2 * 10**9, settled_by=1, settled_ns=9 * 10**9)
    add_vertex(study, 1, 1, rejected_ns=3 * 10**9)
    add_vertex(study, 2, 2, "0", is_cut=1, operations=0, accepted_ns=9 * 10**9)
    add_vertex(study, 3, 3, "0 2")
    study.add("conflict", run_id=70, conflict=0, first=0, second=1, key="job:a",
              seen_ns=10**9)  # fmt: skip
    study.run(70, 7)
    (chart,) = [each for each in all_charts(load_file(study.close())) if each.name == "dag"]
    series = {each.name: each for each in chart.panels[0].series}
    assert series["accepted"].x == [1] and series["accepted"].y == [0]
    assert series["rejected"].x == [1] and series["rejected"].y == [1]
    assert series["accepted cut"].x == [2] and series["undecided"].x == [3]
    assert series["parents"].x == [2, 1, 1, 3, 1, 1, 3, 2, 2]
    assert series["conflict"].y == [0, 1, None]
    assert "settled by cut 1, 9.00 s after its issue" in series["accepted"].hover[0]


def charts_of(study: StudyFile) -> dict:
    return {each.name: each for each in all_charts(load_file(study.close()))}


def test_the_times_to_accepted_and_to_settled_are_drawn_side_by_side(tmp_path):
    study = StudyFile(tmp_path / "dag.db")
    study.point(7)
    second = 10**9
    add_vertex(study, 0, 1, accepted_ns=2 * second, settled_by=1, settled_ns=9 * second)
    add_vertex(study, 1, 1, rejected_ns=3 * second)
    add_vertex(study, 2, 2, "0", is_cut=1, operations=0, accepted_ns=9 * second)
    add_vertex(study, 3, 3, "0 2", accepted_ns=4 * second)
    study.run(70, 7)
    chart = charts_of(study)["tts"]
    series = {each.name: each for each in chart.panels[0].series}
    assert (series["accepted"].x, series["accepted"].y) == ([1, 1, 2], [0, 0.5, 1])
    assert (series["settled"].x, series["settled"].y) == ([9, 9], [0, 0.5])
    assert chart.finding == (
        "Half of those accepted were so within 1.0 s; half of those settled were so within 9.0 s."
    )


def test_without_an_accepted_vertex_there_are_no_times_to_draw(tmp_path):
    study = StudyFile(tmp_path / "dag.db")
    study.point(7)
    add_vertex(study, 0, 1)
    study.run(70, 7)
    assert charts_of(study)["tts"].reason == "No vertex with operations was accepted."


def test_a_dag_too_large_for_a_picture_says_so(tmp_path):
    study = StudyFile(tmp_path / "dag.db")
    study.point(7)
    for vertex in range(401):
        add_vertex(study, vertex, vertex + 1)
    study.run(70, 7)
    (chart,) = [each for each in all_charts(load_file(study.close())) if each.name == "dag"]
    assert chart.reason == "The run has 401 vertices; a picture shows at most 400."


def test_the_timeline_ends_with_the_run_and_its_words_stand_above_the_lines(tmp_path):
    path = make_run(tmp_path / "run.db", violated=True)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE chain_stat SET time_ns = time_ns / 20")
        db.execute("UPDATE violation SET time_ns = 60e9")
        targets = " ".join(f"validator[{i}]" for i in range(10))
        db.execute("UPDATE fault SET from_ns = 20e9, to_ns = 90e9, targets = ?", [targets])
    (chart,) = [each for each in all_charts(load_file(path)) if each.name == "timeline"]
    top = chart.panels[0]
    assert top.shades == [(20, 60, "partition")] and top.rules == [(60, "E3")]
    assert top.y.range[1] > 1.2 * max(value for line in top.series for value in line.y)
    assert chart.panels[-1].x.title == "virtual time, seconds"
    assert "validator[5] and 4 more from 20.0 s to 90.0 s" in chart.note


def test_the_first_line_answers_whether_cheating_paid(tmp_path):
    alone = make_run(tmp_path / "alone.db", cheats_net=-240)
    text = did_cheating_pay(load_file(alone))
    assert text.startswith("Not compared with honest play")
    assert "6 of 118 wrong results became final" in text
    with sqlite3.connect(alone) as db:
        run = db.execute("SELECT run_id FROM run").fetchone()[0]
        db.execute(
            "INSERT INTO counterfactual VALUES (?, 0, 'lazy', 'lazy_guess', 4, ?, ?, NULL, NULL)",
            (run, -240 * 10**9, 60 * 10**9),
        )
        db.execute("UPDATE run SET row_counts = json_set(row_counts, '$.counterfactual', 1)")
    compared = did_cheating_pay(load_file(alone))
    assert compared.startswith("One run cannot tell.")
    assert "lazy lost 300 LUX" in compared


def test_a_run_over_budget_says_what_filled_it_and_how_long_it_recovered(tmp_path):
    study = StudyFile(tmp_path / "budget.db")
    study.point(7)
    study.run(70, 7)
    study.metric(70, "recovery_seconds", 21.5)
    path = study.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE run SET budget_end = 'run.max_events; 9 events by <timer>'")
        db.execute("UPDATE run SET row_counts = json_set(row_counts, '$.metric', 1)")
    assert main([str(path), "-o", str(tmp_path / "report.html")]) == 0
    page = (tmp_path / "report.html").read_text()
    assert "Ended by a budget: run.max_events; 9 events by &lt;timer&gt;" in page
    assert "time to recover" in page


def test_without_cheats_there_is_nothing_to_ask(tmp_path):
    study = StudyFile(tmp_path / "empty.db")
    study.point(7)
    study.run(70, 7)
    run = load_file(study.close())
    assert did_cheating_pay(run) == "Nobody broke the protocol in this run."
    assert main([str(tmp_path / "empty.db"), "-o", str(tmp_path / "report.html")]) == 0


def test_caught_fraud_is_what_was_posted_and_neither_final_nor_open(run_file):
    assert load_file(run_file).caught == 118 - 6


def test_a_violation_is_reported_with_the_command_that_reproduces_it(tmp_path):
    path = make_run(tmp_path / "bad.db", violated=True)
    assert status(load_file(path)) == "FAIL"
    assert main([str(path), "-o", str(tmp_path / "report.html")]) == 0
    page = (tmp_path / "report.html").read_text()
    assert "aivmsim replay aivmsim-out/r-0192/findings/3f9a2c71" in page
    assert "withdrew 1000 LUX" in page


def test_the_page_of_a_run_that_failed_leads_with_the_violation(tmp_path):
    path = make_run(tmp_path / "bad.db", violated=True)
    folder = tmp_path / "findings" / "3f9a2c71"
    folder.mkdir(parents=True)
    finding = {
        "digest": load_file(path).row["digest"],
        "shrunk": {"actions": ["provider[7] posts a wrong <result>", "provider[7] withdraws"]},
    }
    (folder / "finding.json").write_text(json.dumps(finding))
    (tmp_path / "findings" / "other").mkdir()
    (tmp_path / "findings" / "other" / "finding.json").write_text("[not a finding")
    assert main([str(path), "-o", str(tmp_path / "report.html")]) == 0
    page = (tmp_path / "report.html").read_text()
    head = page[page.index("<h1>") : page.index("</header>")]
    assert head.startswith("<h1>E3 bond-outlives-obligation was violated. <span>provider[7]")
    assert "whoever can still be slashed still has the bond" in head
    assert "<li>provider[7] posts a wrong &lt;result&gt;</li>" in head
    assert head.index("<ol>") < head.index("Did cheating pay?")
    assert 'title="bond-outlives-obligation: whoever' in page


def test_a_run_in_which_nothing_became_final_has_no_time_to_finality(tmp_path):
    study = StudyFile(tmp_path / "nothing.db")
    study.point(7)
    study.metric(70, "tasks", 50)
    study.metric(70, "ttf_p50", None)
    study.run(70, 7)
    path = study.close()
    assert main([str(path), "-o", str(tmp_path / "report.html")]) == 0
    page = (tmp_path / "report.html").read_text()
    assert "median time to finality" not in page
    assert "<td><code>ttf_p50</code></td><td>no data</td>" in page


def test_an_expected_violation_does_not_fail_the_run(tmp_path):
    path = make_run(tmp_path / "demo.db", violated=True)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE violation SET expected = 1")
        db.execute("UPDATE run SET status = 'clean'")
    assert status(load_file(path)) == "PASS"


def test_texts_of_the_run_cannot_become_markup(run_file, tmp_path):
    main([str(run_file), "-o", str(tmp_path / "report.html")])
    page = (tmp_path / "report.html").read_text()
    assert "3 &lt; 4 &amp; &lt;/script&gt; stay text" in page


def test_money_reads_well():
    assert lux(1_500_000_000) == "1.5 LUX"
    assert lux(-12_345 * LUX) == "\u221212\u2009345 LUX"
    assert lux(0) == "0 LUX"
    assert lux(40 * LUX, signed=True) == "+40 LUX"


def old_file(path: Path, more: str = "") -> Path:
    """A file of schema version 1, which holds no views."""
    with sqlite3.connect(path) as db:
        db.executescript((ROOT / "sim/record/golden/version_1.sql").read_text() + more)
    return path


def test_a_file_of_version_one_gets_the_views_of_the_schema(tmp_path):
    point = "SELECT point_id, name, mode, 't 95%', 9, 1, -5, 7 FROM metric JOIN run USING (run_id)"
    path = old_file(tmp_path / "old.db", f"INSERT INTO estimate {point};")
    db = connect(path)
    assert load(db).row["scenario"] == "quickstart"
    of_later_columns = {"v_run_metric", "v_time_to_use"}
    for name in current_schema().views.keys() - of_later_columns:
        db.execute(f"SELECT * FROM {name}").fetchall()
    for name in of_later_columns:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            db.execute(f"SELECT * FROM {name}")
    rows = db.execute("SELECT low, high FROM v_point_estimate").fetchall()
    # not the normal approximation: the interval that the file holds
    assert {tuple(row) for row in rows} == {(-5, 7)}


def test_a_new_file_answers_by_its_own_views(run_file):
    with sqlite3.connect(run_file) as db:
        db.execute("DROP VIEW v_ttf_cdf")
        db.execute("CREATE VIEW v_ttf_cdf AS SELECT 7 AS seconds")
    assert [tuple(row) for row in connect(run_file).execute("SELECT * FROM v_ttf_cdf")] == [(7,)]


def test_tables_and_words_are_those_of_the_file(tmp_path):
    for path in (make_run(tmp_path / "new.db"), old_file(tmp_path / "old.db")):
        db = connect(path)
        assert {"principal", "task", "metric"} <= set(run_tables(db))
        assert not {"run", "point", "estimate"} & set(run_tables(db))
        assert words_of("task", "mode") == ["optimistic", "redundant", "tee"]
        assert words_of("task", "fee") == []


def assert_refused(path, tmp_path, capsys, words):
    with pytest.raises(BadDatabase):
        connect(path)
    assert main([str(path), "-o", str(tmp_path / "report.html")]) == 2
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 1 and words in errors[0]
    assert not (tmp_path / "report.html").exists()


def test_a_file_that_is_not_a_study_is_one_error(tmp_path, capsys):
    assert_refused(tmp_path / "missing.db", tmp_path, capsys, "no such file")
    assert_refused(tmp_path, tmp_path, capsys, "is a directory")
    (tmp_path / "empty.db").write_bytes(b"")
    assert_refused(tmp_path / "empty.db", tmp_path, capsys, "is empty")
    (tmp_path / "text.db").write_text("seed = 1\n" * 100)
    assert_refused(tmp_path / "text.db", tmp_path, capsys, "is not an SQLite database")
    with sqlite3.connect(tmp_path / "foreign.db") as db:
        db.execute("CREATE TABLE run (x)")
    assert_refused(tmp_path / "foreign.db", tmp_path, capsys, "not one of aivmsim")


def test_a_damaged_study_is_one_error(run_file, tmp_path, capsys):
    whole = run_file.read_bytes()
    for length in (1, 50, 99, 100, 4096, 20_000, len(whole) - 1):
        (tmp_path / "cut.db").write_bytes(whole[:length])
        assert_refused(tmp_path / "cut.db", tmp_path, capsys, "is truncated")
    with sqlite3.connect(run_file) as db:
        db.execute("DELETE FROM task WHERE task = 5")
    assert_refused(run_file, tmp_path, capsys, "wrote 2000 rows, 1999 are there")


def test_another_schema_version_is_refused(run_file, tmp_path, capsys):
    with sqlite3.connect(run_file) as db:
        db.execute("PRAGMA user_version = 9")
    assert_refused(run_file, tmp_path, capsys, "schema version 9")


def test_an_unknown_run_or_place_is_one_error(run_file, tmp_path, capsys):
    assert main([str(run_file), "--run", "5", "-o", str(tmp_path / "report.html")]) == 2
    assert "no run 5" in capsys.readouterr().err
    assert main([str(run_file), "-o", str(tmp_path / "nowhere" / "report.html")]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.fixture
def sweep_file(tmp_path):
    """Windows of 10, 50 and 100 blocks, two runs each: longer is safer and slower; the last is no
    safer than the second. Few answers are wrong: with the shortest window 3 in 1000 of those become
    final, which is 3 in 10000 of all."""
    study = StudyFile(tmp_path / "sweep.db")
    for point, (window, missed, ttf) in enumerate([(10, 3, 40), (50, 0, 200), (100, 0, 400)]):
        study.point(point, vm__challenge_window_blocks=window)
        for replicate in range(2):
            study.metric(point * 10 + replicate, "n_fraud_posted", 1000)
            study.metric(point * 10 + replicate, "n_fraud_missed", missed)
            study.metric(point * 10 + replicate, "p_final_corrupt", missed / 10_000)
            study.metric(point * 10 + replicate, "ttf_mean", ttf + replicate * 2)
            study.run(point * 10 + replicate, point)
    return study.close()


def test_views_estimate_points_and_find_the_safe_window_and_the_frontier(sweep_file):
    db = connect(sweep_file)
    row = db.execute(
        "SELECT * FROM v_point_estimate WHERE point_id = 1 AND name = 'ttf_mean'"
    ).fetchone()
    assert (row["n"], row["mean"]) == (2, 201)
    assert row["sd"] == pytest.approx(2**0.5)
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96)
    safe = db.execute("SELECT * FROM v_safe_window").fetchall()
    assert [(row["safe_window_blocks"], row["points"]) for row in safe] == [(50, 3)]
    study = load_study(db, sweep_file)
    axis = study.axes[0]
    cells = [(value, study.at({axis.key: value})) for value in axis.values]
    assert (
        study_charts.safe_window(study, axis, cells, 0.001, False) == 50
    )  # of the wrong results posted, there as here
    frontier = db.execute(
        "SELECT point_id, on_frontier FROM v_frontier ORDER BY point_id"
    ).fetchall()
    assert [tuple(row) for row in frontier] == [(0, 1), (1, 1), (2, 0)]


def test_views_give_distributions(run_file):
    db = connect(run_file)
    shares = [row["share"] for row in db.execute("SELECT share FROM v_ttf_cdf ORDER BY seconds")]
    assert shares == sorted(shares) and shares[-1] == 1
    roi = db.execute(
        "SELECT roi_ppm, net_nlux, stake_nlux FROM v_roi_dist WHERE label = 'lazy[0]'"
    ).fetchone()
    assert roi["roi_ppm"] == pytest.approx(1e6 * roi["net_nlux"] / roi["stake_nlux"])


def test_long_series_are_thinned_and_keep_their_end():
    from aivmsim_report.run_charts import MAX_POINTS, thin

    for length in (0, 1, MAX_POINTS, MAX_POINTS + 1, 10 * MAX_POINTS + 3):
        kept = thin(list(range(length)))
        assert len(kept) <= MAX_POINTS and kept[-1:] == list(range(length))[-1:]
    assert thin([1, 2, 3]) == [1, 2, 3]


def test_many_principals_are_grouped_by_label(tmp_path):
    from aivmsim_report.run_charts import payoff_groups

    run = load_file(make_run(tmp_path / "run.db"))
    run.principals = [dict(p, label=f"{p['label']}") for p in run.principals for _ in range(3)]
    groups = payoff_groups(run)
    assert [g["label"] for g in groups] == [
        "customer",
        "lazy",
        "frivolous",
        "slow",
        "watch",
        "steady",
    ]
    assert sum(g["net_nlux"] for g in groups) == sum(p["net_nlux"] for p in run.principals)
