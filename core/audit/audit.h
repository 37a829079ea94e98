// What must be true of every state, whatever blocks led to it. The checks walk the whole state and
// believe no total and no counter, so they cost as much as the state is large: for tests, fuzzers
// and the simulation's invariants.
//
//   E1   conservation: everything that anyone holds, and what was burned, is what genesis and
//        minting brought in
//   E2   the escrow account holds exactly the bonds, escrows, challenge bonds and credits, and the
//        totals say the same
//   E3   whoever can still be slashed has not taken the bond home
//   E16  a bond, with unclaimed credit, covers all that its open obligations could still cost
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
    std::string message;         // in the words of the domain: who, how much, until when
    std::optional<ProviderIndex> provider = {};  // whose doing it is, where it is one provider's
};

// Everything that is wrong with the state; empty when nothing is.
std::vector<AuditFinding> audit_state(const State& state, const VmParameters& parameters);

}  // namespace aivm
