// Bisection between an honest player and anybody: the honest one wins, in few moves.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>

#include "core/testing/bisection_board.h"

namespace aivm::test {
namespace {

std::uint32_t ceil_log2(std::uint32_t n) {
    return static_cast<std::uint32_t>(std::bit_width(n - 1));
}

Trace corrupted(Board& board) {
    Trace trace = board.truth;
    const int faults = *rc::gen::inRange(1, 5);
    for (int i = 0; i < faults; ++i) {
        corrupt(board, trace, *rc::gen::inRange<std::size_t>(0, trace.size()),
                *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>(),
                *rc::gen::arbitrary<std::uint8_t>());
    }
    return trace;
}

RC_GTEST_PROP(BisectionProperty, AnHonestChallengerBeatsAnyWrongProvider, ()) {
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

RC_GTEST_PROP(BisectionProperty, AnHonestProviderBeatsAnyChallenger, ()) {
    const auto steps = *rc::gen::inRange<std::uint32_t>(2, 200);
    Board board(steps);
    const Answer truth = board.truth.back().output;
    board.post(board.truth, truth);
    board.challenge(static_cast<Answer>(truth + *rc::gen::inRange(1, 256)));
    const auto any_verdict = [] {
        return op::DisputeMove{"job", address_of("bob"),          false, {}, 0,
                               {},    *rc::gen::arbitrary<bool>()};
    };
    const bool won = board.play_against(any_verdict, board.truth);
    RC_ASSERT(!won);
    RC_ASSERT(board.moves <= 2 * ceil_log2(steps) + 2);
    RC_ASSERT(!board.chain.task("job").proven_wrong);
}

RC_GTEST_PROP(BisectionProperty, AnHonestProviderBeatsAChallengerWhoBelievesAWrongTrace, ()) {
    Board board(*rc::gen::inRange<std::uint32_t>(2, 64));
    const Trace belief = corrupted(board);
    const Answer truth = board.truth.back().output;
    board.post(board.truth, truth);
    board.challenge(static_cast<Answer>(truth + 1));
    RC_ASSERT(!board.play(board.truth, belief));
}

}  // namespace
}  // namespace aivm::test
