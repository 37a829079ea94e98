// Messages between actors. Bodies are shared and immutable: a block sent to twenty nodes exists
// once.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/chain/block.h"
#include "core/execution/execute.h"
#include "sim/consensus/consensus.h"
#include "sim/scenario/identity.h"

namespace aivm::sim {

// A consensus message, with the body of its attached_block(), if it has one.
struct ConsensusPacket {
    Message message;
    BlockPtr body;
};
// Asks for a block and its ancestors, `count` in all; BlockReply is the answer.
struct BlockRequest {
    Hash32 id;
    std::uint32_t count = 1;
};
struct BlockReply {
    std::vector<BlockPtr> blocks;  // child before parent
};
struct OperationPacket {
    OperationPtr operation;
};
// From a validator to a client that follows it: a block that it accepted.
struct AcceptedPacket {
    ExecutedPtr executed;
};
// From a client that follows a validator: asks for the accepted blocks from this height on again.
struct FollowRequest {
    Height from = 0;
};

// From a validator to a client that watches its queue: an operation that came in.
struct PendingPacket {
    OperationPtr operation;
};

using Packet = std::variant<ConsensusPacket, BlockRequest, BlockReply, OperationPacket,
                            AcceptedPacket, FollowRequest, PendingPacket>;

// The size on the wire, for bandwidth: canonical encodings plus a frame of 40 bytes.
std::uint64_t packet_bytes(const Packet& packet);

// 64 bits that represent the contents in the trace digest.
std::uint64_t packet_digest(const Packet& packet);

}  // namespace aivm::sim
