// Properties of every state, whatever blocks led to it. The checks walk the whole state and trust
// no total and no counter, so their cost grows with the state: for tests, fuzzers and the
// simulation's invariants.
//
//   E1   conservation: all balances and everything burned add up to genesis and minting
//   E2   the escrow account holds exactly the bonds, escrows (with the shares that wait for a
//        claim), challenge bonds and credits, and the totals agree
//   E3   a provider that can still be slashed has not withdrawn its bond
//   E16  a bond, with unclaimed credit, covers everything that its open obligations could still
//        cost
//   R2   counters, indexes and timers agree with the tables from which they are derived
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"
#include "core/state/state.h"

namespace aivm {

// The rules above, by which findings are named.
inline constexpr std::array<std::string_view, 5> kAuditRules{"E1", "E2", "E3", "E16", "R2"};

struct AuditFinding {
    std::string_view invariant;  // one of kAuditRules
    std::string message;         // in the words of the domain: which party, how much, until when
    std::optional<ProviderIndex> provider = {};  // the provider concerned, if it is a single one
};

// All violations in the state; empty if there are none.
std::vector<AuditFinding> audit_state(const State& state, const VmParameters& parameters);

}  // namespace aivm
