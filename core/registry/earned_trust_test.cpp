// Trust earned by answers: how it grows, decays and is lost.
#include "core/registry/earned_trust.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/testing/test_chain.h"
#include "core/testing/test_evidence.h"

namespace aivm::test {
namespace {

Policy earning(std::uint32_t points, std::uint64_t decay) {
    Policy policy;
    policy.trust_from_history = points;
    policy.trust_decay_blocks = decay;
    return policy;
}

TEST(EarnedTrust, AnAnswerEarnsPointsThatAreLostOneByOne) {
    const Policy policy = earning(3, 10);
    Provider provider;
    EXPECT_EQ(earned_points(policy, provider, 0), 0U);
    earn_trust(policy, provider, 100);
    EXPECT_EQ(earned_points(policy, provider, 100), 3U);
    EXPECT_EQ(earned_points(policy, provider, 109), 3U);
    EXPECT_EQ(earned_points(policy, provider, 110), 2U);
    EXPECT_EQ(earned_points(policy, provider, 129), 1U);
    EXPECT_EQ(earned_points(policy, provider, 130), 0U);
}

TEST(EarnedTrust, AnswersFasterThanTheDecayAddUpToAHundredPoints) {
    const Policy policy = earning(3, 10);
    Provider fast;
    Provider slow;
    for (Height at = 0; at < 2000; at += 29) earn_trust(policy, fast, at);
    for (Height at = 0; at < 2000; at += 31) earn_trust(policy, slow, at);
    EXPECT_GT(earned_points(policy, fast, 1972), 5U);
    EXPECT_LE(earned_points(policy, slow, 1984), 3U);
    for (int i = 0; i < 50; ++i) earn_trust(policy, fast, 2000);
    EXPECT_EQ(earned_points(policy, fast, 2000), kTrustPointsMax);
    EXPECT_EQ(earned_points(policy, fast, 2010), kTrustPointsMax - 1);
}

TEST(EarnedTrust, WithoutThePolicyNothingIsEarned) {
    Provider provider;
    earn_trust(Policy(), provider, 100);
    EXPECT_EQ(provider.earned_until, 0U);
}

TEST(EarnedTrust, EvidenceAndHistoryTogetherAreAHundredPointsAtMost) {
    VmParameters parameters;
    parameters.policy = earning(60, 10);
    Provider provider;
    provider.trust_score = 70;
    provider.attested_at_ns = 1'000;
    const TrustMoment now{50, 2'000};
    EXPECT_EQ(trust_of(parameters, provider, now), 70U);
    earn_trust(parameters.policy, provider, 50);
    EXPECT_EQ(trust_of(parameters, provider, now), kTrustPointsMax);
    provider.trust_lost = true;
    EXPECT_EQ(trust_of(parameters, provider, now), 60U);
}

// A chain whose minimum score lies above what the provider's machine is worth.
class EarnedTrustChain : public ::testing::Test {
protected:
    static TestOptions options() {
        TestOptions options;
        options.parameters.policy.trust_from_history = 20;
        options.parameters.policy.trust_decay_blocks = 50;
        options.parameters.config.verification_mode = VerificationMode::kTee;
        options.parameters.config.min_trust_score = 100;
        options.parameters.config.attestation_timeout_ns = 1'000'000'000'000;
        options.names = {"alice", "bob", "p-1"};
        return options;
    }
    EarnedTrustChain() {
        GpuEvidence modest = hardware_evidence();
        modest.cc_enabled = false;
        modest.timestamp_ns = chain.state().head.timestamp_ns + kBlockNs;
        op::RegisterProvider joins = registration("p-1", lux(1000));
        joins.evidence = encode_evidence(signed_evidence(modest, "p-1"));
        chain.block({chain.by("p-1", joins)});
        score = chain.provider("p-1").trust_score;
    }
    void assign(std::string_view job) {
        op::SubmitTask task = submission(job);
        task.mode = VerificationMode::kTee;
        chain.block({chain.by("alice", task)});
        chain.advance(kDrawDelayBlocks);
    }
    [[nodiscard]] std::uint32_t trust() const {
        return trust_of(chain.rules().parameters, chain.provider("p-1"),
                        {chain.height(), chain.state().head.timestamp_ns});
    }

    TestChain chain{options()};
    std::uint32_t score = 0;
};

TEST_F(EarnedTrustChain, AFinalAnswerRaisesTheScoreUntilTheNextIsUsableAtOnce) {
    ASSERT_GE(score + 20, kTrustPointsMax);
    assign("first");
    chain.post("first", chain.truth("first"));
    EXPECT_EQ(chain.task("first").usable_at, 0U) << "the machine alone is not enough";
    EXPECT_EQ(trust(), score) << "it is not final yet";
    chain.advance(6);
    ASSERT_EQ(chain.task("first").status, TaskStatus::kCompleted);
    EXPECT_EQ(trust(), kTrustPointsMax);
    assign("second");
    chain.post("second", chain.truth("second"));
    EXPECT_EQ(chain.task("second").usable_at, chain.height());
}

TEST_F(EarnedTrustChain, AProvenLieTakesAllThatWasEarned) {
    assign("first");
    chain.post("first", chain.truth("first"));
    chain.advance(6);
    assign("second");
    chain.post("second", chain.lie("second"));
    EXPECT_NE(chain.task("second").usable_at, 0U);
    const Answer truth = chain.truth("second");
    chain.block({chain.by("bob", hidden_challenge("second", "bob", truth))});
    chain.block({chain.by("bob", opening("second", "bob", truth))});
    chain.block();
    EXPECT_EQ(chain.provider("p-1").earned_until, 0U);
    EXPECT_EQ(trust(), 0U) << "and its evidence counts no more";
}

}  // namespace
}  // namespace aivm::test
