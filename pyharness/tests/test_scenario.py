import pickle
from fractions import Fraction

import pytest

import aivmsim
from aivmsim import Scenario, ScenarioError


def test_a_name_of_the_catalogue_loads_that_scenario():
    assert "quickstart" in aivmsim.catalogue()
    assert Scenario.load("lazy_provider").name == "lazy_provider"


def test_every_scenario_of_the_catalogue_loads():
    assert [Scenario.load(name).name for name in aivmsim.catalogue()] == aivmsim.catalogue()


def test_a_file_loads_by_its_path(tmp_path):
    (tmp_path / "mine.toml").write_text('name = "mine"\n[[provider]]\nname = "all"\n')
    assert Scenario.load(tmp_path / "mine.toml").name == "mine"
    assert Scenario.load(str(tmp_path / "mine.toml")).name == "mine"


def test_an_unknown_name_is_reported_with_the_catalogue(tmp_path):
    with pytest.raises(ScenarioError, match="neither a file nor in the catalogue\n.*quickstart"):
        Scenario.load("quickstrat")
    with pytest.raises(ScenarioError, match="there is no such file"):
        Scenario.load(tmp_path / "none.toml")
    with pytest.raises(ScenarioError, match="this is a directory"):
        Scenario.load(tmp_path)


def test_errors_are_reported_all_at_once_with_line_caret_and_remedy():
    with pytest.raises(ScenarioError) as raised:
        Scenario.from_text(
            'name = "x"\n[vm]\nchalenge_window_blocks = 3\nslash_bps = 10001\n', "x.toml"
        )
    text = str(raised.value)
    assert 'x.toml:3:1: error: unknown key "chalenge_window_blocks" in [vm]' in text
    assert "^~~" in text
    assert 'did you mean "challenge_window_blocks"?' in text
    assert "x.toml:4:" in text


def test_replace_makes_another_scenario_and_leaves_the_first():
    first = Scenario.load("lazy_provider")
    second = first.replace(**{"vm.challenge_window_blocks": 10, "provider.lazy.bond": "3000 LUX"})
    assert (first.get("vm.challenge_window_blocks"), second.get("vm.challenge_window_blocks")) == (
        30,
        10,
    )
    assert second.get("provider.lazy.bond") == "3000 LUX"
    assert second.overrides == {
        "vm.challenge_window_blocks": "10",
        "provider.lazy.bond": "3000 LUX",
    }
    assert (
        second.replace(**{"vm.challenge_window_blocks": 30, "provider.lazy.bond": "2500 LUX"})
        == first
    )


def test_replace_refuses_what_a_file_would_refuse_in_the_same_words():
    scenario = Scenario.load("lazy_provider")
    with pytest.raises(ScenarioError, match='did you mean "vm.challenge_window_blocks"'):
        scenario.replace(**{"vm.challenge_window_block": 10})
    with pytest.raises(ScenarioError, match="vm.slash_bps=10001: error: .*out of range"):
        scenario.replace(**{"vm.slash_bps": 10001})
    with pytest.raises(ScenarioError):
        scenario.replace(**{"chain.block_interval": 4})  # of what?


def test_a_value_without_an_exact_form_is_a_type_error():
    with pytest.raises(TypeError, match=r"chain.block_interval: 0.5 has no unit.*seconds\(0.5\)"):
        Scenario.load("lazy_provider").replace(**{"chain.block_interval": 0.5})
    assert (
        Scenario.load("lazy_provider").replace(**{"network.loss": 0.01}).get("network.loss") == "1%"
    )


def test_values_can_be_python_s_own():
    scenario = Scenario.load("lazy_provider").replace(
        **{
            "network.loss": Fraction(1, 100),
            "vm.require_tee_attestation": False,
            "expect": ["E3", "E7"],
        }
    )
    assert scenario.get("network.loss") == Scenario.load("lazy_provider").replace(
        **{"network.loss": "1%"}
    ).get("network.loss")
    assert scenario.get("expect") == ["E3", "E7"]
    assert scenario.get("vm.require_tee_attestation") is False


@pytest.mark.parametrize("name", aivmsim.catalogue())
def test_replace_accepts_whatever_get_returns(name):
    scenario = Scenario.load(name)
    for key in scenario.keys():
        value = scenario.get(key)
        if (
            isinstance(value, dict)
            or value in ("", [])
            or key.count(".") == 2
            and key.endswith(".name")
        ):
            # parameters are set one by one, "nothing" has no text for every type, and a group keeps
            # its name
            continue
        assert scenario.replace(**{key: value}) == scenario, key


def test_get_of_an_unknown_key_names_the_nearest():
    with pytest.raises(ScenarioError, match='did you mean "tasks.count"'):
        Scenario.load("lazy_provider").get("task.count")


def test_the_text_of_a_scenario_loads_as_the_same_scenario():
    scenario = Scenario.load("partition").replace(**{"tasks.count": 7})
    assert Scenario.from_text(scenario.to_toml()) == scenario


def test_a_pickled_scenario_keeps_its_changes():
    scenario = Scenario.load("lazy_provider").replace(**{"tasks.count": 7})
    again = pickle.loads(pickle.dumps(scenario))
    assert again == scenario
    assert again.overrides == scenario.overrides
