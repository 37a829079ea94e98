// Parameters: what a chain may be made with.
#include <gtest/gtest.h>

#include <limits>

#include "core/config/limits.h"
#include "core/testing/test_chain.h"

namespace aivm {
namespace {

// The message with which the changed default parameters are refused; empty when they are taken.
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
    EXPECT_EQ(
        refusal([](VmParameters& p) { p.config.redundancy_factor = 2; }),
        "redundancyFactor 2 is no strict majority of redundancy_providers 5; it must be 3 to 5");
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
    EXPECT_NE(refusal([](VmParameters& p) { p.policy.max_assignments = 0; }), "");
    EXPECT_NE(refusal([](VmParameters& p) { p.policy.fee_floor = Amount(); }), "");
    EXPECT_NE(refusal([](VmParameters& p) { p.config.host_chain_id.clear(); }), "");
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
