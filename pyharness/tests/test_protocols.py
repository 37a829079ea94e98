import re

import pytest

import aivmsim

PROTOCOLS = aivmsim.protocols()


def test_the_published_protocols_are_there():
    assert set(PROTOCOLS) == {
        "bold", "dave", "eigenlayer_tasks", "livepeer", "op_fault_proofs", "pocket_shannon", "posp",
        "truebit",
    }  # fmt: skip


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_profile_is_a_valid_setting_and_names_every_key_that_it_sets(name):
    protocol = PROTOCOLS[name]
    # The published windows are days long.
    base = aivmsim.Scenario.load("lazy_provider").replace(**{"run.max_time": "60d"})
    scenario = base.replace(**protocol.settings)
    assert all(key.startswith("vm.") for key in protocol.settings), "rules, no environment"
    explained = " ".join(settings for _, settings in protocol.maps)
    mapped = {key for key in protocol.settings if re.search(rf"{key}\b", explained)}
    assert mapped, "what the settings stand for is said"
    assert protocol.not_mapped and protocol.source
    for key in re.findall(r"vm\.\w+", " ".join([explained, *protocol.not_mapped])):
        scenario.get(key)
