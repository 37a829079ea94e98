// The TEE mode: what attestation buys, and what it does not.
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/testing/test_chain.h"
#include "core/testing/test_evidence.h"
#include "core/verification/tee.h"

namespace aivm::test {
namespace {

TestOptions tee_options() {
    TestOptions options;
    options.parameters.config.verification_mode = VerificationMode::kTee;
    options.names = {"alice", "bob", "p-1"};
    return options;
}

op::SubmitTask tee_task(std::string_view job) {
    op::SubmitTask task = submission(job);
    task.mode = VerificationMode::kTee;
    return task;
}

// A chain with one provider whose evidence is of the next block's time, and a job assigned to it.
struct TeeWorld {
    explicit TeeWorld(std::optional<GpuEvidence> evidence, TestOptions options = tee_options())
        : chain(options) {
        op::RegisterProvider registration_of = registration("p-1", lux(1000));
        if (evidence) {
            evidence->timestamp_ns = chain.state().head.timestamp_ns + kBlockNs;
            registration_of.evidence = encode_evidence(signed_evidence(*evidence, "p-1"));
        }
        chain.block({chain.by("p-1", registration_of)});
        chain.block({chain.by("alice", tee_task("job"))});
        chain.advance(kDrawDelayBlocks);
    }
    TestChain chain;
};

TEST(Tee, AResultWithFreshHardwareAttestationIsUsableInItsOwnBlockAndPaidAfterTheWindow) {
    TeeWorld world(hardware_evidence());
    const Amount bond = world.chain.provider("p-1").bond;
    world.chain.post("job", world.chain.truth("job"));
    const Task& task = world.chain.task("job");
    EXPECT_EQ(task.usable_at, world.chain.height());
    EXPECT_EQ(task.status, TaskStatus::kPosted);
    EXPECT_EQ(world.chain.provider("p-1").locked, lux(100));
    EXPECT_EQ(world.chain.last<event::UsableEarly>().size(), 1u);
    world.chain.advance(5);
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kPosted);
    world.chain.block();
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kCompleted);
    EXPECT_EQ(world.chain.provider("p-1").bond, bond);
}

TEST(Tee, AFraudProofStillSlashesWhatWasUsableEarly) {
    TeeWorld world(hardware_evidence());
    const Answer truth = world.chain.truth("job");
    world.chain.post("job", world.chain.lie("job"));
    EXPECT_NE(world.chain.task("job").usable_at, 0u);
    world.chain.block({world.chain.by("bob", hidden_challenge("job", "bob", truth))});
    world.chain.block({world.chain.by("bob", opening("job", "bob", truth))});
    world.chain.block();
    EXPECT_EQ(world.chain.provider("p-1").slashed_total, lux(100));
    EXPECT_EQ(world.chain.task("job").usable_at, 0u);
}

TEST(Tee, WithoutAttestationOrOnTheSoftwarePathAResultWaits) {
    TestOptions low = tee_options();
    low.parameters.config.min_trust_score = 10;
    for (const bool software : {false, true}) {
        TeeWorld world(software ? std::optional(software_evidence()) : std::nullopt, low);
        EXPECT_EQ(world.chain.provider("p-1").trust_score, software ? 60 : 0);
        world.chain.post("job", world.chain.truth("job"));
        EXPECT_EQ(world.chain.task("job").usable_at, 0u);
    }
}

TEST(Tee, AScoreBelowTheMinimumWaits) {
    TestOptions strict = tee_options();
    strict.parameters.config.min_trust_score = 100;
    GpuEvidence modest = hardware_evidence();
    modest.cc_enabled = false;
    TeeWorld world(modest, strict);
    world.chain.post("job", world.chain.truth("job"));
    EXPECT_EQ(world.chain.task("job").usable_at, 0u);
}

TEST(Tee, AttestationIsFreshUpToTheTimeoutAfterItWasMadeAndNoLonger) {
    constexpr TimestampNs kMadeAt = 1'000'000'000'000;
    const VmParameters parameters;
    Provider provider;
    provider.hardware_attested = true;
    provider.trust_score = 50;
    provider.attested_at_ns = kMadeAt;
    const auto is_fresh = [&](TimestampNs now_ns) {
        return is_freshly_attested(parameters, provider, {1, now_ns});
    };
    EXPECT_TRUE(is_fresh(kMadeAt));
    EXPECT_TRUE(is_fresh(kMadeAt + 30'000'000'000));
    EXPECT_FALSE(is_fresh(kMadeAt + 30'000'000'001));
    EXPECT_FALSE(is_fresh(kMadeAt - 1));
    provider.trust_score = 49;
    EXPECT_FALSE(is_fresh(kMadeAt));
}

TEST(Tee, AnAttestationInTheSameBlockMakesTheResultUsable) {
    TeeWorld world(std::nullopt);
    GpuEvidence fresh = hardware_evidence();
    fresh.timestamp_ns = world.chain.state().head.timestamp_ns;
    world.chain.block({world.chain.by("p-1", attestation("p-1", fresh)),
                       world.chain.by("p-1", result("job", "p-1", world.chain.truth("job")))});
    EXPECT_EQ(world.chain.task("job").usable_at, world.chain.height());
}

TEST(Tee, RequiringAttestationClosesRegistrationToOthers) {
    TestOptions options = tee_options();
    options.parameters.config.require_tee_attestation = true;
    options.parameters.config.min_trust_score = 90;
    TestChain chain(options);
    op::RegisterProvider joining = registration("p-1", lux(1000));
    const auto refused = [&](GpuEvidence evidence, ErrorCode code) {
        evidence.timestamp_ns = chain.state().head.timestamp_ns;
        joining.evidence = encode_evidence(signed_evidence(evidence, "p-1"));
        chain.expect_refused(chain.by("p-1", joining), code);
    };
    chain.expect_refused(chain.by("p-1", joining), ErrorCode::kTrustTooLow);
    refused(software_evidence(), ErrorCode::kTrustTooLow);
    GpuEvidence weak = hardware_evidence();
    weak.cc_enabled = false;
    refused(weak, ErrorCode::kTrustTooLow);
    GpuEvidence strong = hardware_evidence();
    strong.timestamp_ns = chain.state().head.timestamp_ns;
    joining.evidence = encode_evidence(signed_evidence(strong, "p-1"));
    chain.block({chain.by("p-1", joining)});
    EXPECT_TRUE(chain.provider("p-1").hardware_attested);
    EXPECT_EQ(chain.provider("p-1").trust_score, 100);
}

TEST(Tee, ASoftwareScoreAboveTheMinimumDoesNotOpenRegistrationThatRequiresAttestation) {
    TestOptions options = tee_options();
    options.parameters.config.require_tee_attestation = true;
    options.parameters.config.min_trust_score = 50;
    TestChain chain(options);
    op::RegisterProvider joining = registration("p-1", lux(1000));
    GpuEvidence evidence = software_evidence();
    evidence.timestamp_ns = chain.state().head.timestamp_ns;
    joining.evidence = encode_evidence(signed_evidence(evidence, "p-1"));
    chain.expect_refused(chain.by("p-1", joining), ErrorCode::kTrustTooLow);
}

}  // namespace
}  // namespace aivm::test
