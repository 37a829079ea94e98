// Loading a state from a store, and a digest of a state's contents.
#pragma once

#include "core/config/config.h"
#include "core/state/state.h"
#include "core/state/store.h"

namespace aivm {

// The state that a store holds, with every derived index rebuilt. Its state_root is left zero: the
// chain stores it beside the tip. Fails for an unreadable or inconsistent store.
Result<State> load_state(const KeyValueStore& store, const KernelTableSizes& sizes,
                         const VmParameters& parameters);

// Every entry of the state's tables, sorted by key, as the store would hold them.
WriteBatch dump_state(const State& state);

// A digest over those entries: equal for equal contents, whatever the history (the chained
// state_root depends on it).
Hash32 contents_digest(const State& state);

}  // namespace aivm
