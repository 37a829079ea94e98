// What a block writes, checked against the states before and after it: every record that changed is
// in the batch as it is now, no other value is written, and the state root is chained over exactly
// these writes: sha256(parent's root || sha256(the batch, sorted by key)).
#pragma once

#include <optional>
#include <string>

#include "core/state/state.h"
#include "core/state/write_batch.h"

namespace aivm::reference {

// The first thing that is wrong with the batch; nothing if all is well.
std::optional<std::string> check_writes(const State& parent, const State& after,
                                        const WriteBatch& batch);

}  // namespace aivm::reference
