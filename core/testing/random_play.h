// Random and fuzzed play on a TestChain: one choice function decides every operation, and after
// each block a watch checks the relations between a state and its successor.
#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "core/testing/test_chain.h"

namespace aivm::test {

// The accounts of the players, known to the models that follow a game.
inline constexpr std::array<std::string_view, 6> kPlayers{"alice", "bob", "carol",
                                                          "p-1",   "p-2", "p-3"};

// A number below `bound` (> 0): from a random generator, or from a fuzzer's bytes.
using Choose = std::function<std::uint32_t(std::uint32_t bound)>;

// An operation that the rules may refuse: mostly sensible, sometimes by the wrong account or on the
// wrong task. Fees and bonds are multiplied by `scale`; above 1, some amounts, inclusion fees,
// nonces, times of evidence and numbers of a model are at the edge of what the account or an
// integer holds.
OperationPtr random_operation(TestChain& chain, const Choose& choose, std::uint64_t scale = 1);

// A chain whose amounts, multiplied by kGreatScale, come near the greatest supply: what settlements
// add up there must not overflow.
constexpr std::uint64_t kGreatScale = 1'000'000;
void make_amounts_great(TestOptions& options);
// Sets model_fee, model_deposit and challenger_bond to amounts that every account, few or none can
// pay: up to 2^64 - 1.
void make_prices_extreme(TestOptions& options, const Choose& choose);
// Lifts every counter that only grows, of providers and of the chain, to almost 2^64.
void plant_great_counters(TestChain& chain, const Choose& choose);
// Whether every such counter is still there, or at 2^64 - 1.
bool great_counters_hold(const State& state);

// Plays one block of a few random operations, some of which the builder leaves out; usually one
// interval later, sometimes at the same time or much later. Throws TestFailure if
// an invariant is violated: E6 at most one payment per task, E7 a final task never changes, E8 no
// payment inside the window or with an open dispute, E14 minting at most equals burning, no change
// by an operation that was left out, and those of audit_state.
void random_block(TestChain& chain, const Choose& choose, std::uint64_t scale = 1);

// The checks between two successive states.
void check_successor(const State& before, const State& after, const std::vector<VmEvent>& events,
                     const VmParameters& parameters);

}  // namespace aivm::test
