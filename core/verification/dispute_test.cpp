// What one challenger can do to another, and what a dispute costs every node.
#include "core/verification/dispute.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/base/encode.h"
#include "core/execution/block_run.h"
#include "core/execution/build.h"
#include "core/testing/bisection_board.h"
#include "core/testing/counting_kernels.h"

namespace aivm::test {
namespace {

constexpr std::uint32_t kShields = 200;

std::string shield(std::uint32_t i) { return fmt::format("shield-{}", i); }

TestChain lied_with_shields(const Policy* policy = nullptr) {
    TestOptions options;
    if (policy != nullptr) options.parameters.policy = *policy;
    for (std::uint32_t i = 0; i < kShields; ++i) options.names.push_back(shield(i));
    TestChain chain(options);
    chain.join("p-1");
    chain.assign("job");
    chain.post("job", chain.lie("job"));
    return chain;
}

// Challenges by all shields, falsely, in one block, which includes them before bob's true one.
std::vector<LeftOut> challenge_after_shields(TestChain& chain) {
    const auto false_claim = static_cast<Answer>(chain.lie("job") + 1);
    std::vector<OperationPtr> operations;
    for (std::uint32_t i = 0; i < kShields; ++i) {
        operations.push_back(chain.by(shield(i), hidden_challenge("job", shield(i), false_claim)));
    }
    operations.push_back(chain.by("bob", hidden_challenge("job", "bob", chain.truth("job"))));
    return chain.offer(operations);
}

// F1: 64 challenges of the liar's own identities filled every place on a result, open and closed
// ones counted together, and the lie became final for 319 LUX.
TEST(Dispute, F1AnyNumberOfFalseChallengesLeavesRoomForAnHonestOne) {
    TestChain chain = lied_with_shields();
    const Amount before = chain.balance("bob");
    EXPECT_TRUE(challenge_after_shields(chain).empty());
    EXPECT_EQ(before - chain.balance("bob"), lux(10)) << "the same for everybody";
    EXPECT_EQ(chain.task("job").disputes_open, kShields + 1);
    const Answer truth = chain.truth("job");
    chain.block({chain.by("bob", opening("job", "bob", truth))});
    EXPECT_TRUE(chain.task("job").proven_wrong);
    chain.advance(2);  // the shields' commitments expire
    chain.block();
    EXPECT_EQ(chain.task("job").status, TaskStatus::kPending);
    EXPECT_EQ(chain.balance("bob") - before, lux(40));
    EXPECT_EQ(chain.balance(shield(0)), lux(10'000) - lux(10));
}

TEST(Dispute, F1TheOldLimitIsAPolicyThatStillShutsTheHonestOneOut) {
    Policy policy = short_parameters().policy;
    policy.disputes_per_result_max = 64;
    TestChain chain = lied_with_shields(&policy);
    const auto left_out = challenge_after_shields(chain);
    ASSERT_EQ(left_out.size(), kShields + 1 - 64);
    EXPECT_EQ(left_out.back().reason, ErrorCode::kLimitReached);
}

TEST(Dispute, AReexecutionSettlesTheResultWhateverWasClaimed) {
    TestChain chain = lied_with_shields();
    const Answer truth = chain.truth("job");
    const auto nonsense = static_cast<Answer>(truth + 7);
    const Amount alice = chain.balance("alice");
    chain.block({chain.by("bob", hidden_challenge("job", "bob", nonsense))});
    chain.block({chain.by("bob", opening("job", "bob", nonsense))});
    EXPECT_TRUE(chain.task("job").proven_wrong);
    EXPECT_EQ(chain.task("job").truth, truth);
    chain.expect_refused(chain.by("carol", hidden_challenge("job", "carol", truth)),
                         ErrorCode::kWrongState);
    chain.block();
    EXPECT_EQ(chain.task("job").status, TaskStatus::kPending);
    EXPECT_EQ(chain.balance("alice") - alice, lux(10));
    EXPECT_EQ(chain.balance("bob"), lux(10'000) - lux(10));
    EXPECT_EQ(chain.totals().burned, lux(90) + lux(10) + millilux(100))
        << "nobody claimed the truth; a tenth of the fee was burned at admission";
}

TEST(Dispute, ARightAnswerThatWasRunAgainCannotBeChallengedAnyMore) {
    TestChain chain;
    chain.join("p-1");
    chain.assign("job");
    chain.post("job", chain.truth("job"));
    const Answer lie = chain.lie("job");
    chain.block({chain.by("bob", hidden_challenge("job", "bob", lie)),
                 chain.by("carol", hidden_challenge("job", "carol", lie))});
    chain.block({chain.by("bob", opening("job", "bob", lie))});
    for (const char* who : {"alice", "bob"}) {
        chain.expect_refused(chain.by(who, hidden_challenge("job", who, lie)),
                             ErrorCode::kWrongState);
    }
    chain.block({chain.by("carol", opening("job", "carol", lie))});
    chain.advance_to(chain.task("job").posted_at + 6);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kCompleted);
    EXPECT_EQ(chain.provider("p-1").credit, lux(1) + lux(5) + lux(5));
}

// Runs a block of these operations on the tip, and counts the inference steps that it takes.
std::uint64_t steps_run(const TestChain& chain, const std::vector<OperationPtr>& operations) {
    CountingKernels kernels(*chain.rules().kernels);
    Rules rules = chain.rules();
    rules.kernels = &kernels;
    BlockRun run(chain.state(),
                 context_of(chain.state(), next_header(*chain.tip(), chain.request())), rules);
    for (const OperationPtr& operation : operations) {
        if (const auto ok = run.apply(*operation); !ok) throw TestFailure(ok.error().text());
    }
    return kernels.steps;
}

TEST(Dispute, AReexecutionRunsOnceForAResultHoweverManyClaimsAreRevealed) {
    Board board([] {
        TestOptions options = bisection_options(64);
        options.parameters.policy.dispute_game = DisputeGame::kOneStep;
        return options;
    }());
    const Answer truth = board.truth.back().output;
    board.post(board.truth, static_cast<Answer>(truth + 1));
    TestChain& chain = board.chain;
    chain.block({chain.by("bob", hidden_challenge("job", "bob", truth)),
                 chain.by("carol", hidden_challenge("job", "carol", truth))});
    const std::vector reveals{chain.by("bob", opening("job", "bob", truth)),
                              chain.by("carol", opening("job", "carol", truth))};
    EXPECT_EQ(steps_run(chain, reveals), 64u);
    chain.block({reveals[0]});
    EXPECT_EQ(steps_run(chain, {reveals[1]}), 0u) << "remembered in the state";
}

// F21: one reveal made every node run 65,536 steps, under the default game.
TEST(Dispute, F21AModelOfMoreStepsThanTheLimitIsBisectedUnderTheDefaultGame) {
    for (const std::uint32_t steps : {64U, 65U, kStepsMax}) {
        TestOptions options = bisection_options(steps);
        options.parameters.policy.dispute_game = DisputeGame::kOneStep;
        Board board(options);
        const Answer truth = board.truth.back().output;
        Trace wrong = board.truth;
        wrong.back().output = static_cast<Answer>(truth + 1);
        board.post(wrong, wrong.back().output);
        TestChain& chain = board.chain;
        chain.block({chain.by("bob", hidden_challenge("job", "bob", truth))});
        const OperationPtr reveal = chain.by("bob", opening("job", "bob", truth));
        EXPECT_EQ(steps_run(chain, {reveal}), steps <= 64 ? steps : 0u);
        chain.block({reveal});
        EXPECT_EQ(board.dispute().status == DisputeStatus::kPlaying, steps > 64);
    }
}

// Three blocks full of others' proofs follow bob's challenge, so that his reveal may have waited
// for three blocks. Returns bob's dispute after a reveal that comes `late` blocks after the
// deadline.
Dispute dispute_with_a_late_reveal(Height late) {
    constexpr std::uint32_t kFull = 3;
    constexpr std::uint32_t kProofs = 2;
    Policy policy = short_parameters().policy;
    policy.full_proof_operations = kProofs;
    TestChain chain = lied_with_shields(&policy);
    const Answer truth = chain.truth("job");
    chain.block({chain.by("bob", hidden_challenge("job", "bob", truth))});
    const Height deadline = chain.height() + policy.challenge_reveal_blocks;
    for (std::uint32_t i = 0; i < kFull * kProofs; i += kProofs) {
        const std::string one = shield(i);
        const std::string other = shield(i + 1);
        chain.block({chain.by(one, hidden_challenge("job", one, truth)),
                     chain.by(other, hidden_challenge("job", other, truth))});
    }
    while (chain.height() + 1 < deadline + late) chain.block();
    static_cast<void>(chain.offer({chain.by("bob", opening("job", "bob", truth))}));
    return chain.state().dispute(DisputeIndex{0});
}

TEST(Dispute, EachBlockFullOfProofsExtendsADeadlineByABlock) {
    EXPECT_TRUE(dispute_with_a_late_reveal(0).revealed);
    EXPECT_TRUE(dispute_with_a_late_reveal(3).revealed);
    const Dispute expired = dispute_with_a_late_reveal(4);
    EXPECT_FALSE(expired.revealed);
    EXPECT_EQ(expired.status, DisputeStatus::kLost);
}

// Every operation on a result with many disputes costs what it costs on one with few.
TEST(Dispute, ATaskIsStoredInAsManyBytesWithManyDisputesAsWithOne) {
    TestChain chain = lied_with_shields();
    const auto size = [&] {
        Writer out;
        encode(out, chain.task("job"));
        return out.size();
    };
    const std::size_t before = size();
    challenge_after_shields(chain);
    EXPECT_EQ(size(), before);
}

}  // namespace
}  // namespace aivm::test
