import json
import re

import numpy as np
import pandas as pd
import pytest

import aivmsim
from aivmsim import VM, VmError, op
from aivmsim.kernels import DTYPES

LUX = 1_000_000_000
SALT = "0x" + "5a" * 32
SHORT = {
    # With a bond of 1000 LUX a provider is still drawn after a few slashes of 100 LUX.
    "config": {"challengeWindowBlocks": 5, "taskTimeout": "20s", "merkleAnchorFreq": 7,
               "minProviderBond": 500 * LUX},
    "policy": {"challenge_reveal_blocks": 2, "unbond_cooldown_blocks": 8, "dispute_move_blocks": 3,
               "commit_window_blocks": 3, "reveal_window_blocks": 3, "activation_delay_blocks": 0,
               "result_bond": 100 * LUX},
}  # fmt: skip
MODELS = [aivmsim.Model.drawn("model"), aivmsim.Model.drawn("deep", steps=5)]


def make(owners=("paula",), **more):
    vm = VM(["alice", "carol", "dave", *owners], models=MODELS, validators=2, **(SHORT | more))
    for number, owner in enumerate(owners):
        joining = op.RegisterProvider(f"p-{number}", models=["model", "deep"], bond="1000 LUX")
        vm.execute(joining, sender=owner)
    return vm


def assigned(vm, job="job", **task):
    vm.execute(op.SubmitTask(job, **{"model_id": "model", **task}), sender="alice")
    vm.advance(2)
    assert vm.task(job).status == "assigned"
    return vm.result(job)


def until(vm, name):
    """Advances to the first block with such an event and returns everything that happened on the
    way."""
    seen = []
    while name not in [event.name for event in seen]:
        assert vm.height < 200
        vm.advance()
        seen += vm.events()
    return seen


def names(vm, block=None):
    return [event.name for event in vm.events(block)]


def test_the_example_of_the_documentation_works():
    vm = VM(accounts={"alice": "100 LUX", "paula": "2000 LUX"})
    vm.execute(op.RegisterProvider("p-1", models=["qwen3-8b"]), sender="paula")
    vm.submit("SubmitTask", sender="alice", job_id="job", model_id="qwen3-8b")
    vm.advance(5)
    assert vm.task("job").status == "assigned"
    assert vm.provider("p-1").locked == vm.result_bond == 100 * LUX


def test_fraud_is_posted_challenged_slashed_and_the_money_goes_where_the_rules_say():
    vm = make()
    assigned(vm)
    truth = vm.truth("job")
    vm.execute(op.SubmitResult("job", "p-0", answer=(truth + 1) % 256), sender="paula")
    before = {name: vm.balance(name) for name in ("alice", "carol")}
    vm.execute(op.Challenge("job", vm.claim_commitment(truth, SALT, "carol")), sender="carol")
    assert vm.task("job").status == "challenged"
    assert vm.balance("carol") == before["carol"] - 10 * LUX
    vm.execute(op.ChallengeReveal("job", truth, SALT), sender="carol")
    assert [dispute.status for dispute in vm.disputes("job")] == ["won"]

    (slash,) = [event.fields for event in until(vm, "Slashed") if event.name == "Slashed"]
    assert (slash.cause, slash.provider, slash.task) == ("wrong_answer", "p-0", "job")
    assert (slash.due, slash.taken, slash.burned) == (100 * LUX, 100 * LUX, 50 * LUX)
    assert (slash.to_challenger, slash.to_requester) == (40 * LUX, 10 * LUX)
    assert vm.balance("carol") == before["carol"] + 40 * LUX
    assert vm.balance("alice") == before["alice"] + 10 * LUX
    assert (
        vm.task("job").status == "pending" and vm.task("job").escrow == 9 * LUX // 10
    )  # somebody else's turn now
    assert vm.provider("p-0").bond == 900 * LUX
    balance = vm.conservation()
    assert balance.holds and balance.burned == 50 * LUX + LUX // 10
    assert vm.state.audit() == []


def test_a_challenge_that_comes_late_disputes_the_next_answer_and_loses_its_bond():
    """A challenge names a job, not an answer: what op.Challenge warns of."""
    vm = make()
    assigned(vm)
    truth = vm.truth("job")
    vm.execute(op.SubmitResult("job", "p-0", answer=truth ^ 1), sender="paula")
    # Kept out of blocks until the answer that it is about is gone.
    late = vm.sign(op.Challenge("job", vm.claim_commitment(truth, SALT, "dave")), sender="dave")
    vm.execute(op.Challenge("job", vm.claim_commitment(truth, SALT, "carol")), sender="carol")
    vm.execute(op.ChallengeReveal("job", truth, SALT), sender="carol")
    while vm.task("job").status != "assigned":
        vm.advance()
    vm.execute(op.SubmitResult("job", "p-0", answer=truth), sender="paula")
    before = vm.balance("dave")
    vm.execute([late])
    assert vm.task("job").status == "challenged"
    vm.execute(op.ChallengeReveal("job", truth, SALT), sender="dave")
    assert vm.disputes("job")[-1].status == "lost"
    while vm.task("job").status != "completed":
        vm.advance()
    assert vm.task("job").provisional == truth and vm.balance("dave") == before - 10 * LUX


def test_a_true_answer_is_paid_after_its_window_and_its_receipt_can_be_proven():
    vm = make()
    assigned(vm)
    block = vm.execute(op.SubmitResult("job", "p-0", answer=vm.truth("job")), sender="paula")
    vm.advance_to(block.height + 5)
    assert vm.task("job").status == "posted"  # both ends of the window count
    vm.advance()
    assert vm.task("job").status == "completed"
    assert vm.task("job").final_at == block.height + 6
    (receipt,) = vm.receipts()
    assert (receipt.task, receipt.paid, receipt.burned, receipt.minted) == (
        "job",
        1 * LUX,
        LUX // 10,
        LUX // 10,
    )
    proof = vm.state.receipt_proof(0)
    assert proof.receipt == receipt and proof.verify(vm.merkle_root())
    assert not proof._replace(encoding=proof.encoding[:-1] + b"\x01").verify(vm.merkle_root())
    assert vm.get_block(vm.last_accepted).receipt_root == vm.merkle_root()
    with pytest.raises(VmError, match="not_found"):
        vm.state.receipt_proof(1)
    wallet = vm.balance("paula")
    vm.execute(op.ClaimRewards("p-0"), sender="paula")
    assert vm.balance("paula") == wallet + 1 * LUX
    stats = vm.stats()
    assert (stats.tasks_completed, stats.receipts_processed, stats.epoch_rewards) == (1, 1, 1 * LUX)
    assert vm.conservation().holds


def test_a_committee_pays_who_agreed_and_slashes_the_divergent_the_unrevealed_and_the_silent():
    owners = [f"owner-{number}" for number in range(6)]
    vm = make(owners, config=SHORT["config"] | {"verificationMode": 1})
    seats = assigned(vm)
    truth, drawn = vm.truth("job"), [seat["provider"] for seat in seats]
    assert len(set(drawn)) == 5
    owner = {f"p-{number}": name for number, name in enumerate(owners)}
    answers = dict(zip(drawn, [truth, truth, truth, (truth + 9) % 256, None], strict=True))
    vm.execute([vm.sign(op.Commit("job", p, vm.commitment("job", owner[p], a, SALT)),
                        sender=owner[p])
                for p, a in answers.items() if a is not None])  # fmt: skip
    vm.advance_to(vm.task("job").draw_at + 3)
    for provider in drawn[
        1:4
    ]:  # the first one keeps its answer to itself, so no quorum of three is left
        vm.execute(op.Reveal("job", provider, answers[provider], SALT), sender=owner[provider])
    seen = vm.events() if "QuorumMissed" in names(vm) else until(vm, "QuorumMissed")
    causes = {
        event.fields.provider: event.fields.cause for event in seen if event.name == "Slashed"
    }
    assert causes[drawn[0]] == "unrevealed"
    assert vm.provider(drawn[4]).slashed_total == vm.result_bond * 2000 // 10_000  # silent
    assert vm.conservation().holds and vm.state.audit() == []


def test_a_quorum_of_three_settles_and_the_divergent_one_pays():
    owners = [f"owner-{number}" for number in range(5)]
    vm = make(owners, config=SHORT["config"] | {"verificationMode": 1})
    drawn = [seat["provider"] for seat in assigned(vm)]
    truth, owner = vm.truth("job"), {f"p-{number}": name for number, name in enumerate(owners)}
    answers = dict(zip(drawn, [truth] * 4 + [truth ^ 1], strict=True))
    commits = [vm.sign(op.Commit("job", p, vm.commitment("job", owner[p], a, SALT)),
                       sender=owner[p])
               for p, a in answers.items()]  # fmt: skip
    vm.execute(commits)
    vm.advance_to(vm.task("job").draw_at + 3)
    vm.execute([vm.sign(op.Reveal("job", p, a, SALT), sender=owner[p]) for p, a in answers.items()])
    while vm.task("job").status != "completed":
        vm.advance()
    assert vm.task("job").provisional == truth
    assert {p: vm.provider(p).slashed_total for p in drawn} == dict.fromkeys(drawn[:4], 0) | {
        drawn[4]: 50 * LUX
    }
    credits = {vm.provider(p).credit for p in drawn[:4]}
    assert len(credits) == 1 and credits.pop() > 0
    assert vm.conservation().holds


def test_a_bisection_is_played_to_the_step_that_is_wrong():
    vm = make(policy=SHORT["policy"] | {"dispute_game": "bisection"})
    assigned(vm, model_id="deep")
    lie = (vm.truth("job") + 1) % 256
    theirs = vm.state.trace("job", answer=lie)
    ours = vm.state.trace("job")
    vm.execute(op.SubmitResult("job", "p-0", lie, trace_root=theirs.root), sender="paula")
    vm.execute(op.Challenge("job", vm.claim_commitment(ours.answer, SALT, "carol")), sender="carol")
    vm.execute(op.ChallengeReveal("job", ours.answer, SALT), sender="carol")
    carol, moves = vm.address("carol"), 0
    while (dispute := vm.disputes("job")[0]).status == "playing":
        step, moves = dispute.middle, moves + 1
        if dispute.provider_to_move:
            data, output = theirs.steps[step]
            move = op.DisputeMove(
                "job", carol, True, input=data, output=output, proof=theirs.proofs[step]
            )
            vm.execute(move, sender="paula")
        else:
            vm.execute(
                op.DisputeMove("job", carol, agrees=theirs.steps[step] == ours.steps[step]),
                sender="carol",
            )
    assert dispute.status == "won" and 2 <= moves <= 7


def test_a_rejected_block_leaves_no_trace_and_its_operations_come_back():
    vm = make()
    before, root = vm.state.contents_digest(), vm.state.state_root
    operation = vm.submit("SubmitTask", sender="alice", job_id="job", model_id="model")
    block = vm.build()
    assert vm.status(block) == "processing"
    assert vm.state_of(block).task("job").status == "pending"
    assert vm.state.contents_digest() == before
    with pytest.raises(VmError, match="not_found"):
        vm.task("job")
    vm.reject(block)
    assert (vm.state.contents_digest(), vm.state.state_root, vm.processing) == (before, root, 0)
    assert vm.status(block) == "unknown"
    with pytest.raises(VmError, match="not_found"):
        vm.state_of(block)
    assert vm.queued == 1
    other = vm.propose([operation])
    vm.verify(other)
    vm.accept(other)
    assert vm.task("job").status == "pending"


def test_siblings_are_verified_side_by_side_and_one_of_them_is_accepted():
    vm = make()
    first = vm.propose([vm.sign(op.SubmitTask("one", "model"), sender="alice")])
    second = vm.propose([vm.sign(op.SubmitTask("two", "model"), sender="alice")])
    vm.verify(first)
    vm.verify(second)
    vm.set_preference(second)
    child = vm.propose()
    assert child.parent == second.id
    vm.verify(child)
    with pytest.raises(VmError) as raised:
        vm.accept(child)
    assert raised.value.code == "bad_parent"
    vm.accept(second)
    vm.reject(first)
    vm.accept(child)
    assert [task.job_id for task in vm.tasks()] == ["two"]
    assert [vm.block_id_at_height(h) for h in (0, second.height, child.height)] == [
        vm.genesis_id,
        second.id,
        child.id,
    ]


def test_a_validator_that_signs_twice_loses_half_its_stake():
    vm = make()
    first, second = vm.propose(proposer=1), vm.propose(proposer=1, timestamp_ns=vm.now_ns + 1)
    vm.execute(op.Evidence(1, first.height, first.parent, first.id, first.authorization, second.id,
                           second.authorization),
               sender="alice")  # fmt: skip
    assert [validator.stake for validator in vm.state.validators()] == [5000 * LUX, 2500 * LUX]


def test_blocks_and_operations_are_their_bytes():
    vm = make()
    block = vm.execute(op.SubmitTask("job", "model"), sender="alice")
    again = vm.parse_block(block.to_bytes())
    assert again == block and again.id == block.id
    assert (again.height, again.proposer, again.parent) == (2, 1, vm.block_id_at_height(1))
    (operation,) = again.operations
    assert (operation.kind, operation.sender, operation.nonce) == (
        "SubmitTask",
        vm.address("alice"),
        1,
    )
    assert operation.fields["job_id"] == "job" and operation.fields["fee"] == LUX
    assert aivmsim.SignedOperation.from_bytes(operation.to_bytes()) == operation
    for damaged in (block.to_bytes()[:-1], block.to_bytes() + b"\0", b""):
        with pytest.raises(VmError, match="malformed"):
            vm.parse_block(damaged)


def test_what_is_refused_has_the_error_s_name_and_changes_nothing():
    vm = make()
    before = vm.state.contents_digest()
    refused = {
        "fee_too_low": (op.SubmitTask("job", "model", fee=1), "alice"),
        "insufficient_funds": (op.SubmitTask("job", "model", fee="1000000 LUX"), "alice"),
        "provider_not_found": (op.ClaimRewards("nobody"), "alice"),
        "not_authorized": (op.ClaimRewards("p-0"), "alice"),
        "duplicate": (op.RegisterProvider("p-0", ["model"]), "carol"),
        "wrong_state": (op.WithdrawBond("p-0"), "paula"),
    }
    assert {
        code: vm.refusal(operation, sender=sender) for code, (operation, sender) in refused.items()
    } == {code: code for code in refused}
    with pytest.raises(VmError) as raised:
        vm.execute(*refused["fee_too_low"][:1], sender="alice")
    assert raised.value.code == "fee_too_low" and "fee" in str(raised.value)
    assert vm.state.contents_digest() == before


@pytest.mark.parametrize("authorisation", ["ideal", "ed25519"])
def test_nobody_moves_what_they_do_not_own(authorisation):
    vm = make(authorisation=authorisation)
    honest = vm.sign(op.DeregisterProvider("p-0"), sender="paula")
    forged = vm.sign(op.DeregisterProvider("p-0"), sender="paula", authorization=vm.sign(
        op.DeregisterProvider("p-0"), sender="alice", nonce=9).authorization)  # fmt: skip
    with pytest.raises(VmError, match="not_authorized"):
        vm.submit(forged)
    vm.submit(honest)
    vm.advance()
    assert vm.provider("p-0").status == "unbonding"
    with pytest.raises(VmError, match="bad_nonce"):
        vm.submit(honest)


def test_both_authorisations_and_both_backends_come_to_the_same_state():
    digests = set()
    for how in ({}, {"authorisation": "ed25519"}, {"backend": "simd"}):
        vm = make(**how)
        assigned(vm)
        vm.advance(10)
        digests.add(vm.state.contents_digest())
    assert len(digests) == 1


def test_attestation_evidence_earns_trust_only_with_the_vendor_s_signature():
    vm = make()
    hardware = {
        "mode": "hardware",
        "device_id": "gpu-0",
        "model": "NVIDIA H100",
        "spdm_report": bytes(256),
        "cc_enabled": True,
    }
    evidence = vm.evidence("p-0", **hardware)
    status = vm.verify_gpu_attestation(evidence, "p-0")
    assert (status.attested, status.trust_score, status.mode, status.hardware_cc) == (
        True,
        93,
        "hardware",
        True,
    )
    assert not vm.verify_gpu_attestation(
        vm.evidence("p-0", vendor="alice", **hardware), "p-0"
    ).attested
    assert not vm.verify_gpu_attestation(evidence, "p-1").attested
    vm.execute(vm.attestation(evidence, "p-0"), sender="paula")
    assert vm.provider("p-0").trust_score == 93
    assert vm.state.attestations()["occupied"].sum() == 1


def test_a_quote_of_listed_code_earns_the_base_of_the_hardware_path():
    listed, other = "0x" + "11" * 32, "0x" + "22" * 32
    vm = make(genesis={"quote_measurements": [listed]})
    for kind, vendor in [("sgx", "Intel"), ("sev_snp", "AMD"), ("tdx", "Intel")]:
        quote = vm.quote("p-0", type=kind, measurement=listed)
        status = vm.verify_attestation(quote, "p-0")
        assert (status.attested, status.trust_score, status.vendor) == (True, 70, vendor)
        assert not vm.verify_attestation(quote, "p-1").attested
    for refused in (
        vm.quote("p-0", type="arm", measurement=listed),
        vm.quote("p-0", type="sgx", measurement=other),
        vm.quote("p-0", type="sgx", measurement=listed, vendor="alice"),
    ):
        assert not vm.verify_attestation(refused, "p-0").attested
    vm.execute(vm.attestation(quote, "p-0"), sender="paula")
    assert vm.provider("p-0").trust_score == 70
    with pytest.raises(VmError) as malformed:
        vm.verify_attestation(quote[:-1], "p-0")
    assert malformed.value.code == "malformed"


def test_the_status_of_a_device_has_the_jobs_that_its_provider_answered():
    vm = make()
    evidence = vm.evidence("p-0", mode="hardware", model="NVIDIA H100", spdm_report=bytes(256))
    assert vm.verify_attestation(evidence, "p-0").job_history == []
    for job in ("job-1", "job-2"):
        assigned(vm, job)
        vm.execute(op.SubmitResult(job, "p-0", answer=vm.truth(job)), sender="paula")
    assert vm.verify_attestation(evidence, "p-0").job_history == ["job-2", "job-1"]


def test_the_fees_of_a_chain_are_declared():
    vm = make(policy=SHORT["policy"] | {"fee_floor": "3 mLUX", "model_fee": "2 LUX"})
    fees = vm.fee_policy
    assert (fees.fee_floor, fees.required_fee, fees.model_fee) == (3_000_000, 3_000_000, 2 * LUX)
    assert fees.fee_burn_bps == 1000
    with pytest.raises(VmError) as refused:
        make(policy={"fee_floor": 0})
    assert refused.value.code == "config"


def test_models_are_registered_and_updated_from_python():
    vm = make()
    vm.execute(op.RegisterModel(aivmsim.Model.drawn("new", rows=4)), sender="dave")
    assert [model.id for model in vm.state.models()] == ["model", "deep", "new"]
    assert vm.conservation().holds and vm.conservation().model_deposits == 10 * LUX
    entry = vm.state.model_entries()
    mine = next(row for row in entry if row["owner_addr"].tobytes().hex() == vm.address("dave")[2:])
    weights = aivmsim.Model.drawn("other").weights
    digest = aivmsim._core.weights_digest(np.frombuffer(weights, DTYPES["InferenceWeights"]))
    update = {"model_root": mine["model_root"].tobytes(), "weight_hash": digest, "kind": 1}
    new = op.ModelUpdate(update, weights)
    assert vm.refusal(new, sender="alice") == "not_authorized"
    assert vm.refusal(op.ModelUpdate(update), sender="dave") == "invalid_argument"
    vm.execute(op.RegisterProvider("p-new", models=["new"]), sender="carol")
    vm.execute(op.SubmitTask("old", "new", input_row=2), sender="alice")
    before = vm.truth("old")
    vm.execute(new, sender="dave")
    vm.execute(op.SubmitTask("young", "new", input_row=2), sender="alice")
    assert any(row["weight_hash"].tobytes() == digest for row in vm.state.model_entries())
    assert [status.version for status in vm.state.model_status()] == [1, 1, 1, 2]
    assert (vm.truth("old"), vm.truth("young")) == (before, vm.state.run_model("new", 2))
    assert vm.state.trace("old").answer == before

    balance = vm.balance("dave")
    vm.execute(op.RetireModel("new"), sender="dave")
    assert vm.balance("dave") == balance + 10 * LUX and "ModelRetired" in names(vm)
    assert vm.refusal(op.SubmitTask("late", "new"), sender="alice") == "invalid_task"
    assert vm.conservation().holds and vm.state.audit() == []


def test_a_provider_adds_to_its_bond():
    vm = make()
    vm.execute(op.AddBond("p-0", "5 LUX"), sender="paula")
    assert names(vm) == ["BondAdded"] and vm.provider("p-0").bond == 1005 * LUX
    assert vm.refusal(op.AddBond("p-0", 1), sender="alice") == "not_authorized"
    assert vm.conservation().holds


def test_leaving_takes_the_cooldown_and_anchors_come_as_configured():
    vm = make()
    vm.execute(op.DeregisterProvider("p-0"), sender="paula")
    left = vm.height
    vm.advance_to(left + 6)
    assert vm.refusal(op.WithdrawBond("p-0"), sender="paula") == "bond_locked"
    vm.advance(2)
    vm.execute(op.WithdrawBond("p-0"), sender="paula")
    assert names(vm) == ["BondWithdrawn"]
    assert vm.balance("paula") == 10_000 * LUX
    assert len(vm.state.anchors()) == vm.height // 7 > 0


def test_the_configuration_goes_in_and_out_as_json():
    vm = make()
    assert vm.config["challengeWindowBlocks"] == 5 and vm.config["taskTimeout"] == "20s"
    assert json.loads(vm.config_json) == vm.config
    assert VM(config=vm.config_json).config == vm.config
    assert aivmsim.default_config()["minProviderBond"] == 1000 * LUX
    assert aivmsim.default_config(permissioned=True)["minTrustScore"] == 70
    assert (
        vm.policy["commit_window_blocks"] == 3
        and aivmsim.default_policy()["commit_window_blocks"] == 30
    )


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"config": {"challengeWindow": 5}}, VmError, 'config: .*unknown key "challengeWindow"'),
        ({"config": {"redundancyFactor": 2}}, VmError, "config: .*redundancyFactor"),
        (
            {"policy": {"challenge_reveal": 5}},
            ValueError,
            'Policy has no field "challenge_reveal"; there are fee_floor',
        ),
        ({"policy": {"slash_bps": -1}}, ValueError, "Policy.slash_bps is -1; it must be 0 to"),
        ({"policy": {"dispute_game": "chess"}}, ValueError, "must be one of one_step, bisection"),
        ({"accounts": {"alice": "5 pounds"}}, ValueError, "allocation balance"),
        ({"accounts": {"alice": 2**64}}, ValueError, "must be 0 to 18446744073709551615"),
        ({"genesis": {"time": 1}}, ValueError, "unknown field 'time'"),
        ({"authorisation": "rsa"}, ValueError, "must be ideal or ed25519"),
        ({"backend": "opencl"}, ValueError, 'there is no backend "opencl"; there are auto, cpu'),
        ({"backend": "metal"}, aivmsim.VmError, "no metal plugin found"),
    ],
)
def test_a_vm_that_cannot_be_made_is_one_clear_error(arguments, error, text):
    with pytest.raises(error, match=text):
        VM(**arguments)


def test_an_operation_that_cannot_be_made_is_one_clear_error():
    vm = make()
    with pytest.raises(ValueError, match='no operation "SubmitTsk"; there are RegisterProvider'):
        vm.submit("SubmitTsk", sender="alice")
    with pytest.raises(TypeError, match="unexpected keyword argument 'model'"):
        vm.submit("SubmitTask", sender="alice", job_id="job", model="model")
    with pytest.raises(ValueError, match="SubmitResult.answer is 256; it must be 0 to 255"):
        vm.submit(op.SubmitResult("job", "p-0", 256), sender="paula")
    with pytest.raises(ValueError, match="Commit.commitment has 2 bytes; it must have 32"):
        vm.submit(op.Commit("job", "p-0", "0x1234"), sender="paula")


def test_the_policy_has_every_key_that_scenarios_have_for_it():
    keys = {
        key.removeprefix("vm.")
        for key in aivmsim.Scenario.load("quickstart").keys()
        if key.startswith("vm.")
    }
    words = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
    config = {words.sub("_", tag).lower() for tag in aivmsim.default_config()}
    assert keys - config == {name.removesuffix("_ns") for name in aivmsim.default_policy()}


def test_an_account_becomes_a_validator_and_the_first_ones_go_on_proposing():
    vm = VM(["alice"])
    vm.execute(op.JoinValidators("300 LUX", "ab" * 32), sender="alice")
    vm.execute(op.WithdrawStake(), sender="alice")
    assert len(vm.advance(3)) == 3


def test_the_nineteen_kinds_have_the_fields_of_the_compiled_half():
    compiled = dict(aivmsim._core.operation_kinds())
    assert len(compiled) == 19
    assert {name: sorted(kind.__dataclass_fields__) for name, kind in op.KINDS.items()} == {
        name: sorted(fields) for name, fields in compiled.items()
    }


def test_a_chain_in_a_file_goes_on_after_a_restart_and_in_another_process(tmp_path):
    def opened():
        return make(owners=(), path=tmp_path / "chain.log")

    vm = opened()
    vm.execute(op.RegisterProvider("p-0", models=["model"]), sender="alice")
    vm.advance(3)
    tip, digest = vm.last_accepted, vm.state.contents_digest()
    vm.restart()
    assert (vm.last_accepted, vm.state.contents_digest()) == (tip, digest)
    del vm
    again = opened()
    assert (again.last_accepted, again.state.contents_digest()) == (tip, digest)
    again.advance(2)
    assert again.height == 6
    with pytest.raises(VmError, match="another genesis"):
        del again
        make(owners=("other",), path=tmp_path / "chain.log")


def test_a_block_from_the_future_is_too_early_and_not_invalid():
    vm = make()
    block = vm.propose(timestamp_ns=vm.now_ns + 61 * 10**9)
    with pytest.raises(VmError) as raised:
        vm.verify(block)
    assert raised.value.code == "too_early"
    vm.verify(block, now_ns=vm.now_ns + 10**9)
    vm.accept(block)


def test_a_genesis_as_the_service_reads_it_has_the_same_accounts():
    key = "0x" + "11" * 32
    allocations = [{"key": key, "balance": "12"}, {"address": "0x" + "22" * 20, "balance": 3}]
    vm = VM(
        genesis={
            "version": 1,
            "message": "m",
            "timestamp": 5,
            "chain_id": 7,
            "allocations": allocations,
        }
    )
    assert vm.chain_id == 7 and vm.state.timestamp_ns == 5 * 10**9
    assert vm.balance("0x" + "22" * 20) == 3
    assert vm.balance("0x" + aivmsim.keccak256(bytes.fromhex("11" * 32))[:20].hex()) == 12
    assert vm.set_key("alice", "0x" + "33" * 32) == vm.address("alice")


def test_rows_are_frames_when_wanted():
    vm = make()
    assigned(vm)
    assert pd.DataFrame(vm.tasks()).loc[0, "job_id"] == "job"
    assert pd.DataFrame(vm.providers())["bond"].tolist() == [1000 * LUX]
