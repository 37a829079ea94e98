import numpy as np
import pytest

pytest.importorskip("pettingzoo", reason="comes with aivmsim[environment]")
from pettingzoo.test import parallel_api_test, parallel_seed_test

import aivmsim
from aivmsim.environment import LEVELS, OBSERVED, Environment

GROUPS = {"cheat": "provider.lazy"}


def small():
    return aivmsim.Scenario.load("lazy_provider").replace(
        **{"run.fidelity": "economic", "tasks.count": 24}
    )


def make():
    return Environment(small(), GROUPS, blocks_per_step=5)


def episode(environment, action, seed):
    environment.reset(seed=seed)
    total = 0.0
    while environment.agents:
        _, rewards, *_ = environment.step({"cheat": action})
        total += rewards["cheat"]
    return total, environment.result


def test_pettingzoo_accepts_it():
    environment = make()
    parallel_api_test(environment, num_cycles=60)
    environment.close()


def test_equal_seeds_and_actions_give_equal_episodes():
    parallel_seed_test(make, num_cycles=20)
    one, two = (episode(make(), 3, seed=7) for _ in range(2))
    assert one[0] == two[0] and one[1].digest == two[1].digest
    assert episode(make(), 3, seed=8)[1].digest != one[1].digest


def test_rewards_add_up_to_the_profit_of_the_principal():
    for action in (0, 5, LEVELS - 1):
        total, result = episode(make(), action, seed=1)
        net = result.principals.set_index("label")["net_nlux"]["cheat"] / 1e9
        assert total == pytest.approx(net)
        assert result.metrics["n_fraud_posted"] > 0 or action == LEVELS - 1


def test_guessing_costs_where_every_answer_is_checked():
    environment = make()
    honest = np.mean([episode(environment, LEVELS - 1, seed)[0] for seed in (1, 2, 3)])
    guessing = np.mean([episode(environment, 0, seed)[0] for seed in (1, 2, 3)])
    assert guessing < honest


def test_a_reset_in_the_middle_of_an_episode_begins_a_new_one():
    environment = make()
    environment.reset(seed=1)
    environment.step({"cheat": 1})
    observations, infos = environment.reset()
    assert infos["cheat"]["seed"] == 2
    assert observations["cheat"].shape == (len(OBSERVED),)
    environment.close()
    with pytest.raises(RuntimeError, match="reset"):
        environment.step({"cheat": 1})


def test_mistakes_name_the_mend():
    with pytest.raises(ValueError, match="agents is empty"):
        Environment(small(), {})
    with pytest.raises(aivmsim.ScenarioError, match="unknown key"):
        Environment(small(), {"cheat": "provider.nobody"})
    environment = make()
    environment.reset(seed=1)
    with pytest.raises(ValueError, match="no action"):
        environment.step({"cheat": 11})
    environment.close()
