// A history: the operations of an accepted chain, and the header fields that do not depend on the
// state. Operations can be removed from it and the rest played again by the VM alone, without
// network and consensus.
//
//   history := version:u8=1 list(row)
//   row     := timestamp:u64 proposer:u32 beacon_secret:32 beacon_commitment:32 list(signed
//           operation)
//
// The first row is the block of height 1. Beacons are computed again from the secrets, so removing
// operations does not change them.
#pragma once

#include <vector>

#include "core/chain/block.h"

namespace aivm::sim {

struct HistoryRow {
    TimestampNs timestamp_ns = 0;
    ValidatorIndex proposer;
    Hash32 beacon_secret;
    Hash32 beacon_commitment;
    std::vector<OperationPtr> operations;
};
using History = std::vector<HistoryRow>;

// The history of blocks in ascending order of height, without genesis.
History history_of(const std::vector<BlockPtr>& blocks);

std::size_t operation_count(const History& history);

Bytes encode_history(const History& history);
// Refuses anything that encode_history does not write, and timestamps that run backwards.
Result<History> decode_history(ByteView bytes);

}  // namespace aivm::sim
