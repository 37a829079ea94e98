// A backend that is wrong in one kernel at a time, and K1 and K2.
#include "sim/invariants/checked_kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_chain.h"
#include "core/verification/reexecution.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

enum class Broken { kNone, kAttestation, kProvenance, kAnchor, kEpoch, kInference, kProof };

class BrokenBackend final : public Kernels {
public:
    Broken broken = Broken::kNone;
    bool overruns = false;  // it changes the byte behind an output of that kernel, and no other

    int attestation_apply(const abi::AIVMRoundDescriptor* desc, const abi::AttestationOp* ops,
                          abi::Attestation* table, std::uint32_t* applied,
                          std::uint32_t slot_count) override {
        const int code = right_.attestation_apply(desc, ops, table, applied, slot_count);
        if (breaks(Broken::kAttestation, table, slot_count)) flip(table);
        return code;
    }
    int provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                         abi::ModelRegistryEntry* table, std::uint32_t* applied,
                         std::uint32_t slot_count) override {
        const int code = right_.provenance_apply(desc, ops, table, applied, slot_count);
        if (breaks(Broken::kProvenance, table, slot_count)) ++*applied;
        return code;
    }
    int anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                     abi::AuditAnchor* table, std::uint32_t* applied,
                     std::uint32_t slot_count) override {
        const int code = right_.anchor_apply(desc, ops, table, applied, slot_count);
        return breaks(Broken::kAnchor, table, slot_count) ? code + 1 : code;
    }
    int epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                         abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) override {
        const int code = right_.epoch_transition(desc, tables, epoch, result);
        if (breaks(Broken::kEpoch, result, 1)) flip(result);
        return code;
    }
    int inference_step(const InferenceBatch& batch) override {
        const int code = right_.inference_step(batch);
        if (breaks(Broken::kInference, batch.outputs, batch.op_count)) flip(batch.outputs);
        return code;
    }
    int proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                     std::uint32_t count) override {
        const int code = right_.proof_verify(ops, results, count);
        if (breaks(Broken::kProof, results, count)) flip(results);
        return code;
    }

private:
    // Whether to compute something wrong; an overrun is made here.
    template <class T>
    [[nodiscard]] bool breaks(Broken kernel, T* output, std::size_t count) const {
        if (broken != kernel) return false;
        if (overruns) flip(output + count);
        return !overruns;
    }
    template <class T>
    static void flip(T* first) {
        reinterpret_cast<std::uint8_t*>(first)[0] ^= 1;
    }
    CpuKernels right_;
};

// Calls every kernel once through the comparison.
void call_all(CheckedKernels& kernels) {
    const abi::AIVMRoundDescriptor desc{};
    std::uint32_t applied = 0;
    abi::Attestation attestations[4]{};
    abi::ModelRegistryEntry models[4]{};
    abi::AuditAnchor anchors[4]{};
    abi::AIVMEpochState epoch{};
    abi::AIVMTransitionResult result{};
    kernels.attestation_apply(&desc, nullptr, attestations, &applied, 4);
    kernels.provenance_apply(&desc, nullptr, models, &applied, 4);
    kernels.anchor_apply(&desc, nullptr, anchors, &applied, 4);
    kernels.epoch_transition(&desc, {attestations, models, anchors, 4, 4, 4}, &epoch, &result);
    static_cast<void>(run_model(kernels, aivm::test::small_model("m"), 0));
    const abi::ProofVerifyOp proof{};
    abi::ProofVerifyResult verdict{};
    kernels.proof_verify(&proof, &verdict, 1);
}

std::vector<std::string> differences(Broken broken, bool overruns = false) {
    BrokenBackend backend;
    backend.broken = broken;
    backend.overruns = overruns;
    std::vector<std::string> out;
    CheckedKernels kernels(backend, [&](std::string_view invariant, const std::string& text) {
        out.push_back(std::string(invariant) + " " + text);
    });
    call_all(kernels);
    EXPECT_EQ(kernels.comparisons(), 6U);
    EXPECT_EQ(kernels.border_checks(), 6U);
    return out;
}

TEST(CheckedKernels, ABackendThatIsRightIsComparedAndNothingIsSaid) {
    EXPECT_THAT(differences(Broken::kNone), IsEmpty());
}

TEST(CheckedKernels, EachKernelThatComputesOtherBytesIsNamed) {
    const auto names = [](const char* kernel) {
        return ElementsAre("K1 " + std::string(kernel) +
                           " gave other bytes than the canonical kernel");
    };
    EXPECT_THAT(differences(Broken::kAttestation), names("attestation_apply"));
    EXPECT_THAT(differences(Broken::kProvenance), names("provenance_apply"));
    EXPECT_THAT(differences(Broken::kAnchor), names("anchor_apply"));
    EXPECT_THAT(differences(Broken::kEpoch), names("epoch_transition"));
    EXPECT_THAT(differences(Broken::kInference), names("inference_step"));
    EXPECT_THAT(differences(Broken::kProof), names("proof_verify"));
}

TEST(CheckedKernels, AByteWrittenBehindAnOutputIsNamedAndViolatesK2) {
    const auto names = [](const char* kernel) {
        return ElementsAre("K2 " + std::string(kernel) + " wrote outside its output");
    };
    EXPECT_THAT(differences(Broken::kAttestation, true), names("attestation_apply"));
    EXPECT_THAT(differences(Broken::kProvenance, true), names("provenance_apply"));
    EXPECT_THAT(differences(Broken::kAnchor, true), names("anchor_apply"));
    EXPECT_THAT(differences(Broken::kEpoch, true), names("epoch_transition"));
    EXPECT_THAT(differences(Broken::kInference, true), names("inference_step"));
    EXPECT_THAT(differences(Broken::kProof, true), names("proof_verify"));
}

TEST(CheckedKernels, OfAShareOfTheCallsEachIsComparedWithSomeSeed) {
    std::vector<std::string> out;
    for (const std::uint64_t seed : {6U, 7U, 8U, 9U, 10U, 11U}) {
        BrokenBackend backend;
        backend.broken = Broken::kInference;  // the fifth call
        CheckedKernels kernels(
            backend,
            [&](std::string_view invariant, const std::string&) {
                out.push_back(std::string(invariant) + " with seed " + std::to_string(seed));
            },
            {.one_in = 6, .first = seed});
        call_all(kernels);
        EXPECT_EQ(kernels.comparisons(), 1U);
    }
    EXPECT_THAT(out, ElementsAre("K1 with seed 10"));
}

TEST(CheckedKernels, WhatIsReportedToItBecomesAViolationOfK1) {
    Watched seen;
    BrokenBackend backend;
    backend.broken = Broken::kInference;
    CheckedKernels kernels(backend, [&](std::string_view invariant, const std::string& text) {
        seen.of(invariant).on_reported(text);
    });
    static_cast<void>(run_model(kernels, aivm::test::small_model("m"), 0));
    EXPECT_THAT(seen.reported(),
                ElementsAre("K1 inference_step gave other bytes than the canonical kernel"));
}

TEST(InvariantRegistry, OneIsFoundByItsIdAlone) {
    ASSERT_TRUE(invariant_info("S1").has_value());
    EXPECT_EQ(invariant_info("S1")->name, "agreement");
    EXPECT_FALSE(invariant_info("agreement").has_value());
}

TEST(InvariantRegistry, EveryInvariantOfThisVersionIsOnOnce) {
    std::vector<std::string> ids;
    for (const InvariantInfo& info : invariant_infos()) {
        ids.emplace_back(info.id);
        EXPECT_FALSE(info.name.empty());
        EXPECT_FALSE(info.meaning.empty());
        EXPECT_TRUE(info.reason.ends_with(".")) << info.id << " says no reason in a sentence";
        EXPECT_NE(info.reason, info.meaning);
    }
    EXPECT_THAT(ids, ::testing::UnorderedElementsAre(
                         "E1", "E2", "E3", "E4", "E6", "E7", "E8", "E8b", "E9", "E10", "E11", "E12",
                         "E13", "E14", "E15", "E16", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8",
                         "S9", "S10", "S11", "S12", "S13", "S14", "S15", "S16", "S17", "S18", "S19",
                         "S20", "S21", "S22", "S23", "S24", "S26", "S27", "L1", "L2", "L3", "L4",
                         "L5", "L6", "L7", "L8", "L9", "K1", "K2", "M1", "M2", "R1", "R2", "R3"));
}

}  // namespace
}  // namespace aivm::sim::test
