// Bisection, move by move: who may move, who is late, and what the end costs.
#include <gtest/gtest.h>

#include "core/testing/bisection_board.h"

namespace aivm::test {
namespace {

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
        board.chain.block(
            {board.chain.by("p-1", *next_provider_move(board.truth, board.dispute(), "job"))});
        if (!provider_sleeps) {
            board.chain.block(
                {board.chain.by("p-1", *next_provider_move(board.truth, board.dispute(), "job"))});
        }
        const Height deadline = board.dispute().deadline;
        EXPECT_EQ(deadline, board.chain.height() + 3);
        board.chain.advance_to(deadline - 1);
        EXPECT_TRUE(board.dispute().open());
        board.chain.block();
        // The provider was right. Its missed move costs it the game, and the false claim its bond.
        EXPECT_EQ(board.chain.task("job").proven_wrong, provider_sleeps);
        EXPECT_EQ(board.dispute().status, DisputeStatus::kLost);
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
    board.chain.block(
        {board.chain.by("p-1", *next_provider_move(board.truth, board.dispute(), "job"))});
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
        // What the provider opens for one game answers the other too.
        if (const auto m = next_provider_move(wrong, chain.state().disputes[1], "job"))
            moves.push_back(board.chain.by("p-1", *m));
        for (std::size_t i = 0; i < 2; ++i) {
            if (const auto m =
                    next_challenger_move(board.truth, chain.state().disputes[i], "job")) {
                moves.push_back(board.chain.by(i == 0 ? "bob" : "carol", *m));
            }
        }
        // The last verdict comes after the end: bob's has decided both games.
        const std::size_t left_out = board.chain.offer(moves).size();
        EXPECT_LE(left_out, chain.state().disputes[1].open() ? 0u : 1u);
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
    op::DisputeMove move{"job", address_of("bob"), true, {}, 7, {salt_of("a"), salt_of("b")},
                         false};
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
