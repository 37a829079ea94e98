// Who may issue the next cut, and when: an order of the active validators, drawn by stake, that all
// nodes derive from the state of the cut before.
#pragma once

#include <cstdint>
#include <optional>

#include "core/state/rules.h"
#include "core/state/state.h"

namespace aivm {

// The position of this validator in the order for the cut above `below`, from 0; nothing for a
// validator that is not active. Drawn by stake without replacement; those without stake come last,
// by index.
std::optional<std::uint32_t> cut_turn(const State& below, std::uint64_t chain_id,
                                      ValidatorIndex validator);

// The earliest time of a cut by this validator above `below`: turn s may issue it cut_interval
// times 1 + s after the cut before. Nothing for a validator that is not active. Requires the rules
// of a DAG.
std::optional<TimestampNs> cut_due_ns(const State& below, const Rules& rules,
                                      ValidatorIndex validator);

}  // namespace aivm
