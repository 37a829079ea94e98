"""Whether breaking the protocol pays: runs beside the same runs with an honest owner."""

import aivmsim


def liars(checked: bool) -> aivmsim.Scenario:
    return aivmsim.Scenario.from_text(
        """
name = "liars"
[run]
fidelity = "economic"
[tasks]
count = 40
feature_rows = 256
[vm]
challenge_window_blocks = 5
[[provider]]
name = "honest"
count = 2
[[provider]]
name = "liar"
strategy = "lazy_guess"
"""
        + ('[[challenger]]\nname = "watcher"\n' if checked else "")
    )


def test_a_run_is_compared_with_itself_honest():
    free = aivmsim.run(liars(checked=False), counterfactual=True)
    row = free.counterfactuals.iloc[0]
    assert row["label"] == "liar" and row["payoff_nlux"] > row["honest_payoff_nlux"]
    assert free.metrics["cheating_gain"] == row["payoff_nlux"] - row["honest_payoff_nlux"]
    caught = aivmsim.run(liars(checked=True), counterfactual=True)
    assert caught.metrics["cheating_gain"] < 0 and caught.metrics["attacker_profitable"] == 0


def test_without_the_comparison_there_is_no_gain_and_the_run_is_the_same():
    plain = aivmsim.run(liars(checked=True))
    assert "cheating_gain" not in plain.metrics and plain.counterfactuals.empty
    assert plain.digest == aivmsim.run(liars(checked=True), counterfactual=True).digest


def test_a_sweep_has_the_gain_of_every_run():
    frame = aivmsim.sweep(
        liars(checked=True), {"vm.slash_bps": [0, 5000]}, seeds=[1, 2], counterfactual=True
    )
    gains = frame.groupby("vm.slash_bps")["cheating_gain"].mean()
    assert len(frame) == 4 and gains[0] > gains[5000]


def test_outlays_and_harm_have_rows():
    scenario = liars(checked=False).replace(**{"tasks.step_cost": "10 mLUX"})
    run = aivmsim.run(scenario)
    work = run.outlays[run.outlays["kind"] == "work"]
    assert len(work) > 0 and (work["amount"] == 10_000_000).all()
    lost = run.tasks[run.tasks["harm"] == "final"]["value_at_risk"].sum()
    assert lost == run.metrics["harm_final"] > 0
