"""Intervals over runs: how often they hold, by simulation, and differences of points that share
their seeds."""

import numpy as np
import pandas as pd
import pytest

import aivmsim


@pytest.mark.parametrize("runs", [2, 4, 8, 16, 64])
@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_an_interval_of_few_runs_holds_as_often_as_it_says(runs, spread):
    """3,000 studies of 20 to 40 events per run; `spread`: each run has a share of its own."""
    draw = np.random.default_rng([runs, round(100 * spread)])
    truth, studies = 0.3, 3000
    wholes = draw.integers(20, 41, (studies, runs))
    parts = draw.binomial(wholes, truth + spread * draw.uniform(-1, 1, (studies, runs)))
    held = [
        aivmsim.share_interval(part, whole).holds(truth)
        for part, whole in zip(parts, wholes, strict=True)
    ]
    # Four standard errors of 3,000 studies are 1.6 %.
    assert 0.934 <= np.mean(held) <= 0.97


def paired_runs(draw, windows=(1, 2, 3), seeds=8, step=-0.1):
    """Points whose runs of one seed share their luck; the share falls by `step` each."""
    luck = draw.uniform(-0.2, 0.2, seeds)
    rows = []
    for place, window in enumerate(windows):
        for seed in range(seeds):
            final = int(draw.integers(20, 41))
            corrupt = int(draw.binomial(final, 0.5 + place * step + luck[seed]))
            rows.append({"window": window, "seed": seed, "n_final": final,
                         "n_final_corrupt": corrupt, "p_final_corrupt": corrupt / final,
                         "gain": 10 * place + 100 * luck[seed]})  # fmt: skip
    return pd.DataFrame(rows)


def test_a_contrast_takes_the_luck_out_that_seeds_share():
    runs = paired_runs(np.random.default_rng(3), seeds=16)
    found = aivmsim.contrast(runs, "p_final_corrupt", "window", base=1).set_index("window")
    assert found.index.tolist() == [2, 3] and (found["pairs"] == 16).all()
    first, last = runs[runs["window"] == 1], runs[runs["window"] == 3]
    assert found.loc[3, "value"] == pytest.approx(
        last["n_final_corrupt"].sum() / last["n_final"].sum()
        - first["n_final_corrupt"].sum() / first["n_final"].sum()
    )
    apart = [aivmsim.share_interval(r["n_final_corrupt"], r["n_final"]) for r in (first, last)]
    width = found.loc[3, "high"] - found.loc[3, "low"]
    assert width < 0.8 * sum(one.high - one.low for one in apart)
    exact = aivmsim.contrast(runs, "gain", "window")
    assert exact["value"].tolist() == pytest.approx([10, 20])
    assert exact["low"].tolist() == pytest.approx([10, 20])  # all that varies is common
    by_call = aivmsim.contrast(runs, lambda frame: frame["gain"], ["window"], {"window": 1})
    pd.testing.assert_frame_equal(by_call, exact)


@pytest.mark.parametrize("seeds", [4, 8, 16])
def test_all_contrasts_of_a_study_hold_together(seeds):
    draw = np.random.default_rng(seeds)
    held = []
    for _ in range(400):
        found = aivmsim.contrast(
            paired_runs(draw, (1, 2, 3, 4), seeds, step=-0.08), "p_final_corrupt", "window"
        )
        truth = [-0.08, -0.16, -0.24]
        held.append(((found["low"] <= truth) & (truth <= found["high"])).all())
    # Three standard errors of 400 studies are 3.3 %; Bonferroni errs to the safe side.
    assert np.mean(held) >= 0.917


def test_the_contrast_of_a_sweep_is_that_of_its_runs():
    scenario = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 40})
    window = "vm.challenge_window_blocks"
    runs = aivmsim.sweep(scenario, {window: [1, 8]}, seeds=range(1, 25))
    found = aivmsim.contrast(runs, "n_fraud_missed/n_fraud_posted", window).iloc[0]
    assert found["high"] < 0, "a longer window lets fewer lies pass"
    wrong = aivmsim.contrast(runs, "p_final_corrupt", window).iloc[0]
    assert wrong["high"] < 0
    waits = aivmsim.contrast(runs, "ttf_mean", window).iloc[0]
    assert waits["low"] > 0


def test_a_contrast_that_makes_no_sense_is_one_clear_error():
    runs = paired_runs(np.random.default_rng(1))
    with pytest.raises(ValueError, match="two points"):
        aivmsim.contrast(runs[runs["window"] == 1], "gain", "window")
    with pytest.raises(KeyError, match="no point has"):
        aivmsim.contrast(runs, "gain", "window", base=7)
    with pytest.raises(ValueError, match="the same seeds"):
        aivmsim.contrast(runs.iloc[1:], "gain", "window")
    with pytest.raises(ValueError, match="as many parts"):
        aivmsim.paired_share_interval([1], [2], [1, 1], [2, 2])
    with pytest.raises(ValueError, match="no part of its whole"):
        aivmsim.paired_share_interval([1], [2], [3], [2])
