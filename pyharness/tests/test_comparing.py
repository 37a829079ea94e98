import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind, ttest_rel

import aivmsim
from aivmsim.comparing import _welch

KEY = "chain.censoring_share"


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies")
    scenario = aivmsim.Scenario.load("safe_window").replace(**{"tasks.count": 40})
    for name, window, seeds in (("short", 2, range(1, 9)), ("long", 6, range(1, 9)),
                                ("others", 6, range(101, 109))):  # fmt: skip
        changed = scenario.replace(**{"vm.challenge_window_blocks": window})
        aivmsim.sweep(changed, {KEY: [0.5, 0.8]}, seeds=seeds, out=folder / f"{name}.db")
    return folder


def test_common_seeds_are_compared_pair_by_pair(studies):
    told = aivmsim.compare(studies / "short.db", studies / "long.db", metrics=["n_fraud_missed"])
    assert told[KEY].tolist() == [0.5, 0.8]
    assert told["paired"].all() and (told["n"] == 8).all()
    short, long = (aivmsim.read(studies / f"{n}.db").runs for n in ("short", "long"))
    for _, row in told.iterrows():
        a, b = (
            runs[runs[KEY] == row[KEY]].sort_values("seed")["n_fraud_missed"].to_numpy()
            for runs in (short, long)
        )
        expected = ttest_rel(b, a).confidence_interval(0.95)
        assert row["difference"] == pytest.approx(np.mean(b - a))
        assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
    assert (told["difference"] < 0).all(), "a longer window lets fewer lies pass"


def test_other_seeds_are_independent_samples(studies):
    told = aivmsim.compare(studies / "short.db", studies / "others.db", metrics=["n_fraud_missed"])
    assert not told["paired"].any()


def test_welchs_interval_is_that_of_scipy():
    random = np.random.default_rng(1)
    a, b = pd.Series(random.normal(0, 1, 9)), pd.Series(random.normal(1, 4, 30))
    expected = ttest_ind(b, a, equal_var=False).confidence_interval(0.95)
    assert _welch(a, b, 0.95) == pytest.approx((expected.low, expected.high))
    assert all(map(math.isnan, _welch(a[:1], b, 0.95)))


def test_a_study_does_not_differ_from_itself(studies):
    assert aivmsim.compare(studies / "short.db", studies / "short.db").empty


def test_what_cannot_be_compared_says_why(studies, tmp_path):
    with pytest.raises(KeyError, match="no metric"):
        aivmsim.compare(studies / "short.db", studies / "long.db", metrics=["ttf_men"])
    aivmsim.sweep(
        "lazy_provider", {"vm.slash_bps": [5000, 10000]}, seeds=[1], out=tmp_path / "x.db"
    )
    with pytest.raises(ValueError, match="vary no parameter in common"):
        aivmsim.compare(studies / "short.db", tmp_path / "x.db")
