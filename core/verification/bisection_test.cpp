// Bisection: an honest player wins against anybody, in few moves, and who does not move loses.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>

#include "core/verification/bisection_play.h"
#include "core/verification/redundant.h"
#include "core/vm/test_chain.h"

namespace aivm::test {
namespace {

using Trace = std::vector<InferenceTraceStep>;

TestOptions options_for(std::uint32_t steps) {
    TestOptions options;
    options.parameters = short_parameters();
    options.parameters.policy.dispute_game = DisputeGame::kBisection;
    options.names = {"alice", "bob", "carol", "p-1"};
    options.models = {small_model("model", steps)};
    return options;
}

std::uint32_t ceil_log2(std::uint32_t n) { return static_cast<std::uint32_t>(std::bit_width(n - 1)); }

// A chain on which p-1 is about to post its answer to "job".
struct Board {
    explicit Board(std::uint32_t steps) : chain(options_for(steps)) {
        chain.join("p-1");
        chain.assign("job");
        const Task& task = chain.task("job");
        truth = trace_model(*chain.rules().kernels, chain.state().model(task.model), task.input_row);
    }

    void post(const Trace& trace, Answer answer) {
        op::SubmitResult posted = result("job", "p-1", answer);
        posted.trace_root = trace_root(trace);
        chain.block({chain.by("p-1", posted)});
    }

    void challenge(Answer claim, std::string_view who = "bob") {
        chain.block({chain.by(who, hidden_challenge("job", who, claim))});
        chain.block({chain.by(who, opening("job", who, claim))});
    }

    [[nodiscard]] const Dispute& dispute() const { return chain.state().disputes[0]; }

    // Plays until the dispute is closed; true when the challenger won. `verdict` is asked when the challenger is due.
    template <class Verdict>
    bool play_against(Verdict&& verdict, const Trace& provider) {
        while (dispute().open()) {
            ++moves;
            if (const auto move = next_provider_move(provider, dispute(), "job")) {
                chain.block({chain.by("p-1", *move)});
            } else {
                chain.block({chain.by("bob", verdict())});
            }
        }
        return dispute().status == DisputeStatus::kWon;
    }
    bool play(const Trace& provider, const Trace& challenger) {
        return play_against([&] { return *next_challenger_move(challenger, dispute(), "job"); }, provider);
    }

    TestChain chain;
    Trace truth;
    std::uint32_t moves = 0;
};

// Changes one step of the trace; with `propagate` everything after it is computed from the change.
void corrupt(Board& board, Trace& trace, std::size_t at, bool input, bool propagate, std::uint8_t by) {
    if (input) trace[at].input[by % kInputBytes] ^= by | 1;
    if (!input) trace[at].output = static_cast<Answer>(trace[at].output + (by | 1));
    if (!propagate) return;
    const Model& model = board.chain.state().model(board.chain.task("job").model);
    for (std::size_t i = at + 1; i < trace.size(); ++i) {
        trace[i].input = next_input(trace[i - 1].input, trace[i - 1].output);
        trace[i].output = run_step(*board.chain.rules().kernels, model, trace[i].input);
    }
}

Trace corrupted(Board& board) {
    Trace trace = board.truth;
    const int faults = *rc::gen::inRange(1, 5);
    for (int i = 0; i < faults; ++i) {
        corrupt(board, trace, *rc::gen::inRange<std::size_t>(0, trace.size()), *rc::gen::arbitrary<bool>(),
                *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<std::uint8_t>());
    }
    return trace;
}

RC_GTEST_PROP(Bisection, AnHonestChallengerBeatsAnyWrongProvider, ()) {
    const auto steps = *rc::gen::inRange<std::uint32_t>(2, 200);
    Board board(steps);
    Trace wrong = corrupted(board);
    const Answer truth = board.truth.back().output;
    if (wrong.back().output == truth) wrong.back().output = static_cast<Answer>(truth + 1);
    board.post(wrong, wrong.back().output);
    board.challenge(truth);
    RC_ASSERT(board.play(wrong, board.truth));
    RC_ASSERT(board.moves <= 2 * ceil_log2(steps) + 2);
    RC_ASSERT(board.chain.task("job").proven_wrong);
}

RC_GTEST_PROP(Bisection, AnHonestProviderBeatsAnyChallenger, ()) {
    const auto steps = *rc::gen::inRange<std::uint32_t>(2, 200);
    Board board(steps);
    const Answer truth = board.truth.back().output;
    board.post(board.truth, truth);
    board.challenge(static_cast<Answer>(truth + *rc::gen::inRange(1, 256)));
    const auto any_verdict = [] {
        return op::DisputeMove{"job", address_of("bob"), false, {}, 0, {}, *rc::gen::arbitrary<bool>()};
    };
    const bool won = board.play_against(any_verdict, board.truth);
    RC_ASSERT(!won);
    RC_ASSERT(board.moves <= 2 * ceil_log2(steps) + 2);
    RC_ASSERT(!board.chain.task("job").proven_wrong);
}

RC_GTEST_PROP(Bisection, AnHonestProviderBeatsAChallengerWhoBelievesAWrongTrace, ()) {
    Board board(*rc::gen::inRange<std::uint32_t>(2, 64));
    const Trace belief = corrupted(board);
    const Answer truth = board.truth.back().output;
    board.post(board.truth, truth);
    board.challenge(static_cast<Answer>(truth + 1));
    RC_ASSERT(!board.play(board.truth, belief));
}

TEST(Bisection, ATraceOfTheLargestLengthIsDecidedIn33Moves) {
    Board board(kStepsMax);
    Trace wrong = board.truth;
    corrupt(board, wrong, 40'000, false, false, 1);
    wrong.back().output = static_cast<Answer>(wrong.back().output + 1);
    board.post(wrong, wrong.back().output);
    board.challenge(board.truth.back().output);
    EXPECT_TRUE(board.play(wrong, board.truth));
    EXPECT_EQ(board.moves, 33u);
}

TEST(Bisection, SlashesTheProviderAndPaysTheChallengerWhoWon) {
    Board board(8);
    Trace wrong = board.truth;
    wrong.back().output = static_cast<Answer>(wrong.back().output + 1);
    const Amount before = board.chain.balance("bob");
    board.post(wrong, wrong.back().output);
    board.challenge(board.truth.back().output);
    EXPECT_TRUE(board.play(wrong, board.truth));
    board.chain.block();
    EXPECT_EQ(board.chain.balance("bob") - before, lux(40));
    EXPECT_EQ(board.chain.provider("p-1").slashed_total, lux(100));
    EXPECT_EQ(board.chain.task("job").status, TaskStatus::kPending);
}

TEST(Bisection, AProviderWhoseTraceDoesNotEndWithItsAnswerCannotOpenItAndLoses) {
    Board board(8);
    board.post(board.truth, static_cast<Answer>(board.truth.back().output + 1));
    board.challenge(board.truth.back().output);
    const auto honest = next_provider_move(board.truth, board.dispute(), "job");
    board.chain.expect_refused(board.chain.by("p-1", *honest), ErrorCode::kInvalidArgument);
    op::DisputeMove forged = *honest;
    forged.output = static_cast<Answer>(forged.output + 1);
    board.chain.expect_refused(board.chain.by("p-1", forged), ErrorCode::kInvalidArgument);
    board.chain.advance_to(board.dispute().deadline);
    EXPECT_EQ(board.dispute().status, DisputeStatus::kWon);
}

TEST(Bisection, WhoMissesAMoveLosesAtTheEndOfItsLastBlock) {
    for (const bool provider_sleeps : {true, false}) {
        Board board(8);
        board.post(board.truth, board.truth.back().output);
        board.challenge(static_cast<Answer>(board.truth.back().output + 1));
        board.chain.block({board.chain.by("p-1", *next_provider_move(board.truth, board.dispute(), "job"))});
        if (!provider_sleeps) {
            board.chain.block({board.chain.by("p-1", *next_provider_move(board.truth, board.dispute(), "job"))});
        }
        const Height deadline = board.dispute().deadline;
        EXPECT_EQ(deadline, board.chain.height() + 3);
        board.chain.advance_to(deadline - 1);
        EXPECT_TRUE(board.dispute().open());
        board.chain.block();
        EXPECT_EQ(board.dispute().status, provider_sleeps ? DisputeStatus::kWon : DisputeStatus::kLost);
    }
}

TEST(Bisection, AChallengerWhoClaimsThePostedAnswerLosesAtOnce) {
    Board board(8);
    const Answer lie = static_cast<Answer>(board.truth.back().output + 1);
    Trace wrong = board.truth;
    wrong.back().output = lie;
    board.post(wrong, lie);
    board.challenge(lie);
    EXPECT_EQ(board.dispute().status, DisputeStatus::kLost);
}

TEST(Bisection, TakesMovesOnlyFromWhoIsDue) {
    Board board(8);
    board.post(board.truth, board.truth.back().output);
    board.challenge(static_cast<Answer>(board.truth.back().output + 1));
    const auto opening_move = *next_provider_move(board.truth, board.dispute(), "job");
    op::DisputeMove verdict{"job", address_of("bob"), false, {}, 0, {}, true};
    board.chain.expect_refused(board.chain.by("bob", verdict), ErrorCode::kWrongState);
    board.chain.expect_refused(board.chain.by("carol", opening_move), ErrorCode::kNotAuthorized);
    board.chain.block({board.chain.by("p-1", opening_move)});
    board.chain.block({board.chain.by("p-1", *next_provider_move(board.truth, board.dispute(), "job"))});
    board.chain.expect_refused(board.chain.by("p-1", opening_move), ErrorCode::kWrongState);
    board.chain.expect_refused(board.chain.by("carol", verdict), ErrorCode::kNotAuthorized);
    verdict.challenger = address_of("carol");
    board.chain.expect_refused(board.chain.by("carol", verdict), ErrorCode::kWrongState);
}

TEST(Bisection, SeveralGamesOnOneResultRunSideBySide) {
    Board board(16);
    Trace wrong = board.truth;
    corrupt(board, wrong, 5, false, true, 3);
    wrong.back().output = static_cast<Answer>(board.truth.back().output + 1);
    board.post(wrong, wrong.back().output);
    const Answer truth = board.truth.back().output;
    const auto& chain = board.chain;
    board.chain.block({board.chain.by("bob", hidden_challenge("job", "bob", truth)),
                       board.chain.by("carol", hidden_challenge("job", "carol", truth))});
    board.chain.block({board.chain.by("bob", opening("job", "bob", truth)),
                       board.chain.by("carol", opening("job", "carol", truth))});
    while (chain.state().disputes[0].open() || chain.state().disputes[1].open()) {
        std::vector<OperationPtr> moves;
        for (std::size_t i = 0; i < 2; ++i) {
            const Dispute& d = chain.state().disputes[i];
            if (const auto m = next_provider_move(wrong, d, "job")) moves.push_back(board.chain.by("p-1", *m));
            if (const auto m = next_challenger_move(board.truth, d, "job")) {
                moves.push_back(board.chain.by(i == 0 ? "bob" : "carol", *m));
            }
        }
        board.chain.block(moves);
    }
    board.chain.block();
    EXPECT_EQ(chain.balance("bob"), lux(10'000) + lux(40));
    EXPECT_EQ(chain.balance("carol"), lux(10'000));
}

TEST(Bisection, AModelOfOneStepIsJustRunAgain) {
    Board board(1);
    board.chain.block({board.chain.by("p-1", result("job", "p-1", board.truth.back().output))});
    board.challenge(static_cast<Answer>(board.truth.back().output + 1));
    EXPECT_EQ(board.dispute().status, DisputeStatus::kLost);
}

TEST(Bisection, MovesSurviveTheirEncodingAndCarryOnlyTheirOwnFields) {
    op::DisputeMove move{"job", address_of("bob"), true, {}, 7, {salt_of("a"), salt_of("b")}, false};
    for (const bool opens : {true, false}) {
        move.opens = opens;
        const Bytes bytes = Operation{address_of("p-1"), 1, move}.encode();
        const auto decoded = Operation::decode(bytes);
        ASSERT_TRUE(decoded.has_value());
        EXPECT_EQ(decoded->encode(), bytes);
        EXPECT_EQ(std::get<op::DisputeMove>(decoded->body).proof.size(), opens ? 2u : 0u);
    }
}

}  // namespace
}  // namespace aivm::test
