// A block in the published form: id, parentID, height, timestamp, tasks, results, merkleRoot,
// providerRegs.
#pragma once

#include <string>

#include "core/chain/block.h"

namespace aivm {

// One line of JSON. `tasks` are the submissions the block carries, `results` the answers posted or
// revealed in it; lists that would be empty are left out, and so are operations that the published
// form has no place for. merkleRoot is the root over the receipts after the block.
std::string block_json(const Block& block);

}  // namespace aivm
