import json
import threading

import pytest

import aivmsim
from aivmsim import ChainVM, VmError

NOW = 1_800_000_000_000_000_000
LUX = 1_000_000_000


def genesis(**more):
    return {
        "version": 1,
        "message": "host",
        "timestamp": 1_799_999_990,
        "chain_id": 5,
        "allocations": [{"address": aivmsim.DEV_ACCOUNT, "balance": str(10_000 * LUX)}],
        "table_sizes": {"attestations": 8, "models": 8, "anchors": 8},
        **more,
    }


def opened(seed=b"\1" * 32, state="normal_operation", path=None, **more):
    vm = ChainVM()
    vm.initialize(genesis(**more), seed=seed, path=path, dev=True)
    vm.set_state(state)
    return vm


def register(vm, provider="p-1"):
    body = {"id": provider, "wallet_address": "0x" + "aa" * 20, "endpoint": "http://p", "gpus": []}
    return vm.request("POST", "/providers/register", body, now_ns=NOW)


def refusal(call, *arguments):
    with pytest.raises(VmError) as caught:
        call(*arguments)
    return caught.value.code


def test_the_example_of_the_documentation_works():
    vm = ChainVM()
    vm.initialize({"version": 1, "message": "demo", "timestamp": 1_700_000_000}, dev=True)
    vm.set_state("normal_operation")
    assert vm.request("GET", "/health", now_ns=1_700_000_100_000_000_000).status == 200


def test_a_genesis_names_providers_that_are_drawn_from_the_first_block_on():
    providers = [
        {
            "id": "p-0",
            "address": aivmsim.DEV_ACCOUNT,
            "models": ["zen-mini-0.5b"],
            "bond": str(1000 * LUX),
        }
    ]
    vm = opened(providers=providers)
    assert vm.request("GET", "/providers", now_ns=NOW).body["count"] == 1
    assert opened().request("GET", "/providers", now_ns=NOW).body["count"] == 0


def test_requests_share_one_handler_until_shutdown():
    vm = opened()
    made = []
    create = vm.create_handlers
    vm.create_handlers = lambda: made.append(1) or create()
    for _ in range(3):
        assert vm.request("GET", "/health", now_ns=NOW).status == 200
    assert len(made) == 1
    vm.shutdown()
    with pytest.raises(VmError) as closed:
        vm.request("GET", "/health", now_ns=NOW)
    assert closed.value.code == "not_initialized"


def test_before_initialize_and_after_shutdown_every_call_says_so():
    vm = ChainVM()
    for _ in range(2):
        assert refusal(vm.last_accepted) == "not_initialized"
        assert refusal(vm.build_block, NOW) == "not_initialized"
        assert refusal(vm.parse_block, b"") == "not_initialized"
        assert refusal(vm.create_handlers) == "not_initialized"
        assert refusal(vm.wait_for_event) == "not_initialized"
        assert not vm.health_check().healthy
        vm.initialize(genesis(), dev=True)
        assert vm.health_check().healthy
        vm.shutdown()
        vm.shutdown()


def test_the_fees_of_a_chain_are_declared_and_a_chain_without_a_floor_does_not_start():
    vm = ChainVM()
    assert refusal(lambda: vm.fee_policy) == "not_initialized"
    free = {"fee_floor": 0}
    assert refusal(lambda: vm.initialize(genesis(), policy=free, dev=True)) == "config"
    vm.initialize(genesis(), policy={"fee_floor": "3 mLUX", "model_fee": "2 LUX"}, dev=True)
    fees = vm.fee_policy
    assert (fees.fee_floor, fees.required_fee, fees.model_fee) == (3_000_000, 3_000_000, 2 * LUX)
    assert (fees.fee_burn_bps, fees.model_deposit) == (1000, 10 * LUX)


def test_blocks_come_about_only_as_the_host_says():
    vm = opened(state="bootstrapping")
    assert register(vm).status == 200
    assert vm.wait_for_event() is None
    assert refusal(vm.build_block, NOW) == "wrong_state"
    vm.set_state("normal_operation")
    assert vm.wait_for_event() == "pending_transactions"
    block = vm.build_block(NOW)
    assert (block.height, block.parent, block.status) == (1, vm.last_accepted(), "processing")
    assert json.loads(block.json)["providerRegs"][0]["providerId"] == "p-1"
    vm.set_preference(block.id)
    block.accept()
    assert block.status == "accepted"
    assert vm.last_accepted() == vm.block_id_at_height(1) == block.id
    assert vm.get_block(block.id).to_bytes() == block.to_bytes()
    assert refusal(vm.build_block, NOW) == "not_found"


def test_two_validators_agree_on_what_one_builds():
    seeds = [b"\1" * 32, b"\2" * 32]
    validators = [aivmsim.genesis_validator(seed) for seed in seeds]
    a, b = (opened(seed, validators=validators) for seed in seeds)
    assert register(a).status == register(b, "p-2").status == 200
    assert refusal(a.decide_next_block, NOW) == "wrong_state"
    built, other = a.build_block(NOW), b.build_block(NOW)
    received = b.parse_block(built.to_bytes())
    assert received.id == built.id
    received.verify(NOW)
    received.accept()
    other.reject()
    built.accept()
    assert refusal(other.accept) == "wrong_state"
    answers = [vm.request("GET", "/providers", now_ns=NOW).body for vm in (a, b)]
    assert answers[0] == answers[1]


def test_a_file_keeps_the_chain_and_another_genesis_is_refused(tmp_path):
    path = tmp_path / "chain"
    vm = opened(path=path)
    register(vm)
    vm.decide_next_block(NOW)
    last = vm.last_accepted()
    vm.shutdown()
    assert opened(path=path).last_accepted() == last
    assert refusal(lambda: opened(path=path, chain_id=6)) == "config"


def test_a_wait_ends_with_an_event_a_cancel_or_the_end_while_other_threads_run():
    vm = opened()
    seen = []

    def wait(cancel=None):
        try:
            seen.append(vm.wait_for_event(600, cancel))
        except VmError as error:
            seen.append(error.code)

    def during_a_wait(act, cancel=None):
        thread = threading.Thread(target=wait, args=(cancel,))
        thread.start()
        act()
        thread.join(60)
        assert not thread.is_alive()

    cancel = aivmsim.Cancel()
    during_a_wait(cancel.set, cancel)
    during_a_wait(lambda: register(vm))
    vm.decide_next_block(NOW)
    during_a_wait(vm.shutdown)
    assert seen == [None, "pending_transactions", "not_initialized"]
    with pytest.raises(ValueError, match="zero or more"):
        vm.wait_for_event(-1)


def test_blocks_and_handlers_outlive_the_name_of_their_vm():
    vm = opened()
    register(vm)
    block = vm.build_block(NOW)
    handler = vm.create_handlers()[""]
    vm.shutdown()
    del vm
    assert refusal(block.accept) == "not_initialized"
    assert handler("GET", "/health", now_ns=NOW)[0] == 503


def test_bad_arguments_are_refused_by_name():
    vm = ChainVM()
    with pytest.raises(ValueError, match="there is no state 'asleep'"):
        vm.set_state("asleep")
    assert refusal(lambda: vm.initialize("{")) == "malformed"
    assert refusal(lambda: vm.initialize(genesis(), config='{"x": 1}')) == "config"
    with pytest.raises(ValueError, match="seed"):
        vm.initialize(genesis(), seed=b"short")
    peer = b"\7" * 20
    vm.initialize(genesis(), dev=True)
    vm.connected(peer, "1.0.0")
    assert vm.health_check().details["peers"] == 1
    vm.disconnected(peer)
    assert refusal(vm.disconnected, peer) == "not_found"
