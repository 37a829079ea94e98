import math

import numpy as np
import pytest

import aivmsim


@pytest.fixture(scope="module")
def scenario():
    return aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 60})


def test_the_safe_window_is_the_one_of_theory(scenario):
    found = aivmsim.safe_window(
        scenario, alpha="50%", bound=0.1, confidence=0.9, runs_max=128, window_max=64
    )
    table = found.table.set_index("window")
    assert table.loc[found.window, "verdict"] == "safe"
    assert table.loc[found.window, "high"] < 0.1
    # 0.5**W is below 0.1 from 4 blocks on; the search errs towards the longer window.
    assert math.ceil(math.log(0.1, 0.5)) <= found.window <= 6
    assert (
        table.loc[1, "verdict"] == "unsafe" and table.loc[1, "low"] <= 0.5 <= table.loc[1, "high"]
    )


def test_no_window_is_safe_when_everybody_censors(scenario):
    found = aivmsim.safe_window(scenario, alpha="100%", bound=0.5, window_max=4, runs_max=32)
    assert found.window is None
    assert found.table["verdict"].tolist() == ["unsafe"] * 3


def test_a_safe_window_that_cannot_be_judged_is_one_clear_error(scenario):
    with pytest.raises(ValueError, match="no fraud is posted"):
        aivmsim.safe_window(scenario.replace(**{"provider.lazy.strategy": "honest"}), runs_max=8)
    with pytest.raises(ValueError, match="between 0 and 1"):
        aivmsim.safe_window(scenario, bound=0)


def test_intervals_are_those_of_clopper_and_pearson_where_runs_have_one_event_each():
    estimate = aivmsim.share_interval([1] * 3 + [0] * 47, [1] * 50)
    assert estimate.value == pytest.approx(0.06)
    assert (estimate.low, estimate.high) == pytest.approx((0.012549, 0.165482), abs=1e-5)
    assert aivmsim.mean_interval([1.0, 2.0, 3.0]) == pytest.approx(
        (2.0, -0.484138, 4.484138), abs=1e-5
    )
    with pytest.raises(ValueError, match="no part of its whole"):
        aivmsim.share_interval([2], [1])


def test_the_points_of_a_sweep_can_be_given_one_by_one(scenario):
    points = [
        {"vm.challenge_window_blocks": 1},
        {"vm.challenge_window_blocks": 4, "chain.censoring_share": "20%"},
    ]
    frame = aivmsim.sweep(scenario, points, seeds=[1, 2])
    assert frame["vm.challenge_window_blocks"].tolist() == [1, 1, 4, 4]
    assert frame["chain.censoring_share"].tolist()[2:] == [0.2, 0.2]


SPACE = {
    "vm.challenge_window_blocks": (1, 8),
    "chain.censoring_share": ("10%", "90%"),
    "vm.challenger_bond": ("1 LUX", "50 LUX"),
}


def test_a_sample_matrix_becomes_model_outputs(scenario):
    described = aivmsim.salib.problem(SPACE)
    assert described == {"num_vars": 3, "names": list(SPACE), "bounds": [[1, 8], [10, 90], [1, 50]]}
    rows = [[1.2, 90, 10], [8, 10, 10], [0.9, 90, 10]]
    outputs = aivmsim.salib.evaluate(scenario, SPACE, rows, "n_fraud_missed", seeds=[1, 2])
    assert outputs[0] == outputs[2] > outputs[1]  # 1.2 and 0.9 are both one block
    again = aivmsim.sweep(
        scenario, [dict(zip(SPACE, (1, "90%", "10 LUX"), strict=True))], seeds=[1, 2]
    )["n_fraud_missed"].mean()
    assert outputs[0] == again


def test_salib_finds_the_window_and_the_censors_and_not_the_bond(scenario):
    pytest.importorskip("SALib", reason="SALib is not installed")
    from SALib.analyze import morris
    from SALib.sample.morris import sample

    described = aivmsim.salib.problem(SPACE)
    matrix = sample(described, N=4, seed=1)
    outputs = aivmsim.salib.evaluate(scenario, SPACE, matrix, "n_fraud_missed", seeds=[1, 2])
    effects = dict(
        zip(SPACE, morris.analyze(described, matrix, outputs, seed=1)["mu_star"], strict=True)
    )
    assert effects["vm.challenger_bond"] == 0
    assert min(effects["vm.challenge_window_blocks"], effects["chain.censoring_share"]) > 0


@pytest.mark.parametrize(
    ("space", "text"),
    [
        ({"tasks.count": (5, 1)}, "5 is not below 1"),
        ({"tasks.count": (5,)}, "is no range"),
        ({"vm.challenger_bond": ("1 LUX", "50 mLUX")}, "different units"),
        ({"network.loss": (0.1, 0.2)}, "0.1 is neither a whole number nor text with a unit"),
    ],
)
def test_a_space_that_makes_no_sense_is_one_clear_error(space, text):
    with pytest.raises(ValueError, match=text):
        aivmsim.salib.problem(space)


def test_a_matrix_or_metric_that_does_not_fit_is_one_clear_error(scenario):
    with pytest.raises(ValueError, match="2 columns and the space 3 keys"):
        aivmsim.salib.evaluate(scenario, SPACE, np.zeros((1, 2)), "n_fraud_missed")
    with pytest.raises(KeyError, match="no metric 'profit'"):
        aivmsim.salib.evaluate(scenario, SPACE, [[1, 50, 5]], "profit")


def test_the_search_for_the_strongest_attacker_repeats_and_beats_the_first_guess(scenario):
    pytest.importorskip("optuna", reason="optuna is not installed")
    space = {"chain.censoring_share": ("10%", "95%"), "vm.challenge_window_blocks": (1, 6),
             "provider.lazy.strategy": ["honest", "lazy_guess"]}  # fmt: skip
    first, again = (
        aivmsim.optuna_study(scenario, space, "n_fraud_missed", trials=8, seeds=[1])
        for _ in range(2)
    )
    assert [trial.value for trial in first.trials] == [trial.value for trial in again.trials]
    assert first.best_value >= first.trials[0].value
    values = first.best_trial.user_attrs["values"]
    frame = aivmsim.sweep(scenario, [values], seeds=[1])
    assert frame["n_fraud_missed"].mean() == first.best_value


def test_the_best_of_a_search_is_measured_on_fresh_seeds(scenario):
    pytest.importorskip("optuna", reason="optuna is not installed")
    space = {"chain.censoring_share": ("10%", "95%")}
    fresh = range(501, 505)
    study = aivmsim.optuna_study(
        scenario, space, "n_fraud_missed", trials=4, seeds=[1], fresh_seeds=fresh
    )
    values = study.best_trial.user_attrs["values"]
    runs = aivmsim.sweep(scenario, [values], seeds=fresh)["n_fraud_missed"]
    assert study.user_attrs["fresh"] == pytest.approx(aivmsim.mean_interval(runs)._asdict())
    by_call = aivmsim.optuna_study(
        scenario,
        space,
        lambda frame: frame["n_fraud_missed"].mean(),
        trials=4,
        seeds=[1],
        fresh_seeds=fresh,
    )
    assert by_call.user_attrs["fresh"] == study.user_attrs["fresh"]
    with pytest.raises(ValueError, match="seeds 1 are used by the search"):
        aivmsim.optuna_study(scenario, space, trials=1, seeds=[1, 2], fresh_seeds=[1, 3])
    with pytest.raises(ValueError, match="two fresh seeds"):
        aivmsim.optuna_study(scenario, space, trials=1, fresh_seeds=[99])


def test_one_run_with_many_events_says_nothing_about_other_runs():
    assert aivmsim.share_interval([3], [30])[1:] == (0, 1)
    few = aivmsim.share_interval([20, 24, 22, 26, 21, 23, 25, 22], [80] * 8)
    assert few.high - few.low < 0.08
