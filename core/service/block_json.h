// A block in the published form: id, parentID, height, timestamp, tasks, results, merkleRoot,
// providerRegs.
#pragma once

#include <string>

#include "core/chain/block.h"

namespace aivm {

// One line of JSON. `tasks` are the submissions in the block, `results` the answers posted or
// revealed in it. Empty lists are omitted, and so are operations for which the published form has
// no field. merkleRoot is the root over the receipts after the block.
std::string block_json(const Block& block);

}  // namespace aivm
