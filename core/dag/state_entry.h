// One entry of a state, by its key in the store. Used by dag/history.h.
#pragma once

#include <optional>

#include "core/state/state.h"

namespace aivm {

// The value under this key (see state/keys.h) in a store of this state; nothing if the state has no
// such entry. Requires a key of a state table.
std::optional<Bytes> state_entry(const State& state, ByteView key);

}  // namespace aivm
