"""The VM of a DAG under a consensus host that is written in Python."""

import re
from pathlib import Path

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


def python_of(page):
    """The Python of a page of the documentation."""
    docs = Path(__file__).resolve().parents[1] / "docs"
    return re.findall(r"```python\n(.*?)```", (docs / page).read_text(), re.S)


def test_the_example_of_the_documentation_works():
    (example,) = python_of("explanation/dag.md")
    assert "vm.settle" in example
    exec(example, {})


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


class Pair:
    """Two validators of one DAG, whose vertices a test carries from one to the other."""

    def __init__(self, **more):
        validators = [aivmsim.genesis_validator(bytes([n]) * 32) for n in (1, 2)]
        self.nodes = [opened(bytes([n]) * 32, validators=validators, **more) for n in (1, 2)]
        self.one, self.two = self.nodes

    def shown(self, vertex, now_ns=NOW):
        """The vertex as each node has it, verified."""
        held = []
        for node in self.nodes:
            try:
                held.append(node.get_vertex(vertex.id))
            except VmError:
                held.append(node.parse_vertex(vertex.to_bytes()))
                held[-1].verify(now_ns)
        return held

    def accept(self, vertex, now_ns=NOW):
        for each in self.shown(vertex, now_ns):
            each.accept()

    def settle(self):
        """The next cut, by whoever may issue it first, accepted by both."""
        due = [(node.next_cut_ns(), i) for i, node in enumerate(self.nodes)]
        now_ns, first = min(due)
        cut = self.nodes[first].build_cut(now_ns)
        self.accept(cut, now_ns)
        return cut

    def with_provider(self):
        register(self.one)
        self.accept(self.one.build_vertex(NOW))
        self.settle()
        return self


def test_two_validators_take_turns_and_settle_the_same():
    pair = Pair()
    register(pair.one)
    vertex = pair.one.build_vertex(NOW)
    copy = pair.two.parse_vertex(vertex.to_bytes())
    assert refusal(pair.two.get_vertex, vertex.id) == "not_found"
    copy.verify(NOW)
    assert copy.status == "processing" and pair.two.get_vertex(vertex.id).id == vertex.id
    assert copy.timestamp_ns == NOW and copy.proposer == vertex.proposer
    assert pair.two.frontier() == [pair.two.cut_at(0)], "it is not accepted yet"
    for each in (vertex, copy):
        each.accept()
    assert pair.one.frontier() == pair.two.frontier() == [vertex.id]
    turns = sorted(node.next_cut_ns() for node in pair.nodes)
    assert turns[1] - turns[0] == 4 * SECOND, "the second turn is one cut interval later"
    cut = pair.settle()
    assert pair.one.height() == pair.two.height() == 1
    assert pair.one.cut_at(1) == pair.two.cut_at(1) == cut.id
    assert vertex.settled_by == copy.settled_by == 1
    assert refusal(pair.one.cut_at, 2) == "not_found"
    first, second = (node.request("GET", "/providers", now_ns=NOW).body for node in pair.nodes)
    assert first == second and first["count"] == 1


def rivals_of_one_job(pair):
    """The same submission in a vertex of each validator, shown to both."""
    now_ns = NOW + 10 * SECOND
    for node in pair.nodes:
        submit(node, "job", now_ns)
    built = [node.build_vertex(now_ns) for node in pair.nodes]
    return [pair.shown(vertex, now_ns) for vertex in built]


def test_of_two_vertices_of_one_job_one_is_accepted_and_its_job_leaves_the_queue():
    pair = Pair().with_provider()
    first, second = rivals_of_one_job(pair)
    for a, b in zip(first, second, strict=True):
        assert a.conflicts(b) and b.conflicts(a)
        assert a.conflicts_vertex(b.id) and not a.conflicts_vertex(a.id)
        assert a.rivals() == [b.id] and b.rivals() == [a.id]
    for node, winner, loser in zip(pair.nodes, second, first, strict=True):
        winner.accept()
        assert refusal(loser.accept) == "conflict"
        loser.reject()
        assert (winner.status, loser.status) == ("accepted", "rejected")
        assert winner.rivals() == []
        assert refusal(node.build_vertex, NOW + 11 * SECOND) == "not_found", "the job is taken"
    pair.settle()
    assert [each.settled_by for each in second] == [2, 2]
    assert [each.settled_by for each in first] == [None, None]


def test_new_vertices_stand_on_the_preferred_ones():
    pair = Pair().with_provider()
    (first, _), (second, _) = rivals_of_one_job(pair)
    node = pair.one
    node.set_preference([second.id])
    assert node.preferred_frontier() == [second.id]
    assert node.frontier() == [node.cut_at(1)], "accepted alone"
    assert refusal(node.build_vertex, NOW + 11 * SECOND) == "window_not_open", "its own one loses"
    node.set_preference([first.id])
    submit(node, "other", NOW + 11 * SECOND)
    assert refusal(node.build_vertex, NOW + 11 * SECOND) == "not_found", (
        "the account's next operation waits while another vertex with one is undecided"
    )
    assert refusal(node.set_preference, [first.id, second.id]) == "conflict"
    assert refusal(node.set_preference, ["0x" + "11" * 32]) == "not_found"
    second.reject()
    above = node.build_vertex(NOW + 11 * SECOND)
    assert above.parents == [first.id] and above.height == first.height + 1


def test_a_vertex_waits_for_its_parents_and_for_its_time():
    pair = Pair().with_provider()
    now_ns = NOW + 10 * SECOND
    submit(pair.one, "a", now_ns)
    parent = pair.one.build_vertex(now_ns)
    submit(pair.one, "b", now_ns)
    child = pair.one.build_vertex(now_ns)
    there = pair.two.parse_vertex(child.to_bytes())
    assert refusal(there.verify, now_ns) == "bad_parent"
    assert there.status == "unknown"
    late = pair.two.parse_vertex(parent.to_bytes())
    assert refusal(late.verify, now_ns - 3600 * SECOND) == "too_early"
    late.verify(now_ns - 3600 * SECOND, decided=True)
    there.verify(now_ns)
    assert refusal(there.accept) == "bad_parent", "its parent is not accepted"
    late.accept()
    there.accept()
    assert pair.two.frontier() == [child.id]


def test_a_validator_has_only_so_many_undecided_vertices():
    vm = opened(dag={"vertices_in_flight": 2})
    register(vm)
    vm.decide_next(NOW + 4 * SECOND)
    built = []
    for job in ("a", "b"):
        submit(vm, job, NOW + 5 * SECOND)
        built.append(vm.build_vertex(NOW + 5 * SECOND))
    submit(vm, "c", NOW + 5 * SECOND)
    assert refusal(vm.build_vertex, NOW + 5 * SECOND) == "limit_reached"
    built[0].accept()
    assert vm.build_vertex(NOW + 5 * SECOND).parents == [built[1].id]


def test_a_host_is_told_of_work_and_builds_in_normal_operation_only():
    vm = opened()
    assert vm.wait_for_event() is None
    register(vm)
    assert vm.wait_for_event() == "pending_transactions"
    vm.set_state("bootstrapping")
    assert refusal(vm.build_vertex, NOW) == "wrong_state"
    vm.set_state("normal_operation")
    vm.build_vertex(NOW).accept()
    assert vm.health_check().healthy
    assert vm.fee_policy.fee_floor > 0
    vm.connected(b"\1" * 20, "aivm/0.1.0")
    assert vm.health_check().details["peers"] == 1
    vm.disconnected(b"\1" * 20)
    assert refusal(vm.disconnected, b"\1" * 20) == "not_found"


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
