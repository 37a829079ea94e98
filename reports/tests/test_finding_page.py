import json

import pytest

from aivmsim_report.__main__ import main
from aivmsim_report.finding_page import steps_chart

FINDING = {
    "format": "aivmsim-finding",
    "version": 2,
    "id": "a2a93315",
    "scenario": "unbond_escape",
    "seed": 1,
    "digest": "39bee1d84799d52593c2c6909ca55642",
    "violation": {
        "invariant": "E3",
        "name": "bond-outlives-obligation",
        "message": "provider[3] withdrew <its> bond",
        "time_ns": 290_662_684_154,
        "block": 69,
        "event": 532_667,
        "actors": ["provider[3]"],
    },
    "shrunk": {
        "actions": ["provider[3] registers", "requester[1] submits task 2", "provider[3] leaves"],
        "actions_before": 29,
        "actions_after": 3,
        "tries": 34,
        "note": "",
    },
    "files": {"history.bin": "5a08"},
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "finding.json").write_text(json.dumps(FINDING))
    (tmp_path / "scenario.toml").write_text('name = "a" # 1 < 2\n')
    return tmp_path


def test_the_page_of_a_finding_leads_with_the_violation_and_its_steps(folder):
    assert main([str(folder), "-o", str(folder / "page.html")]) == 0
    page = (folder / "page.html").read_text()
    head = page[page.index("<h1>") : page.index("</header>")]
    assert head.startswith("<h1>E3 bond-outlives-obligation was violated. <span>provider[3] withdr")
    assert "&lt;its&gt;" in head and "whoever can still be slashed" in head
    assert "A slash that finds no bond costs the cheater nothing." in head
    assert "<li>requester[1] submits task 2</li>" in head
    assert f"aivmsim emit-test {folder}" in page
    assert "1 &lt; 2" in page
    assert "3 steps by 2 actors; the last one: provider[3] leaves." in page


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ({}, "not recorded"),
        ({"code_version": ""}, "not recorded"),
        ({"code_version": "0.1.0 (3f9a2c71)"}, "0.1.0 (3f9a2c71)"),
    ],
)
def test_the_page_says_which_program_found_it(folder, recorded, shown):
    (folder / "finding.json").write_text(json.dumps(FINDING | recorded))
    assert main([str(folder), "-o", str(folder / "page.html")]) == 0
    page = (folder / "page.html").read_text()
    assert f"<td>made by</td><td><code>{shown}</code></td>" in page


def test_steps_without_an_actor_have_no_chart():
    assert steps_chart(FINDING | {"shrunk": {"actions": ["the clock moves"]}}) is None
    chart = steps_chart(FINDING)
    assert [(s.name, s.x) for s in chart.panels[0].series] == [
        ("provider[3]", [1, 3]), ("requester[1]", [2])]  # fmt: skip


def test_a_folder_without_a_finding_is_one_error(tmp_path, capsys):
    assert main([str(tmp_path), "-o", str(tmp_path / "page.html")]) == 2
    assert "is a directory that holds no finding" in capsys.readouterr().err


def test_options_of_a_study_are_refused(folder, capsys):
    with pytest.raises(SystemExit):
        main([str(folder), "--axes", "vm.burn"])
    assert "--axes is for the page of one database" in capsys.readouterr().err
