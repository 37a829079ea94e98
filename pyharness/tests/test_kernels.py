"""The published vectors, driven from Python alone: through the numpy types and the buffers that
outside suites use."""

import json
from pathlib import Path

import numpy as np
import pytest

from aivmsim import keccak256, kernels

VECTORS = json.loads((Path(__file__).parents[2] / "core/kernels/vectors/kernels.json").read_text())
CASES = VECTORS["cases"]
BACKENDS = ["cpu", "simd"]


def table(description):
    slots = np.zeros(description["count"], kernels.DTYPES[description["struct"]])
    for index, fields in description["slots"].items():
        slots[int(index)] = kernels.struct(description["struct"], fields)[0]
    return slots


def changed(before, name, slots):
    after = before.copy()
    for index, fields in slots.items():
        after[int(index)] = kernels.struct(name, fields)[0]
    return after


def digest(slots):
    return keccak256(slots).hex()


APPLY = {
    "attestation_apply": (kernels.attestation_apply, "AttestationOp"),
    "provenance_apply": (kernels.provenance_apply, "ModelOp"),
    "anchor_apply": (kernels.anchor_apply, "AnchorOp"),
}


def check_apply(kernel, given, wanted, backend):
    function, op = APPLY[kernel]
    slots = table(given["table"])
    expected = changed(slots, given["table"]["struct"], wanted["changed_slots"])
    desc = kernels.struct("AIVMRoundDescriptor", given["desc"])
    answer = function(desc, kernels.structs(op, given["ops"]), slots, backend)
    assert answer == (wanted["rc"], wanted["applied"])
    assert slots.tobytes() == expected.tobytes()
    assert digest(slots) == wanted["table_keccak256"]


def check_epoch(given, wanted, backend):
    attestations = table(given["attestations"])
    expected = changed(attestations, "Attestation", wanted["attestations_changed_slots"])
    epoch = kernels.struct("AIVMEpochState", given["epoch"])
    result = kernels.struct("AIVMTransitionResult", given["result"])
    desc = kernels.struct("AIVMRoundDescriptor", given["desc"])
    tables = (attestations, table(given["models"]), table(given["anchors"]))
    assert kernels.epoch_transition(desc, *tables, epoch, result, backend) == wanted["rc"]
    assert attestations.tobytes() == expected.tobytes()
    assert digest(attestations) == wanted["attestations_keccak256"]
    assert epoch.tobytes() == kernels.struct("AIVMEpochState", wanted["epoch"]).tobytes()
    assert result.tobytes() == kernels.struct("AIVMTransitionResult", wanted["result"]).tobytes()


def poisoned(name, count):
    """Results start as 0xCC: every byte, padding included, must be written."""
    return np.frombuffer(
        bytearray(b"\xcc" * (count * kernels.DTYPES[name].itemsize)), kernels.DTYPES[name]
    )


def check_inference(given, wanted, backend):
    ops = kernels.structs("InferenceOp", given["ops"])
    outputs = bytearray.fromhex(given["batch_outputs_before"])
    results = poisoned("InferenceResult", len(ops))
    weights = kernels.struct("InferenceWeights", given["weights"])
    inputs = bytes.fromhex(given["batch_inputs"])
    assert kernels.inference_step(weights, ops, inputs, outputs, results, backend) == wanted["rc"]
    assert outputs.hex() == wanted["batch_outputs"]
    assert results.tobytes() == kernels.structs("InferenceResult", wanted["results"]).tobytes()


def check_proof(given, wanted, backend):
    ops = kernels.structs("ProofVerifyOp", given["ops"])
    results = poisoned("ProofVerifyResult", len(ops))
    assert kernels.proof_verify(ops, results, backend) == wanted["rc"]
    assert results.tobytes() == kernels.structs("ProofVerifyResult", wanted["results"]).tobytes()


def check_round(given, wanted, backend):
    desc = kernels.struct("AIVMRoundDescriptor", given["desc"])
    tables = [table(given[name]) for name in ("attestations", "models", "anchors")]
    epoch, result = (
        kernels.struct("AIVMEpochState", given["epoch"]),
        kernels.struct("AIVMTransitionResult"),
    )
    applied = []
    for (function, op), name, slots in zip(
        APPLY.values(), ("attestation", "model", "anchor"), tables, strict=True
    ):
        code, count = function(desc, kernels.structs(op, given[f"{name}_ops"]), slots, backend)
        assert code == 0
        applied.append(count)
    assert kernels.epoch_transition(desc, *tables, epoch, result, backend) == wanted["rc"]
    assert applied == [wanted[f"{name}_applied"] for name in ("attestation", "model", "anchor")]
    assert [digest(slots) for slots in tables] == [
        wanted[f"{name}_keccak256"] for name in ("attestations", "models", "anchors")
    ]
    assert epoch.tobytes() == kernels.struct("AIVMEpochState", wanted["epoch"]).tobytes()
    assert result.tobytes() == kernels.struct("AIVMTransitionResult", wanted["result"]).tobytes()


CHECKS = {"epoch_transition": check_epoch, "inference_step": check_inference,
          "proof_verify": check_proof,
          "full_round": check_round}  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kernel", sorted({case["kernel"] for case in CASES}))
def test_the_published_vectors_come_out_byte_for_byte(kernel, backend):
    cases = [case for case in CASES if case["kernel"] == kernel]
    assert cases
    for case in cases:
        if kernel in APPLY:
            check_apply(kernel, case["in"], case["out"], backend)
        else:
            CHECKS[kernel](case["in"], case["out"], backend)


def test_keccak_returns_the_published_digests():
    for case in VECTORS["keccak256"]:
        assert keccak256(bytes.fromhex(case["msg"])).hex() == case["digest"]


def test_the_types_have_the_published_sizes():
    assert {name: kind.itemsize for name, kind in kernels.DTYPES.items()} == VECTORS["sizes"]


def test_a_null_pointer_is_the_kernel_s_business_and_too_short_a_buffer_is_refused():
    desc = kernels.struct("AIVMRoundDescriptor", {"attestation_op_count": 2})
    slots = np.zeros(4, kernels.DTYPES["Attestation"])
    assert kernels.attestation_apply(None, None, None) == (1, 0)
    with pytest.raises(ValueError, match="operations: 2 are needed and 1 are there"):
        kernels.attestation_apply(desc, kernels.struct("AttestationOp"), slots)
    with pytest.raises(TypeError, match="table must be a contiguous writable buffer"):
        kernels.attestation_apply(desc, kernels.structs("AttestationOp", [{}, {}]), slots.tobytes())
    with pytest.raises(ValueError, match="no whole number of 144"):
        kernels.attestation_apply(desc, b"\0" * 100, slots)
    with pytest.raises(ValueError, match='no backend "opencl"'):
        kernels.attestation_apply(desc, kernels.structs("AttestationOp", [{}, {}]), slots, "opencl")
    with pytest.raises(KeyError, match="has no field 'owner'"):
        kernels.struct("ModelOp", {"owner": 1})
