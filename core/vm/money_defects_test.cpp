// Known money defects of similar systems, each shown to be absent here. Others are tested beside
// the rules that they concern: D02 D10 D11 D14 D28 D31 in block_rules_test, D12 to D21 in vm_test,
// D22 to D24 D34 D37 in bonds_test.
#include <gtest/gtest.h>

#include "core/base/merkle.h"
#include "core/config/limits.h"
#include "core/tasks/admission.h"
#include "core/testing/test_chain.h"
#include "core/verification/draw.h"

namespace aivm::test {
namespace {

void finish(TestChain& chain, const std::string& job) {
    chain.post(job, chain.truth(job));
    chain.advance(6);
}

// D08 an accepted job stays in the queue: built and accepted again.
TEST(MoneyDefects, D08AJobIsConsumedOnceByAnySenderAndForEver) {
    TestChain chain;
    chain.join("p-1");
    chain.assign("job");
    finish(chain, "job");
    chain.expect_refused(chain.by("alice", submission("job")), ErrorCode::kDuplicate);
    chain.expect_refused(chain.by("bob", submission("job")), ErrorCode::kDuplicate);
}

TEST(MoneyDefects, AnOperationCountsOnceAndAnOlderNonceNever) {
    TestChain chain(served());
    const OperationPtr old = chain.by_with_nonce("alice", 3, submission("a"));
    const OperationPtr fresh = chain.by_with_nonce("alice", 9, submission("b"));
    chain.block({fresh});
    chain.expect_refused(old, ErrorCode::kBadNonce);
    chain.expect_refused(fresh, ErrorCode::kBadNonce);
    chain.expect_refused(chain.by_with_nonce("alice", 9, submission("c")), ErrorCode::kBadNonce);
}

// F3: no sum of balances overflows, because there is never more money than the greatest supply.
TEST(MoneyDefects, F3AGenesisHasAtMostTheGreatestSupply) {
    TestOptions options;
    options.names = {"alice"};
    const Amount stakes = TestChain(options).totals().genesis - options.allocation;
    ASSERT_GT(stakes, Amount());
    options.allocation = kSupplyMax - stakes;
    EXPECT_EQ(TestChain(options).totals().genesis, kSupplyMax);
    options.providers = {"p"};  // its bond is money too
    EXPECT_THROW(TestChain chain(options), TestFailure);
    options.providers = {};
    options.allocation += Amount(1);
    EXPECT_THROW(TestChain chain(options), TestFailure);
}

// F3: the provider's statistic of all its rewards went beyond 2^64 in a settlement, which failed,
// and with it every later block.
TEST(MoneyDefects, F3TradingWithOneselfNeverStopsTheChain) {
    TestOptions options;
    options.names = {"alice"};
    options.allocation = lux(9'000'000'000);
    options.parameters.config.base_reward = lux(1'000'000'000);
    TestChain chain(options);
    op::RegisterProvider self = registration("alice", lux(1000));
    self.wallet = address_of("alice");
    chain.block({chain.by("alice", self)});
    for (int round = 0; round < 30; ++round) {
        const std::string job = "job-" + std::to_string(round);
        chain.assign(job, "alice", Amount(chain.balance("alice").nlux() - lux(1).nlux()));
        chain.post(job, chain.truth(job));
        chain.advance(options.parameters.config.challenge_window_blocks + 1);
        ASSERT_EQ(chain.task(job).status, TaskStatus::kCompleted);
        chain.block({chain.by("alice", claim("alice"))});
    }
    EXPECT_EQ(chain.provider("alice").rewards_total, Amount(~std::uint64_t{0}));
}

// D25 divergent answers cost nothing, garbage is cheaper than withholding: here in the optimistic
// mode.
TEST(MoneyDefects, D25AWrongAnswerThatIsChallengedCostsMoreThanSilence) {
    // Both providers start with the same bond; one posts a wrong answer and is challenged, the
    // other never answers.
    const auto bond_lost = [](const auto& misbehave) {
        TestChain chain;
        chain.join("p-1");
        chain.assign("job");
        const Amount bond = chain.provider("p-1").bond;
        misbehave(chain);
        chain.advance(2 * 8);
        return bond - chain.provider("p-1").bond;
    };
    const Amount lying = bond_lost([](TestChain& chain) {
        const Answer truth = chain.truth("job");
        chain.post("job", chain.lie("job"));
        chain.block({chain.by("bob", hidden_challenge("job", "bob", truth))});
        chain.block({chain.by("bob", opening("job", "bob", truth))});
    });
    const Amount silence = bond_lost([](TestChain&) {});
    EXPECT_GT(silence, Amount{});
    EXPECT_GT(lying, silence);
}

// D26 reward not bound into the intent's id: the fee is in the task's key, escrowed at once, and
// all that is ever paid.
TEST(MoneyDefects, D26WhatThePayerAgreedToIsBoundAndDebitedAtSubmission) {
    TestChain chain;
    chain.join("p-1");
    const Amount before = chain.balance("alice");
    chain.assign("job", "alice", lux(7));
    op::SubmitTask cheaper = submission("job", lux(6));
    EXPECT_EQ(chain.task("job").task_key,
              task_key(address_of("alice"), submission("job", lux(7)), 1));
    EXPECT_NE(chain.task("job").task_key, task_key(address_of("alice"), cheaper, 1));
    finish(chain, "job");
    EXPECT_EQ(chain.balance("alice"), before - lux(7));
    EXPECT_EQ(chain.provider("p-1").credit + chain.totals().burned, lux(7) + chain.totals().minted);
}

// D27 draw seeded by a value the requester chooses: the seed needs a beacon that does not exist at
// submission.
TEST(MoneyDefects, D27TheDrawDependsOnTheBeaconOfTwoBlocksLater) {
    TestChain chain;
    for (const std::string_view id : {"p-1", "p-2", "p-3"}) chain.join(id);
    chain.block({chain.by("alice", submission("job"))});
    const Height submitted = chain.height();
    chain.advance(1);
    EXPECT_EQ(chain.task("job").draw_at, submitted + 2);
    std::set<ProviderIndex> drawn;
    for (std::uint8_t i = 0; i < 60; ++i) {  // other beacons, other providers
        Hash32 beacon;
        beacon.bytes[0] = i;
        const auto point = big_endian_modulo(draw_seed(chain.task("job").task_key, beacon), 3);
        drawn.insert(ProviderIndex{static_cast<std::uint32_t>(point)});
    }
    EXPECT_EQ(drawn.size(), 3U);
    chain.advance(1);
    const Hash32 seed = draw_seed(chain.task("job").task_key, chain.state().head.beacon);
    EXPECT_EQ(chain.task("job").seats[0].provider.value, big_endian_modulo(seed, 3));
}

// D29 transfers read both balances, then write both: the same account on both sides makes money
// from nothing.
TEST(MoneyDefects, D29OneAccountInEveryRoleMovesNoMoneyButWhatBurns) {
    TestChain chain;
    op::RegisterProvider self = registration("self", lux(1000));
    self.wallet = address_of("bob");
    chain.block({chain.by("bob", self)});
    chain.assign("job", "bob", lux(2));
    chain.block({chain.by("bob", result("job", "self", chain.lie("job")))});
    const Answer truth = chain.truth("job");
    chain.block({chain.by("bob", hidden_challenge("job", "bob", truth))});
    chain.block({chain.by("bob", opening("job", "bob", truth))});
    chain.block();  // slashed: 40 returned as challenger, 10 as requester, 50 burned
    EXPECT_EQ(chain.balance("bob"), lux(10'000) - lux(1000) - lux(2) + lux(50));
    chain.advance(2);
    chain.block({chain.by("bob", result("job", "self", truth))});
    chain.advance(6);
    chain.block({chain.by("bob", claim("self")), chain.by("bob", leave("self"))});
    chain.advance(7);
    chain.block({chain.by("bob", withdrawal("self"))});
    // Everything is returned except the burned half of the slash; minting equals the burned fee.
    EXPECT_EQ(chain.balance("bob"), lux(10'000) - lux(50));
}

// D30 results accepted from anyone, in any state: theft, overwrite after completion.
TEST(MoneyDefects, D30NobodyPostsBeforeTheDrawForAnotherOrAfterTheEnd) {
    TestChain chain;
    chain.join("p-1");
    chain.block({chain.by("alice", submission("job"))});
    chain.expect_refused(chain.by("p-1", result("job", "p-1", 0)), ErrorCode::kWrongState);
    chain.advance(2);
    chain.expect_refused(chain.by("bob", result("job", "p-1", 0)), ErrorCode::kNotAuthorized);
    finish(chain, "job");
    const Task before = chain.task("job");
    chain.expect_refused(chain.by("p-1", result("job", "p-1", 9)), ErrorCode::kWrongState);
    chain.expect_refused(chain.by("bob", hidden_challenge("job", "bob", 9)),
                         ErrorCode::kWrongState);
    EXPECT_EQ(chain.task("job").provisional, before.provisional);
}

// D32 odd Merkle level duplicates its last node: two lists, one root.
TEST(MoneyDefects, D32AListAndTheListWithItsLastLeafTwiceHaveDifferentRoots) {
    std::vector<Hash32> leaves{salt_of("1"), salt_of("2"), salt_of("3")};
    const Hash32 three = merkle::root(leaves);
    leaves.push_back(leaves.back());
    EXPECT_NE(merkle::root(leaves), three);
}

// D36 challenge window read by no code: everything is final at once.
TEST(MoneyDefects, D36PaymentWaitsForTheConfiguredWindow) {
    for (const std::uint64_t window : {1U, 4U, 9U}) {
        TestOptions options;
        options.parameters.config.challenge_window_blocks = window;
        TestChain chain(options);
        chain.join("p-1");
        chain.assign("job");
        chain.post("job", chain.truth("job"));
        const Height posted = chain.height();
        chain.advance_to(posted + window);
        EXPECT_EQ(chain.task("job").status, TaskStatus::kPosted);
        EXPECT_TRUE(chain.provider("p-1").credit.is_zero());
        chain.block();
        EXPECT_EQ(chain.task("job").final_at, posted + window + 1);
    }
}

// D38 compute time is self-reported and pays up to three times.
TEST(MoneyDefects, D38TheReportedComputeTimePaysNothingUnlessAPolicyBelievesIt) {
    for (const bool believed : {false, true}) {
        TestOptions options;
        options.parameters.policy.reward_schedule = RewardSchedule::kTiered;
        options.parameters.policy.mint_cap = MintCap::kUncapped;
        options.parameters.policy.self_reported_compute = believed;
        TestChain chain(options);
        chain.join("p-1");
        chain.assign("job");
        op::SubmitResult boast = result("job", "p-1", chain.truth("job"));
        boast.compute_time_ms = 60'000;
        chain.block({chain.by("p-1", boast)});
        chain.advance(6);
        EXPECT_EQ(chain.totals().minted, believed ? lux(3) : lux(1));
    }
}

// D38b minted reward exceeds what a task burns: trading with oneself mints money.
TEST(MoneyDefects, D38bTradingWithOneselfEarnsNothing) {
    TestChain chain;
    op::RegisterProvider self = registration("self", lux(1000));
    self.wallet = address_of("bob");
    chain.block({chain.by("bob", self)});
    const Amount before = chain.balance("bob");
    for (const std::string job : {"a", "b", "c"}) {
        chain.assign(job, "bob", lux(1));
        chain.block({chain.by("bob", result(job, "self", chain.truth(job)))});
        chain.advance(6);
    }
    chain.block({chain.by("bob", claim("self"))});
    EXPECT_EQ(chain.balance("bob"), before);
    EXPECT_LE(chain.totals().minted, chain.totals().burned);
}

}  // namespace
}  // namespace aivm::test
