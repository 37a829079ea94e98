// ForwardingKernels passes every call to its target, and only the target's answers come back.
#include "core/kernels/forwarding_kernels.h"

#include <gtest/gtest.h>

#include "core/testing/random_workload.h"

namespace aivm {
namespace {

// Fails every kernel in its own way.
class BrokenKernels final : public Kernels {
public:
    int attestation_apply(const abi::AIVMRoundDescriptor*, const abi::AttestationOp*,
                          abi::Attestation*, std::uint32_t*, std::uint32_t) override {
        return 11;
    }
    int provenance_apply(const abi::AIVMRoundDescriptor*, const abi::ModelOp*,
                         abi::ModelRegistryEntry*, std::uint32_t*, std::uint32_t) override {
        return 12;
    }
    int anchor_apply(const abi::AIVMRoundDescriptor*, const abi::AnchorOp*, abi::AuditAnchor*,
                     std::uint32_t*, std::uint32_t) override {
        return 13;
    }
    int epoch_transition(const abi::AIVMRoundDescriptor*, const EpochTables&, abi::AIVMEpochState*,
                         abi::AIVMTransitionResult*) override {
        return 14;
    }
    int inference_step(const InferenceBatch&) override { return 15; }
    int proof_verify(const abi::ProofVerifyOp*, abi::ProofVerifyResult*, std::uint32_t) override {
        return 16;
    }
    [[nodiscard]] bool wants_whole_tables() const override { return true; }
};

TEST(ForwardingKernels, GiveTheBytesOfTheirTarget) {
    CpuKernels cpu;
    ForwardingKernels forwarding(cpu);
    workload::Random random(7);
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(workload::first_difference(cpu, forwarding, random, 20), "");
    EXPECT_EQ(&forwarding.hasher(), &cpu.hasher());
    EXPECT_FALSE(forwarding.wants_whole_tables());
}

TEST(ForwardingKernels, ReturnTheErrorsOfTheirTarget) {
    BrokenKernels broken;
    ForwardingKernels forwarding(broken);
    EXPECT_EQ(forwarding.attestation_apply(nullptr, nullptr, nullptr, nullptr, 0), 11);
    EXPECT_EQ(forwarding.provenance_apply(nullptr, nullptr, nullptr, nullptr, 0), 12);
    EXPECT_EQ(forwarding.anchor_apply(nullptr, nullptr, nullptr, nullptr, 0), 13);
    EXPECT_EQ(forwarding.epoch_transition(nullptr, {}, nullptr, nullptr), 14);
    EXPECT_EQ(forwarding.inference_step({}), 15);
    EXPECT_EQ(forwarding.proof_verify(nullptr, nullptr, 0), 16);
    EXPECT_TRUE(forwarding.wants_whole_tables());
}

}  // namespace
}  // namespace aivm
