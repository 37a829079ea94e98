// Claims that win a bisection: they wait for the job's final answer, and a false one never earns.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>

#include "core/testing/bisection_board.h"

namespace aivm::test {
namespace {

constexpr std::uint32_t kSteps = 8;

// Nothing is run again but the step that a game leaves.
TestOptions long_model(std::uint32_t reassignments = 4) {
    TestOptions options = bisection_options(kSteps);
    options.parameters.policy.one_step_steps_max = 1;
    options.parameters.policy.reassignments_max = reassignments;
    return options;
}

// p-1 has posted a wrong answer with the trace of that answer, and bob and carol challenge it.
struct WrongResult : Board {
    explicit WrongResult(std::uint32_t reassignments = 4) : Board(long_model(reassignments)) {
        right = truth.back().output;
        wrong = truth;
        wrong.back().output = static_cast<Answer>(right + 1);
        post(wrong, wrong.back().output);
    }

    void claim(Answer bobs, Answer carols) {
        chain.block({chain.by("bob", hidden_challenge("job", "bob", bobs)),
                     chain.by("carol", hidden_challenge("job", "carol", carols))});
        chain.block({chain.by("bob", opening("job", "bob", bobs)),
                     chain.by("carol", opening("job", "carol", carols))});
    }
    // Both play with the true trace, whatever they claim. bob's last verdict ends carol's game too.
    void let_bob_win() {
        while (chain.task("job").disputes_open > 0) {
            std::vector<OperationPtr> operations;
            chain.state().for_each_dispute(
                chain.task("job").disputes, [&](DisputeIndex, const Dispute& d) {
                    const char* who = d.challenger == address_of("bob") ? "bob" : "carol";
                    const auto opens = next_provider_move(wrong, d, "job");
                    if (opens && operations.empty()) operations.push_back(chain.by("p-1", *opens));
                    if (const auto verdict = next_challenger_move(truth, d, "job"))
                        operations.push_back(chain.by(who, *verdict));
                });
            chain.offer(operations);
        }
        EXPECT_TRUE(chain.task("job").proven_wrong);
    }
    // The next assignment: p-1 again, as nobody else has joined.
    void answer_again(const Trace& trace) {
        while (chain.task("job").status != TaskStatus::kAssigned) chain.block();
        post(trace, trace.back().output);
    }
    void wait_until_final() {
        while (!chain.task("job").terminal()) chain.block();
    }
    [[nodiscard]] const Dispute& dispute_of(std::string_view who) const {
        const Dispute* found = nullptr;
        chain.state().disputes.for_each([&](std::size_t, const Dispute& d) {
            if (d.challenger == address_of(who)) found = &d;
        });
        if (found == nullptr) throw TestFailure("no dispute");
        return *found;
    }

    Answer right = 0;
    Trace wrong;
};

TEST(Claims, AWonGameLeavesTheClaimOpenUntilTheJobHasItsAnswer) {
    WrongResult w;
    w.claim(w.right, w.right);
    w.let_bob_win();
    EXPECT_TRUE(w.chain.task("job").proven_wrong);
    EXPECT_FALSE(w.chain.task("job").truth_known);
    w.chain.block();
    EXPECT_EQ(w.chain.task("job").status, TaskStatus::kPending);
    EXPECT_EQ(w.dispute_of("bob").status, DisputeStatus::kWaiting);
    EXPECT_EQ(w.dispute_of("carol").status, DisputeStatus::kWaiting);
    EXPECT_EQ(w.dispute_of("bob").share, lux(40)) << "of the slash of 100";
    EXPECT_EQ(w.chain.balance("bob"), lux(10'000) - lux(10));
    EXPECT_EQ(w.chain.totals().task_escrows, w.chain.task("job").escrow + lux(40));
    w.answer_again(w.truth);
    w.wait_until_final();
    EXPECT_EQ(w.chain.balance("bob"), lux(10'000) + lux(40)) << "the earliest true claim";
    EXPECT_EQ(w.chain.balance("carol"), lux(10'000)) << "her bond";
    EXPECT_EQ(w.chain.totals().task_escrows, Amount());
}

// Of 202 false claims that won their games 202 took the reward.
TEST(Claims, AFalseClaimThatWinsItsGameLosesItsBondAndEarnsNothing) {
    WrongResult w;
    const auto lie = static_cast<Answer>(w.right + 9);
    w.claim(lie, w.right);
    w.let_bob_win();
    w.answer_again(w.truth);
    w.wait_until_final();
    EXPECT_EQ(w.dispute_of("bob").status, DisputeStatus::kLost);
    EXPECT_EQ(w.chain.balance("bob"), lux(10'000) - lux(10));
    EXPECT_EQ(w.chain.balance("carol"), lux(10'000) + lux(40)) << "the later claim was true";
}

TEST(Claims, WithoutATrueClaimTheShareIsBurned) {
    WrongResult w;
    const auto lie = static_cast<Answer>(w.right + 9);
    w.claim(lie, lie);
    w.let_bob_win();
    w.answer_again(w.truth);
    w.wait_until_final();
    // Of the slash all but the requester's tenth, both bonds, and a tenth of the fee.
    EXPECT_EQ(w.chain.totals().burned, lux(90) + lux(20) + millilux(100));
}

TEST(Claims, OnAShortModelTheAnswerIsComputedAtOnce) {
    Board board(kSteps);
    const Answer right = board.truth.back().output;
    Trace wrong = board.truth;
    wrong.back().output = static_cast<Answer>(right + 1);
    board.post(wrong, wrong.back().output);
    board.challenge(static_cast<Answer>(right + 9));
    EXPECT_TRUE(board.play(wrong, board.truth));
    EXPECT_TRUE(board.chain.task("job").truth_known);
    EXPECT_EQ(board.dispute().status, DisputeStatus::kLost);
    board.chain.block();
    EXPECT_EQ(board.chain.balance("bob"), lux(10'000) - lux(10));
}

TEST(Claims, ACommitmentMadeBeforeTheProofIsRevealedAfterItAndWaitsToo) {
    WrongResult w;
    TestChain& chain = w.chain;
    chain.block({chain.by("bob", hidden_challenge("job", "bob", w.right))});
    chain.block({chain.by("bob", opening("job", "bob", w.right))});
    chain.advance(2);
    chain.block({chain.by("carol", hidden_challenge("job", "carol", w.right))});
    chain.advance_to(w.dispute_of("bob").deadline);  // p-1 does not move
    EXPECT_TRUE(chain.task("job").proven_wrong);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kChallenged) << "carol may still reveal";
    chain.block({chain.by("carol", opening("job", "carol", w.right))});
    EXPECT_EQ(w.dispute_of("carol").status, DisputeStatus::kWaiting);
    chain.block();
    EXPECT_EQ(chain.task("job").status, TaskStatus::kPending);
    EXPECT_EQ(chain.task("job").claims.size, 2u);
}

TEST(Claims, EachResultProvenWrongHasAShareOfItsOwn) {
    WrongResult w;
    w.claim(w.right, static_cast<Answer>(w.right + 9));
    w.let_bob_win();
    w.answer_again(w.wrong);
    w.chain.block({w.chain.by("carol", hidden_challenge("job", "carol", w.right))});
    w.chain.block({w.chain.by("carol", opening("job", "carol", w.right))});
    w.chain.advance_to(w.dispute_of("carol").deadline + 1);
    ASSERT_EQ(w.chain.task("job").claims.size, 3u);
    EXPECT_EQ(w.chain.totals().task_escrows, millilux(900) + lux(80));
    w.answer_again(w.truth);
    w.wait_until_final();
    EXPECT_EQ(w.chain.balance("bob"), lux(10'000) + lux(40));
    EXPECT_EQ(w.chain.balance("carol"), lux(10'000) - lux(10) + lux(40));
}

TEST(Claims, WhenTheJobFailsTheBondsReturnAndTheLastStepDecidesTheShare) {
    for (const bool by_step : {true, false}) {
        WrongResult w(0);  // no assignment after this one
        const auto lie = static_cast<Answer>(w.right + 9);
        w.claim(lie, w.right);
        if (by_step) {
            w.let_bob_win();
        } else {
            w.chain.advance_to(w.dispute().deadline);
        }
        const Amount burned = w.chain.totals().burned;
        w.wait_until_final();
        EXPECT_EQ(w.chain.task("job").status, TaskStatus::kFailed);
        EXPECT_EQ(w.dispute().status, DisputeStatus::kReturned);
        EXPECT_EQ(w.chain.balance("bob"), lux(10'000) + (by_step ? lux(40) : Amount()));
        EXPECT_EQ(w.chain.balance("carol"), lux(10'000));
        EXPECT_EQ(w.chain.totals().burned - burned, by_step ? lux(50) : lux(90));
        EXPECT_EQ(w.chain.totals().challenge_bonds, Amount());
    }
}

TEST(Claims, AClaimIsJudgedByTheFinalAnswerEvenIfAnEarlierProviderHadGivenIt) {
    Board board(long_model());
    const Answer right = board.truth.back().output;
    board.post(board.truth, right);
    board.challenge(static_cast<Answer>(right + 1));
    board.chain.advance_to(board.dispute().deadline + 1);  // p-1 was right, and misses its move
    ASSERT_EQ(board.chain.task("job").claims.size, 1u);
    while (board.chain.task("job").status != TaskStatus::kAssigned) board.chain.block();
    board.post(board.truth, right);
    while (!board.chain.task("job").terminal()) board.chain.block();
    EXPECT_EQ(board.dispute().status, DisputeStatus::kLost);
    EXPECT_EQ(board.chain.balance("bob"), lux(10'000) - lux(10));
}

// However many games there are, the provider makes one move for each step.
TEST(Claims, AnHonestProviderAnswersAHundredGamesWithTheOpeningsOfOne) {
    TestOptions options = long_model();
    std::vector<std::string> kin;
    for (int i = 0; i < 100; ++i) kin.push_back("kin-" + std::to_string(i));
    options.names.insert(options.names.end(), kin.begin(), kin.end());
    Board board(options);
    TestChain& chain = board.chain;
    const Answer right = board.truth.back().output;
    const auto lie = static_cast<Answer>(right + 1);
    board.post(board.truth, right);
    std::vector<OperationPtr> operations;
    for (const auto& who : kin)
        operations.push_back(chain.by(who, hidden_challenge("job", who, lie)));
    chain.block(operations);
    operations.clear();
    for (const auto& who : kin) operations.push_back(chain.by(who, opening("job", who, lie)));
    chain.block(operations);
    int openings = 0;
    while (chain.task("job").disputes_open > 0) {
        operations.clear();
        std::set<std::uint32_t> steps;
        chain.state().disputes.for_each([&](std::size_t i, const Dispute& d) {
            if (const auto move = next_provider_move(board.truth, d, "job")) {
                if (steps.insert(d.middle).second) operations.push_back(chain.by("p-1", *move));
            } else if (d.status == DisputeStatus::kPlaying) {
                op::DisputeMove verdict{"job", d.challenger, false, {}, 0, {}, i % 3 == 0};
                operations.push_back(chain.by(kin[i], verdict));
            }
        });
        openings += static_cast<int>(steps.size());
        chain.block(operations);
    }
    EXPECT_FALSE(chain.task("job").proven_wrong);
    EXPECT_LE(openings, static_cast<int>(kSteps));
    EXPECT_EQ(chain.state().trace_nodes.size(), static_cast<std::size_t>(openings));
}

// The money of bob and carol computed from the outcome of each of their disputes alone.
class ExpectedProfit {
public:
    explicit ExpectedProfit(const State& state) : state_(state) {}

    std::int64_t profit_lux(std::string_view who) {
        std::int64_t sum = 0;
        state_.disputes.for_each([&](std::size_t i, const Dispute& d) {
            if (d.challenger == address_of(who)) sum += of(i, d);
        });
        return sum;
    }

private:
    std::int64_t of(std::size_t i, const Dispute& d) const {
        const Task& task = state_.task(d.task);
        switch (d.status) {
            case DisputeStatus::kLost:
                return -10;
            case DisputeStatus::kWon:
                EXPECT_EQ(task.status, TaskStatus::kCompleted);
                EXPECT_EQ(d.claim, task.provisional) << "a false claim was rewarded";
                return is_earliest(i, d) ? 40 : 0;
            case DisputeStatus::kReturned:
                EXPECT_EQ(task.status, TaskStatus::kFailed);
                return d.won_by_step && is_earliest(i, d) ? 40 : 0;
            default:
                ADD_FAILURE() << "undecided when its job is over";
                return 0;
        }
    }
    // The earliest of those on its result with the same claim to the share.
    [[nodiscard]] bool is_earliest(std::size_t i, const Dispute& d) const {
        bool first = true;
        state_.disputes.for_each([&](std::size_t j, const Dispute& other) {
            const bool rival = other.task == d.task && other.assignment == d.assignment &&
                               other.status == d.status &&
                               (d.status == DisputeStatus::kWon || other.won_by_step);
            if (rival && j < i) first = false;
        });
        return first;
    }

    const State& state_;
};

// Claims, judgements, silence and wrong answers by any account; when the job has ended, the payoff
// of each challenger is the one that follows from its outcome.
void play_at_random(std::uint64_t seed) {
    std::mt19937_64 generator(seed);
    const auto chance = [&](unsigned of) { return generator() % of == 0; };
    WrongResult w(generator() % 4);
    TestChain& chain = w.chain;
    for (int block = 0; block < 300 && !chain.task("job").terminal(); ++block) {
        const Task& task = chain.task("job");
        std::vector<OperationPtr> operations;
        if (task.status == TaskStatus::kAssigned && !chance(3)) {
            const Trace& trace = chance(3) ? w.truth : w.wrong;
            op::SubmitResult posted = result("job", "p-1", trace.back().output);
            posted.trace_root = trace_root(trace);
            operations.push_back(chain.by("p-1", posted));
        }
        for (const char* who : {"bob", "carol"}) {
            const auto claim = static_cast<Answer>(w.right + generator() % 3);
            if (chance(3)) operations.push_back(chain.by(who, hidden_challenge("job", who, claim)));
        }
        const Trace& posted = task.provisional == w.right ? w.truth : w.wrong;
        chain.state().for_each_dispute(task.disputes, [&](DisputeIndex, const Dispute& d) {
            const char* who = d.challenger == address_of("bob") ? "bob" : "carol";
            if (d.status == DisputeStatus::kCommitted && !chance(4)) {
                for (int i = 0; i < 3; ++i) {
                    const auto claim = static_cast<Answer>(w.right + i);
                    if (hidden_challenge("job", who, claim).commitment == d.commitment)
                        operations.push_back(chain.by(who, opening("job", who, claim)));
                }
            }
            if (const auto opens = next_provider_move(posted, d, "job"); opens && !chance(5))
                operations.push_back(chain.by("p-1", *opens));
            if (auto verdict = next_challenger_move(w.truth, d, "job"); verdict && !chance(5)) {
                verdict->agrees = verdict->agrees != chance(4);
                operations.push_back(chain.by(who, *verdict));
            }
        });
        chain.offer(operations);
    }
    ASSERT_TRUE(chain.task("job").terminal());
    ExpectedProfit expected(chain.state());
    for (const char* who : {"bob", "carol"}) {
        const auto balance = static_cast<std::int64_t>(chain.balance(who).nlux() / lux(1).nlux());
        EXPECT_EQ(balance - 10'000, expected.profit_lux(who)) << who << " seed " << seed;
    }
}

RC_GTEST_PROP(Claims, PayWhatTheOutcomeOfTheJobSays, ()) {
    play_at_random(*rc::gen::arbitrary<std::uint64_t>());
    RC_ASSERT(!::testing::Test::HasFailure());
}

}  // namespace
}  // namespace aivm::test
