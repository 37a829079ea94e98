// Properties of every state, whatever blocks led to it. The checks walk the whole state and trust
// no total and no counter, so their cost grows with the state: for tests, fuzzers and the
// simulation's invariants.
//
//   E1   conservation: all holdings and all burned money add up to the money of the genesis and
//        the minted money
//   E2   the escrow account holds exactly the bonds, escrows, challenge bonds and credits, and the
//        totals say the same
//   E3   a provider that can still be slashed has not withdrawn its bond
//   E16  a bond, with unclaimed credit, covers the largest slashes of its open obligations
//   structure   counters, indexes and timers agree with the tables that they are derived from
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/state/state.h"

namespace aivm {

struct AuditFinding {
    std::string_view invariant;  // "E1", "E2", "E3", "E16" or "structure"
    std::string message;  // in the words of the domain: the provider, the amount, the last block
    std::optional<ProviderIndex> provider = {};  // the provider at fault, if it is one
};

// All findings; empty when the state is sound.
std::vector<AuditFinding> audit_state(const State& state, const VmParameters& parameters);

}  // namespace aivm
