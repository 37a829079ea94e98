// The parameters with which a chain may be created.
#include <gtest/gtest.h>

#include <limits>

#include "core/config/check_parameters.h"
#include "core/config/limits.h"
#include "core/config/parameter_record.h"
#include "core/testing/test_chain.h"

namespace aivm {
namespace {

// The message with which the changed default parameters are refused; empty if they are accepted.
template <class Change>
std::string refusal(Change&& change) {
    VmParameters parameters;
    change(parameters);
    const Status status = check_parameters(parameters);
    if (status) return "";
    EXPECT_EQ(status.error().code, ErrorCode::kConfig);
    return status.error().context;
}

TEST(Parameters, BothDefaultConfigurationsAreValid) {
    EXPECT_EQ(refusal([](VmParameters&) {}), "");
    EXPECT_EQ(refusal([](VmParameters& p) { p.config = default_permissioned_config(); }), "");
}

TEST(Parameters, TheQuorumMustBeAStrictMajority) {
    EXPECT_EQ(refusal([](VmParameters& p) { p.config.redundancy_factor = 2; }),
              "2 of 5 is not a strict majority; set redundancyFactor from 3 to 5");
    EXPECT_NE(refusal([](VmParameters& p) { p.policy.redundancy_providers = 6; }), "");
    EXPECT_NE(refusal([](VmParameters& p) { p.config.redundancy_factor = 6; }), "");
    EXPECT_EQ(refusal([](VmParameters& p) {
                  p.config.redundancy_factor = p.policy.redundancy_providers = 1;
              }),
              "");
    EXPECT_NE(refusal([](VmParameters& p) {
                  p.config.redundancy_factor = p.policy.redundancy_providers = 33;
              }),
              "");
}

// D28: deadlines are added without overflow check.
TEST(Parameters, D28NoWindowIsLongEnoughToMakeADeadlineWrap) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    EXPECT_NE(refusal([](VmParameters& p) { p.policy.commit_window_blocks = kMost; }), "");
    EXPECT_NE(refusal([](VmParameters& p) { p.policy.reveal_window_blocks = kMost - 30; }), "");
    EXPECT_NE(refusal([](VmParameters& p) { p.config.challenge_window_blocks = kMost; }), "");
    EXPECT_NE(refusal([](VmParameters& p) { p.policy.dispute_move_blocks = kMost; }), "");
    EXPECT_NE(refusal([](VmParameters& p) { p.config.task_timeout_ns = kMost; }), "");
    static_assert(8 * kWindowBlocksMax < kMost / 2, "heights and windows add up without a check");
}

TEST(Parameters, SharesOfOneSlashAddUpToAtMostAllOfIt) {
    EXPECT_EQ(refusal([](VmParameters& p) { p.policy.challenger_share_bps = 9000; }), "");
    EXPECT_NE(refusal([](VmParameters& p) { p.policy.challenger_share_bps = 9001; }), "");
    EXPECT_NE(refusal([](VmParameters& p) { p.policy.slash_bps = 10'001; }), "");
}

TEST(Parameters, AZeroThatWouldStopTheChainIsRefusedByName) {
    EXPECT_EQ(refusal([](VmParameters& p) { p.config.merkle_anchor_freq = 0; }),
              "merkleAnchorFreq is 0; it must be 1 to 4294967295");
    EXPECT_NE(refusal([](VmParameters& p) { p.config.max_tasks_per_provider = 0; }), "");
    EXPECT_NE(refusal([](VmParameters& p) { p.policy.trust_decay_blocks = 0; }), "");
    EXPECT_NE(refusal([](VmParameters& p) { p.policy.fee_floor = Amount(); }), "");
    EXPECT_NE(refusal([](VmParameters& p) { p.config.host_chain_id.clear(); }), "");
}

// A longer one was stored with the parameters, and the store could not be opened again.
TEST(Parameters, AHostChainsIdIsNoLongerThanAStoreCanKeep) {
    const auto of_bytes = [](std::size_t bytes) {
        return refusal([bytes](VmParameters& p) { p.config.host_chain_id.assign(bytes, 'x'); });
    };
    EXPECT_EQ(of_bytes(256), "");
    EXPECT_EQ(of_bytes(257), "hostChainID has 257 bytes; it may have 256");
    VmParameters longest;
    longest.config.host_chain_id.assign(256, 'x');
    const Address nobody;
    EXPECT_TRUE(check_same_parameters(parameter_record(longest, nobody), longest, nobody));
}

TEST(Parameters, TheLeastFeeIsAnAmountHoweverFullTheQueueIs) {
    static constexpr Amount kGreatest(~std::uint64_t{0} >> 16);
    EXPECT_EQ(refusal([](VmParameters& p) { p.policy.fee_floor = kGreatest; }), "");
    EXPECT_NE(refusal([](VmParameters& p) { p.policy.fee_floor = kGreatest + Amount(1); }), "");
    const auto with_lock_fee = [](VmParameters& p) {
        p.policy.fee_floor = kGreatest;
        p.policy.lock_fee_bps = 1;
    };
    EXPECT_EQ(refusal(with_lock_fee),
              "the least fee of a task doubles 16 times while the queue fills, to more than an "
              "amount can be; set fee_floor to at most 281474976710503 nLUX");
}

// F23: a chain was made with parameters under which a wrong answer costs nothing.
TEST(Parameters, F23ZeroProtectionIsRefused) {
    EXPECT_EQ(refusal([](VmParameters& p) { p.config.min_provider_bond = Amount(); }),
              "a result would be backed by no bond at all; set minProviderBond and result_bond "
              "above 0 LUX");
    // A result locks the minimum bond divided by maxTasksPerProvider, rounded down.
    EXPECT_NE(refusal([](VmParameters& p) { p.config.min_provider_bond = Amount(9); }), "");
    const auto without_window = [](VerificationMode mode) {
        return refusal([&](VmParameters& p) {
            p.config.verification_mode = mode;
            p.config.challenge_window_blocks = 0;
        });
    };
    EXPECT_EQ(
        without_window(VerificationMode::kOptimistic),
        "without a window no result could ever be challenged; set challengeWindowBlocks to at "
        "least 1, or verificationMode to \"redundant\" (1)");
    EXPECT_NE(without_window(VerificationMode::kTee), "");
    EXPECT_EQ(without_window(VerificationMode::kRedundant), "");
    // Silence would cost a provider nothing but the moment.
    EXPECT_EQ(refusal([](VmParameters& p) { p.config.task_timeout_ns = 0; }),
              "taskTimeout is 0; it must be 1 to 3155760000000000000");
}

TEST(Parameters, AResultBondMustFitIntoTheMinimumBond) {
    EXPECT_EQ(refusal([](VmParameters& p) { p.policy.result_bond = lux(1000); }), "");
    EXPECT_NE(refusal([](VmParameters& p) { p.policy.result_bond = lux(1001); }), "");
}

TEST(Parameters, AChainIsNotMadeWithBadOnes) {
    test::TestOptions options;
    options.parameters.config.redundancy_factor = 1;
    EXPECT_THROW(test::TestChain chain(options), test::TestFailure);
}

}  // namespace
}  // namespace aivm
