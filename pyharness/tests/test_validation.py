import json
import sqlite3
import time

import pandas as pd
import pytest

import aivmsim


def test_two_cases_agree_with_theory_and_are_recorded(tmp_path):
    frame = aivmsim.validate(["V41", "C02"], jobs=2, out=tmp_path / "v.db")
    assert frame["case"].tolist() == ["V41", "C02"]
    assert frame["verdict"].tolist() == ["agrees", "agrees"]
    lag, polls = frame.itertuples()
    assert (lag.simulated, lag.expected, lag.low, lag.high, lag.method) == (
        101,
        101,
        101,
        101,
        "exact",
    )
    assert (
        polls.low <= polls.simulated <= polls.high
        and abs(polls.simulated / polls.expected - 1) < 0.1
    )
    assert polls.parameters["k"] == 10 and polls.runs >= 15
    assert polls.margin == pytest.approx(polls.expected / 10) and polls.reason == ""
    assert frame.attrs["passed"] and "2 of 2 cases agree" in frame.attrs["badge"]
    with sqlite3.connect(tmp_path / "v.db") as database:
        rows = pd.read_sql(
            "SELECT name, mean, low, high, passed FROM validation ORDER BY name", database
        )
    assert rows["name"].tolist() == ["C02", "V41"] and rows["passed"].all()
    assert rows["mean"].tolist() == [polls.simulated, lag.simulated]


def test_the_numbers_depend_on_the_seed_and_not_on_the_threads():
    one = aivmsim.validate(["C02"], jobs=1)
    pd.testing.assert_frame_equal(aivmsim.validate(["C02"], jobs=3), one)
    assert aivmsim.validate(["C02"], seed=2)["simulated"][0] != one["simulated"][0]


def test_the_numbers_do_not_depend_on_the_backend():
    canonical = aivmsim.validate(["V43"], backend="cpu")
    assert (canonical.attrs["backend"], canonical.attrs["kernel_fallbacks"]) == ("cpu", 0)
    batched = aivmsim.validate(["V43"], backend="simd")
    assert batched.attrs["backend"] == "simd"
    pd.testing.assert_frame_equal(batched, canonical)
    with pytest.raises(aivmsim.VmError, match="no metal plugin"):
        aivmsim.validate(["V43"], backend="metal")
    with pytest.raises(ValueError, match='no backend "gpuu"'):
        aivmsim.validate(["V43"], backend="gpuu")


def test_what_is_asked_wrongly_is_one_clear_error(tmp_path):
    with pytest.raises(ValueError, match="^there is no case V00; there are V01, V02, "):
        aivmsim.validate(["V41", "V00"])
    with pytest.raises(ValueError, match=r"write \['V41'\]"):
        aivmsim.validate("V41")
    with pytest.raises(ValueError, match="the list is empty"):
        aivmsim.validate([])
    with pytest.raises(ValueError, match="there is no such file"):
        aivmsim.validate(file=tmp_path / "none.json")
    with pytest.raises(ValueError, match="at least 1"):
        aivmsim.validate(["V41"], jobs=0)
    with pytest.raises(aivmsim.StudyError):
        aivmsim.validate(["V41"], out=tmp_path / "nowhere" / "v.db")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_fails_is_the_verdict_of_its_case(tmp_path):
    case = {"id": "C08", "quantity": "rounds", "expression": "", "expected": 20, "kind": "exact"}
    case["parameters"] = {
        "k": 20,
        "alpha_p": 11,
        "alpha_c": 15,
        "beta": 20,
        "n": 5,
    }  # nobody can ask 20 of 5
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": [case]}))
    frame = aivmsim.validate(file=path)
    assert frame["verdict"].tolist() == ["failed"] and frame["reason"][0]
    assert frame["simulated"].isna().all() and not frame.attrs["passed"]


def test_a_case_that_cannot_be_read_has_a_row_beside_the_others(tmp_path):
    fine = {"id": "V41", "quantity": "lag", "expression": "W+1", "expected": 2, "kind": "exact"}
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": [{"id": "V05"}, {**fine, "parameters": {"W": 1}}]}))
    frame = aivmsim.validate(file=path)
    assert frame["case"].tolist() == ["V05", "V41"]
    assert frame["verdict"].tolist() == ["failed", "agrees"]
    assert "quantity" in frame["reason"][0]


def test_an_undecided_case_is_no_miss(tmp_path):
    case = {"id": "C02", "quantity": "polls", "expression": "", "kind": "frequency"}
    case.update(parameters={"n": 100, "f": 0.5, "k": 10, "alpha": 8}, expected=0.045824)
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": [{**case, "margin": 1e-6}]}))
    frame = aivmsim.validate(file=path)
    assert frame["verdict"].tolist() == ["undecided"] and frame.attrs["passed"]


def test_ctrl_c_ends_it_and_leaves_no_file(tmp_path, ctrl_c_soon):
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        aivmsim.validate(["V21"], full=True, out=tmp_path / "v.db")
    assert time.monotonic() - begin < 60
    assert list(tmp_path.iterdir()) == []
