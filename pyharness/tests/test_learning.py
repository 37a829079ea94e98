import numpy as np
import pytest

import aivmsim

PENNIES = aivmsim.Game([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])


def test_the_best_response_is_the_first_of_the_best_points():
    found = aivmsim.best_response(
        {"x": [-2, 0, 1, 3], "y": ["5", "7"]}, lambda p: -((p["x"] - 1) ** 2)
    )
    assert found == ({"x": 1, "y": "5"}, 0, 8)
    with pytest.raises(ValueError, match="x: the range is empty"):
        aivmsim.best_response({"x": []}, lambda p: 0)
    with pytest.raises(ValueError, match="finite"):
        aivmsim.best_response({"x": [1]}, lambda p: float("nan"))
    with pytest.raises(LookupError, match="mine"):  # what the payoff raises comes out as it is

        def raises(point):
            raise LookupError("mine")

        aivmsim.best_response({"x": [1]}, raises)


def test_fictitious_play_and_replicators_find_half_and_half_in_matching_pennies():
    mixes = PENNIES.fictitious_play(20_000)
    assert mixes.row == pytest.approx([0.5, 0.5], abs=0.01) and mixes.column == pytest.approx(
        [0.5, 0.5], abs=0.01
    )
    assert PENNIES.regret(mixes) < 0.02
    assert PENNIES.regret(([1, 0], [0.5, 0.5])) == 1
    orbit = PENNIES.replicator(([0.6, 0.4], [0.5, 0.5]), rounds=50_000)
    assert orbit.mean.row == pytest.approx([0.5, 0.5], abs=0.02)


def test_what_is_no_game_or_no_mix_is_refused():
    with pytest.raises(ValueError, match="two equal tables"):
        aivmsim.Game([[1, 2]], [[1], [2]])
    with pytest.raises(ValueError, match="no finite number"):
        aivmsim.Game([[np.inf]], [[0]])
    with pytest.raises(ValueError, match="is no mix of 2 choices"):
        PENNIES.regret(([1, 0, 0], [1, 0]))
    with pytest.raises(ValueError, match="between 0 and 1"):
        PENNIES.replicator(step=0.5)


def test_the_inspection_game_of_guessers_and_checkers_is_measured_by_playing_it():
    world = aivmsim.Scenario.from_text(
        """
        name = "inspection"
        description = "Two providers that guess or work, and one checker that checks or does not."
        run.fidelity = "economic"
        tasks.count = 60
        tasks.per_block = 2
        tasks.feature_rows = 64
        tasks.step_cost = "500 mLUX"
        tasks.check_cost = "200 mLUX"
        vm = { challenge_window_blocks = 8, result_bond = "100 LUX", reassignments_max = 0 }
        [[provider]]
        name = "guessers"
        count = 2
        strategy = "lazy_guess"
        shared_principal = true
        stake = "5000 LUX"
        bond = "2500 LUX"
        [[challenger]]
        name = "checker"
        strategy = "lazy_checker"
        """
    )
    guess, check = (
        "provider.guessers.parameters.guess_ppm",
        "challenger.checker.parameters.check_ppm",
    )

    def payoffs(runs):
        return runs["attacker_net"].mean() / 1e9, runs["slash_taken"].mean() / 1e9

    game = aivmsim.empirical_game(
        world,
        [{guess: 1_000_000}, {guess: 0}],
        [{check: 1_000_000}, {check: 0}],
        payoffs,
        seeds=[1, 2],
    )
    assert game.row_payoffs[0, 0] < game.row_payoffs[1, 0]  # where somebody checks, work pays
    assert (
        game.row_payoffs[0, 1] > game.row_payoffs[1, 1]
    )  # where nobody does, guessing saves its cost
    assert game.column_payoffs[0, 0] > 0 == game.column_payoffs[0, 1]
    with pytest.raises(ValueError, match="changed by both"):
        aivmsim.empirical_game(world, [{guess: 0}], [{guess: 1}], payoffs)
    with pytest.raises(ValueError, match="at least one choice"):
        aivmsim.empirical_game(world, [], [{check: 1}], payoffs)
