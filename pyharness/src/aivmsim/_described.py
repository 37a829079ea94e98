"""What the classes of the compiled module and their members are: texts that ``help`` shows. Times
are in nanoseconds of the run's virtual time, amounts in nLUX (1 LUX is 1,000,000,000 nLUX)."""

from __future__ import annotations

from typing import Any

#: By class and member.
MEMBERS: dict[str, dict[str, str]] = {
    "Block": {
        "parent": "The id of the block that this one is built on, in hexadecimal.",
        "height": "Blocks since genesis, which has height 0.",
        "timestamp_ns": "The proposer's clock when it built the block, in nanoseconds.",
        "proposer": "The number of the validator that signed it.",
        "beacon_secret": "What the proposer reveals for the beacon, in hexadecimal.",
        "beacon_commitment": "The hash of the secret of the proposer's next block.",
        "parent_aivm_root": "The root of the kernels' tables before this block, in hexadecimal.",
        "state_root": "The root of the state after this block, in hexadecimal.",
        "receipt_root": "The root of its receipts, in hexadecimal.",
        "id": "The hash of everything but the signature, in hexadecimal.",
        "authorization": "The proposer's signature, as bytes.",
        "operations": "Its operations in their order, as :class:`SignedOperation`.",
    },
    "Cancel": {"is_set": "Whether :meth:`set` was called."},
    "DemandView": {
        "due": "Tasks of the workload that should have been submitted by now and were not.",
        "left": "Tasks of the workload that were not submitted yet, those due included.",
        "height": "Of the last block that the requester's node has accepted.",
        "state": "The :class:`State` after that block.",
    },
    "DisputeView": {
        "dispute": "The dispute, as a :class:`Record`.",
        "task": "The task that is disputed, as a :class:`Record`.",
        "index": "The task's number, counted from 0.",
        "trace": "The actor's own execution: (input, output) of every step.",
        "height": "Of the last block that the actor's node has accepted.",
        "blocks_left": "Blocks in which the next move can still be made.",
        "state": "The :class:`State` after the last accepted block.",
    },
    "HostedBlock": {
        "id": "The block's id, in hexadecimal.",
        "parent": "The id of its parent, in hexadecimal.",
        "height": "Blocks since genesis, which has height 0.",
        "timestamp_ns": "The time at which it was built, in nanoseconds since 1970.",
        "json": "Its contents as JSON text.",
        "status": "processing, accepted or rejected.",
    },
    "HostedVertex": {
        "id": "The vertex's id, in hexadecimal.",
        "parents": "The ids of its parents, in hexadecimal.",
        "height": "One more than that of its highest parent.",
        "epoch": "The epoch whose validators decide it.",
        "timestamp_ns": "The time at which it was built, in nanoseconds since 1970.",
        "proposer": "The number of the validator that signed it.",
        "sequence": "Its number among the vertices of its proposer.",
        "cut": "The newest cut among the ancestors of its children; of a cut, its own number.",
        "is_cut": "Whether it settles a slice of the DAG instead of carrying operations.",
        "txs": "What it conflicts by: ``job:`` and an id for each job, or ``cut:`` and its number.",
        "status": "processing, accepted or rejected.",
        "settled_by": "The number of the cut that settled it; None before.",
    },
    "NodeView": {
        "height": "Of the last block that the actor's node has accepted.",
        "complete": "False if blocks before this one can no longer be executed by the node.",
        "now_ns": "Virtual time, in nanoseconds since the run began.",
        "clock_ns": "What the actor's own clock shows, in nanoseconds; a fault can put it ahead.",
        "events": "The events of the last accepted block, as :class:`Event`.",
        "state": "The :class:`State` after that block.",
    },
    "RandomStream": {"position": "How many numbers were drawn so far."},
    "SignedOperation": {
        "id": "The operation's hash, in hexadecimal.",
        "kind": "Its name, such as ``SubmitTask``.",
        "sender": "The address of the account that signed it.",
        "nonce": "Its number among the operations of its sender; they only grow.",
        "inclusion_fee": "What the sender pays the proposer, in nLUX.",
        "authorization": "The signature, as bytes.",
        "fields": "Its fields by name.",
    },
    "TaskView": {
        "task": "The task, as a :class:`Record`.",
        "index": "The task's number, counted from 0.",
        "job_id": "The name that its requester gave it.",
        "fee": "What the requester pays for the answer, in nLUX.",
        "input_row": "The row of the model's feature table that it asks about.",
        "posted": "The answer that stands posted and can be challenged, 0 to 255.",
        "assignments": "How many providers it was assigned to so far.",
        "model_id": "The name of the model.",
        "steps": "Inference steps of one answer.",
        "rows": "Rows of the model's feature table.",
        "height": "Of the last block that the actor's node has accepted.",
        "now_ns": "Virtual time, in nanoseconds since the run began.",
        "state": "The :class:`State` after the last accepted block.",
    },
    "Violation": {
        "invariant": "Its id, such as ``E3``.",
        "name": "Its name, such as ``bond-outlives-obligation``.",
        "message": "What was found, with the numbers that do not fit together.",
        "time_ns": "Virtual time of the event that it was found after, in nanoseconds.",
        "block": "The accepted height at that time.",
        "event": "The number of that event.",
        "actors": "Those concerned, such as ``provider[3]``.",
        "expected": "Whether the scenario expects it (its key ``expect``).",
        "liveness": "Whether something did not happen in time, rather than something wrong.",
    },
}

#: Of classes of the compiled module; the tests run them.
EXAMPLES: dict[str, str] = {
    "Block": """
>>> import aivmsim
>>> vm = aivmsim.VM(accounts=["alice"])
>>> vm.build().height
1
""",
    "Cancel": """
>>> import aivmsim
>>> cancel = aivmsim.Cancel()
>>> cancel.set()
>>> cancel.is_set
True
""",
    "DemandView": """
>>> import aivmsim
>>> class Late(aivmsim.RequesterStrategy):
...     def submissions(self, view):
...         return super().submissions(view) if view.due > 3 else []
""",
    "DisputeView": """
>>> import aivmsim
>>> class Hurries(aivmsim.ProviderStrategy):
...     def dispute_move(self, view):
...         return super().dispute_move(view) if view.blocks_left < 5 else None
""",
    "HostedBlock": """
>>> import aivmsim
>>> vm = aivmsim.ChainVM()
>>> vm.initialize({"version": 1, "message": "demo", "timestamp": 1_700_000_000}, dev=True)
>>> block = vm.get_block(vm.last_accepted())
>>> block.height, block.status
(0, 'accepted')
""",
    "HostedVertex": """
>>> import aivmsim
>>> money = [{"address": aivmsim.DEV_ACCOUNT, "balance": str(10_000 * 10**9)}]  # nLUX
>>> genesis = {"version": 1, "message": "demo", "timestamp": 1_700_000_000, "allocations": money}
>>> vm = aivmsim.DagVM()
>>> vm.initialize(genesis, dev=True)
>>> vm.set_state("normal_operation")
>>> now = 1_700_000_010_000_000_000
>>> provider = {"id": "p-1", "wallet_address": "0x" + "aa" * 20, "endpoint": "http://p", "gpus": []}
>>> vm.request("POST", "/providers/register", provider, now_ns=now).status
200
>>> vertex = vm.build_vertex(now)
>>> vertex.status, vertex.height, vertex.parents == [vm.cut_at(0)]
('processing', 1, True)
>>> vm.parse_vertex(vertex.to_bytes()).id == vertex.id
True
>>> vertex.reject()
>>> vertex.status
'rejected'
""",
    "NodeView": """
>>> import aivmsim
>>> class Leaves(aivmsim.ProviderStrategy):
...     def on_block(self, view):
...         done = view.height == 100
...         return [aivmsim.op.DeregisterProvider(self.context.identity.provider_id)] * done
""",
    "RandomStream": """
>>> import aivmsim
>>> class Coin(aivmsim.ProviderStrategy):
...     def answer(self, view):
...         return view.run() if self.random.below(2) else 0
""",
    "SignedOperation": """
>>> import aivmsim
>>> vm = aivmsim.VM(accounts={"alice": "100 LUX"})
>>> vm.sign("SubmitTask", sender="alice", job_id="job", model_id="qwen3-8b").kind
'SubmitTask'
""",
    "TaskView": """
>>> import aivmsim
>>> class Greedy(aivmsim.ProviderStrategy):
...     def steps_to_compute(self, view):
...         return view.steps if view.fee >= 1_000_000_000 else 0
""",
    "Violation": """
>>> import aivmsim
>>> broken = aivmsim.Scenario.load("unbond_escape").replace(**{"run.fidelity": "economic"})
>>> aivmsim.run(broken).violations[0].invariant
'E3'
""",
    "VmError": """
>>> import aivmsim
>>> vm = aivmsim.VM(accounts={"alice": "100 LUX"})
>>> try:
...     vm.task("nothing")
... except aivmsim.VmError as error:
...     error.code
'not_found'
""",
    "ScenarioError": """
>>> import aivmsim
>>> try:
...     aivmsim.Scenario.load("quickstart").replace(**{"vm.no_such_key": 1})
... except aivmsim.ScenarioError as error:
...     "no_such_key" in str(error)
True
""",
    "StudyError": """
>>> import aivmsim
>>> try:
...     aivmsim.read("no-such-file.db")
... except aivmsim.StudyError as error:
...     "no-such-file.db" in str(error)
True
""",
    "StrategyError": """
>>> import aivmsim
>>> class Broken(aivmsim.ProviderStrategy):
...     def answer(self, view):
...         raise ValueError("out of order")
>>> broken = aivmsim.strategy("out_of_order", role="provider")(Broken)
>>> scenario = aivmsim.Scenario.load("lazy_provider").replace(
...     **{"provider.lazy.strategy": "python:out_of_order", "tasks.count": 40}
... )
>>> try:
...     aivmsim.run(scenario)
... except aivmsim.StrategyError as error:
...     type(error.__cause__).__name__
'ValueError'
""",
}
#: The texts of errors, whose classes the compiled module makes without one.
ERRORS = {
    "ScenarioError": "A scenario, a key or a value that cannot be used; the text names the mend.",
    "StudyError": "A file that is no database of aivmsim, or one that cannot be read or written.",
    "StrategyError": "A strategy in Python raised; what it raised is chained as the cause.",
}


def describe(classes: dict[str, type[Any]]) -> None:
    """Sets the docstrings of these classes and of their members, with their examples."""
    for name, texts in MEMBERS.items():
        for member, text in texts.items():
            vars(classes[name])[member].__doc__ = text
    for name, example in EXAMPLES.items():
        found = classes[name]
        summary = ERRORS.get(name, found.__doc__ or "").strip()
        found.__doc__ = f"{summary}\n\nExamples\n--------{example}"
