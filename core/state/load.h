// From a store back to a state, and a digest of what a state contains.
#pragma once

#include "core/config/config.h"
#include "core/state/state.h"
#include "core/state/store.h"

namespace aivm {

// The state that a store holds, with every derived index rebuilt. Its state_root is left zero: the
// chain keeps it beside the tip. An unreadable or inconsistent store is an error.
Result<State> load_state(const KeyValueStore& store, const KernelTableSizes& sizes,
                         const VmParameters& parameters);

// Every entry of the state's tables, sorted by key, as the store would hold them.
WriteBatch dump_state(const State& state);

// A digest over those entries: equal for equal contents, however they came about (the chained
// state_root is not).
Hash32 contents_digest(const State& state);

}  // namespace aivm
