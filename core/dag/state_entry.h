// One entry of a state, by its key in the store.
#pragma once

#include <optional>

#include "core/state/state.h"

namespace aivm {

// The value that the store holds under this state key (see state/keys.h) when it holds this state;
// nothing when the state has no such entry. Asking for a key of another kind is a broken
// assumption.
std::optional<Bytes> state_entry(const State& state, ByteView key);

}  // namespace aivm
