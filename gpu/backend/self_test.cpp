#include "gpu/backend/self_test.h"

#include <fmt/format.h>
#include <cstring>
#include <vector>

#include "core/kernels/kernels.h"

namespace aivm::gpu {
namespace {

constexpr std::uint32_t kSlots = 16;
constexpr std::uint32_t kOps = 40;  // more keys than slots: the tables fill up

// Bytes that repeat with the seed, so that keys return and collide.
template <class T>
T patterned(std::uint32_t seed) {
    T value{};
    auto* bytes = reinterpret_cast<std::uint8_t*>(&value);
    for (std::size_t i = 0; i < sizeof value; ++i)
        bytes[i] = static_cast<std::uint8_t>(seed * 37 + i * 11 + i / 7 + 1);
    return value;
}

// 24 keys, all of them in the buckets of three.
void set_key(std::uint8_t (&key)[32], std::uint32_t i) {
    std::memset(key, 0, sizeof key);
    key[0] = static_cast<std::uint8_t>(i % 3);
    key[31] = static_cast<std::uint8_t>(1 + i % 24);
}

abi::AIVMRoundDescriptor a_round() {
    auto round = patterned<abi::AIVMRoundDescriptor>(1);
    round.timestamp_ns = 500;
    round.epoch = 7;
    round.attestation_op_count = round.model_op_count = round.anchor_op_count = kOps;
    round.closing_flag = 1;
    return round;
}

// The buffers of all six kernels.
struct Buffers {
    std::vector<abi::Attestation> attestations{kSlots};
    std::vector<abi::ModelRegistryEntry> models{kSlots};
    std::vector<abi::AuditAnchor> anchors{kSlots};
    abi::AIVMEpochState epoch = patterned<abi::AIVMEpochState>(2);
    abi::AIVMTransitionResult transition = patterned<abi::AIVMTransitionResult>(3);
    std::vector<std::uint8_t> outputs = std::vector<std::uint8_t>(kOps, 0xEE);
    std::vector<abi::InferenceResult> inferences{kOps};
    std::vector<abi::ProofVerifyResult> proofs{kOps};
    std::uint32_t applied[3] = {};

    Buffers() {
        // Damaged on purpose: a key behind a free slot, and flags other than 1.
        attestations[5] = patterned<abi::Attestation>(4);
        set_key(attestations[5].tee_quote_digest, 2);
        attestations[5].occupied = 9;
        models[9] = patterned<abi::ModelRegistryEntry>(5);
        set_key(models[9].model_root, 1);
        models[9].version = ~std::uint64_t{0} - 1;
        anchors[3] = patterned<abi::AuditAnchor>(6);
    }
};

struct Inputs {
    abi::AIVMRoundDescriptor round = a_round();
    std::vector<abi::AttestationOp> attestation_ops;
    std::vector<abi::ModelOp> model_ops;
    std::vector<abi::AnchorOp> anchor_ops;
    abi::InferenceWeights weights = patterned<abi::InferenceWeights>(7);
    std::vector<abi::InferenceOp> inference_ops;
    std::vector<std::uint8_t> inference_inputs;
    std::vector<abi::ProofVerifyOp> proof_ops;

    Inputs() {
        weights.shift1 = 9;
        weights.shift2 = 3;
        for (std::uint32_t i = 0; i < kOps; ++i) add(i);
        for (std::uint32_t i = 0; i < 32 * kOps; ++i)
            inference_inputs.push_back(static_cast<std::uint8_t>(i * 29 + i / 32));
    }

private:
    void add(std::uint32_t i) {
        auto attestation = patterned<abi::AttestationOp>(i);
        set_key(attestation.tee_quote_digest, i * 5);
        attestation.expiry_ns = i % 4 * 250;
        attestation_ops.push_back(attestation);

        auto model = patterned<abi::ModelOp>(i + 50);
        set_key(model.model_root, i % 7 == 0 ? 1 : i);
        model.kind = i % 3 == 0 ? abi::kRegister : i % 5;
        model_ops.push_back(model);

        auto anchor = patterned<abi::AnchorOp>(i);
        anchor.height = i;
        if (!anchor_ops.empty() && i % 6 != 0)
            std::memcpy(anchor.parent_root, anchor_ops.back().commit_root, 32);
        anchor_ops.push_back(anchor);

        auto inference = patterned<abi::InferenceOp>(i);
        std::memcpy(inference.model_hash, weights.model_hash, 32);
        inference.mode = i % 2;
        inference.input_offset = 31 * i;
        inference.input_len = i == 11 ? 31 : 32;
        inference.output_offset = i / 2;
        inference_ops.push_back(inference);

        auto proof = patterned<abi::ProofVerifyOp>(i);
        if (i % 5 == 1) std::memset(proof.signature, 0, sizeof proof.signature);
        proof.expiry_ns = i % 3 * 100;
        proof.timestamp_ns = 150;
        proof_ops.push_back(proof);
    }
};

// All output buffers, as bytes.
using Bytes = std::vector<std::uint8_t>;

template <class T>
void append(Bytes& to, const T* values, std::size_t count) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(values);
    to.insert(to.end(), bytes, bytes + count * sizeof(T));
}

Bytes outputs_of(const Buffers& buffers) {
    Bytes all;
    append(all, buffers.attestations.data(), kSlots);
    append(all, buffers.models.data(), kSlots);
    append(all, buffers.anchors.data(), kSlots);
    append(all, &buffers.epoch, 1);
    append(all, &buffers.transition, 1);
    append(all, buffers.outputs.data(), kOps);
    append(all, buffers.inferences.data(), kOps);
    append(all, buffers.proofs.data(), kOps);
    append(all, buffers.applied, 3);
    return all;
}

EpochTables tables_of(Buffers& buffers) {
    return {buffers.attestations.data(),
            buffers.models.data(),
            buffers.anchors.data(),
            kSlots,
            kSlots,
            kSlots};
}

// Runs one kernel on both sides; each works on its own buffers.
class Comparison {
public:
    template <class Launch, class Canonical>
    void compare(const char* kernel, Launch launch, Canonical canonical) {
        if (!status) return;
        canonical(expected);
        const int code = launch(actual);
        if (code != abi::kOk) {
            status = fail(ErrorCode::kGpuNotAvailable,
                          fmt::format("failed its self-test in {} with code {}", kernel, code));
        } else if (outputs_of(expected) != outputs_of(actual)) {
            status = fail(ErrorCode::kGpuNotAvailable,
                          fmt::format("returned wrong bytes in its self-test of {}", kernel));
        }
    }

    Buffers expected, actual;
    Status status;
};

void compare_registries(Comparison& comparison, const Launchers& gpu, const Inputs& in) {
    CpuKernels cpu;
    comparison.compare(
        "attestation_apply",
        [&](Buffers& b) {
            return gpu.attestation_apply(&in.round, in.attestation_ops.data(),
                                         b.attestations.data(), &b.applied[0], kSlots, nullptr);
        },
        [&](Buffers& b) {
            cpu.attestation_apply(&in.round, in.attestation_ops.data(), b.attestations.data(),
                                  &b.applied[0], kSlots);
        });
    comparison.compare(
        "provenance_apply",
        [&](Buffers& b) {
            return gpu.provenance_apply(&in.round, in.model_ops.data(), b.models.data(),
                                        &b.applied[1], kSlots, nullptr);
        },
        [&](Buffers& b) {
            cpu.provenance_apply(&in.round, in.model_ops.data(), b.models.data(), &b.applied[1],
                                 kSlots);
        });
    comparison.compare(
        "anchor_apply",
        [&](Buffers& b) {
            return gpu.anchor_apply(&in.round, in.anchor_ops.data(), b.anchors.data(),
                                    &b.applied[2], kSlots, nullptr);
        },
        [&](Buffers& b) {
            cpu.anchor_apply(&in.round, in.anchor_ops.data(), b.anchors.data(), &b.applied[2],
                             kSlots);
        });
}

void compare_hashing(Comparison& comparison, const Launchers& gpu, const Inputs& in) {
    CpuKernels cpu;
    comparison.compare(
        "epoch_transition",
        [&](Buffers& b) {
            return gpu.epoch_transition(&in.round, b.attestations.data(), b.models.data(),
                                        b.anchors.data(), &b.epoch, &b.transition, kSlots, kSlots,
                                        kSlots, nullptr);
        },
        [&](Buffers& b) {
            cpu.epoch_transition(&in.round, tables_of(b), &b.epoch, &b.transition);
        });
    comparison.compare(
        "inference_step",
        [&](Buffers& b) {
            return gpu.inference_step(&in.weights, in.inference_ops.data(),
                                      in.inference_inputs.data(), b.outputs.data(),
                                      b.inferences.data(), kOps, nullptr);
        },
        [&](Buffers& b) {
            cpu.inference_step({&in.weights, in.inference_ops.data(), in.inference_inputs.data(),
                                b.outputs.data(), b.inferences.data(), kOps});
        });
    comparison.compare(
        "proof_verify",
        [&](Buffers& b) {
            return gpu.proof_verify(in.proof_ops.data(), b.proofs.data(), kOps, nullptr);
        },
        [&](Buffers& b) { cpu.proof_verify(in.proof_ops.data(), b.proofs.data(), kOps); });
}

}  // namespace

Status self_test(const Launchers& launchers) {
    const Inputs inputs;
    Comparison comparison;
    compare_registries(comparison, launchers, inputs);
    compare_hashing(comparison, launchers, inputs);
    return comparison.status;
}

}  // namespace aivm::gpu
