"""The VM of a DAG under a consensus host that is written in Python."""

import aivmsim
import pytest
from aivmsim import DagVM, VmError

LUX = 10**9
NOW = 1_800_000_000_000_000_000
SECOND = 1_000_000_000


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


def opened(seed=b"\1" * 32, path=None, dag=None, **more):
    vm = DagVM()
    vm.initialize(genesis(**more), seed=seed, path=path, dag=dag, dev=True)
    vm.set_state("normal_operation")
    return vm


def register(vm, provider="p-1", now_ns=NOW):
    body = {"id": provider, "wallet_address": "0x" + "aa" * 20, "endpoint": "http://p", "gpus": []}
    return vm.request("POST", "/providers/register", body, now_ns=now_ns)


def submit(vm, job, now_ns):
    body = {
        "id": job,
        "type": "inference",
        "model": "zen-mini-0.5b",
        "input": {"row": 0},
        "fee": str(LUX),
    }
    answer = vm.request("POST", "/tasks/submit", body, now_ns=now_ns)
    assert answer.status == 200, answer.body
    return answer.body["taskId"]


def finality(vm, task, now_ns):
    return vm.request("GET", "/tasks", query=f"id={task}", now_ns=now_ns).body["finality"]


def refusal(call, *arguments):
    with pytest.raises(VmError) as caught:
        call(*arguments)
    return caught.value.code


def test_the_example_of_the_documentation_works():
    vm = DagVM()
    vm.initialize({"version": 1, "message": "demo", "timestamp": 1_700_000_000}, dev=True)
    vm.set_state("normal_operation")
    assert vm.frontier() == [vm.cut_at(0)]


def test_a_job_is_queued_accepted_and_settled():
    vm = opened()
    assert register(vm).status == 200
    vm.decide_next(NOW + 4 * SECOND)
    assert vm.height() == 1
    task = submit(vm, "job", NOW + 5 * SECOND)
    assert task == aivmsim.bound_job_id(aivmsim.DEV_ACCOUNT, "job")
    assert finality(vm, task, NOW + 5 * SECOND) == "queued"
    vertex = vm.build_vertex(NOW + 5 * SECOND)
    assert (vertex.status, vertex.settled_by, vertex.is_cut) == ("processing", None, False)
    assert vertex.txs == ["job:" + task]
    vertex.accept()
    assert finality(vm, task, NOW + 5 * SECOND) == "accepted"
    assert refusal(vm.build_cut, NOW + 5 * SECOND) == "too_early"
    due = vm.next_cut_ns()
    cut = vm.settle(due)
    assert cut.is_cut and cut.txs == ["cut:2"] and cut.cut == 2
    assert vertex.settled_by == 2
    assert finality(vm, task, due) == "settled"
    assert vm.frontier() == [cut.id] == [vm.cut_at(2)]


def test_vertices_are_parsed_verified_and_decided_by_the_host():
    validators = [aivmsim.genesis_validator(bytes([n]) * 32) for n in (1, 2)]
    one, two = (opened(bytes([n]) * 32, validators=validators) for n in (1, 2))
    # Nothing is queued on a chain of several validators, so the host builds nothing yet.
    assert refusal(one.build_vertex, NOW) == "not_found"
    assert refusal(one.build_cut, NOW) == "not_found"
    assert refusal(one.decide_next, NOW) == "not_found"
    lone = opened()
    register(lone)
    vertex = lone.build_vertex(NOW)
    copy = lone.parse_vertex(vertex.to_bytes())
    assert copy.id == vertex.id and copy.parents == [lone.cut_at(0)]
    assert (copy.height, copy.epoch, copy.sequence, copy.cut) == (1, 0, 1, 0)
    assert not copy.conflicts(vertex) and copy.rivals() == []
    assert refusal(two.parse_vertex, b"nonsense") == "malformed"
    foreign = two.parse_vertex(vertex.to_bytes())
    assert refusal(foreign.verify, NOW) == "bad_parent" or foreign.status == "unknown"
    lone.set_preference([vertex.id])
    assert lone.preferred_frontier() == [vertex.id]
    vertex.reject()
    assert vertex.status == "rejected"
    assert refusal(vertex.accept) == "wrong_state"
    again = lone.build_vertex(NOW)
    assert again.sequence == 2, "its operation waits again, and no sequence is used twice"


def test_two_submissions_of_one_job_conflict():
    vm = opened()
    register(vm)
    vm.decide_next(NOW + 4 * SECOND)
    submit(vm, "job", NOW + 5 * SECOND)
    first = vm.build_vertex(NOW + 5 * SECOND)
    first.reject()
    second = vm.build_vertex(NOW + 6 * SECOND)
    assert second.txs == first.txs
    assert second.conflicts(first)
    assert not second.conflicts(second)
    assert refusal(second.conflicts_vertex, first.id) == "not_found"
    assert second.conflicts_vertex(second.id) is False


def test_a_restart_keeps_what_was_accepted_and_issues_again_what_was_signed(tmp_path):
    path = tmp_path / "dag"
    vm = opened(path=path)
    register(vm)
    vm.decide_next(NOW + 4 * SECOND)
    task = submit(vm, "job", NOW + 5 * SECOND)
    vertex = vm.build_vertex(NOW + 5 * SECOND)
    vm.shutdown()
    vm = opened(path=path)
    (own,) = vm.reissue(NOW + 6 * SECOND)
    assert own.id == vertex.id
    own.accept()
    vm.settle(vm.next_cut_ns())
    assert finality(vm, task, NOW + 20 * SECOND) == "settled"


def test_the_parameters_of_a_dag_are_part_of_its_genesis(tmp_path):
    path = tmp_path / "dag"
    opened(path=path, dag={"vertices_in_flight": 4}).shutdown()
    assert refusal(lambda: opened(path=path)) == "config"
    opened(path=path, dag={"vertices_in_flight": 4}).shutdown()
    assert refusal(lambda: opened(dag={"cut_interval_ns": 0})) == "config"
    chain = aivmsim.ChainVM()
    assert refusal(lambda: chain.initialize(genesis(), dag={}, dev=True)) == "config"


def test_a_vm_that_is_not_open_refuses_everything():
    vm = DagVM()
    assert refusal(vm.frontier) == "not_initialized"
    assert refusal(vm.build_vertex, NOW) == "not_initialized"
    vm = opened()
    vm.shutdown()
    assert refusal(vm.preferred_frontier) == "not_initialized"


def test_a_run_on_a_dag_has_its_vertices_cuts_and_conflicts():
    run = aivmsim.run("conflict_flooder")
    vertices = run.vertices[run.vertices.is_cut == 0]
    assert run.metrics["n_vertices"] == (vertices.operations > 0).sum()
    assert run.metrics["n_conflicts"] == len(run.conflicts) > 0
    assert list(run.cuts.cut) == list(range(1, run.metrics["blocks"] + 1))
    settled = vertices[vertices.settled_ns.notna() & (vertices.operations > 0)]
    mean = (settled.settled_ns - settled.issued_ns).astype(float).mean() / 1e9
    assert run.metrics["tts_mean"] == pytest.approx(mean)
    assert run.metrics["tta_mean"] < run.metrics["tts_mean"]


def test_a_run_on_a_chain_has_none():
    run = aivmsim.run("lazy_provider")
    assert run.vertices.empty and run.cuts.empty and run.conflicts.empty
