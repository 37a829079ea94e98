// What travels between actors. Bodies are shared and immutable: a block sent to twenty nodes is one
// block.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/chain/block.h"
#include "core/execution/execute.h"
#include "sim/consensus/consensus.h"
#include "sim/scenario/identity.h"

namespace aivm::sim {

// A consensus message, with the body of the block it speaks of where attached_block() says so.
struct ConsensusPacket {
    Message message;
    BlockPtr body;
};
// "Send me this block and its ancestors", and the answer.
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
// A validator tells a client that follows it which block it accepted.
struct AcceptedPacket {
    ExecutedPtr executed;
};
// "Tell me again, from this height on."
struct FollowRequest {
    Height from = 0;
};

// A validator tells a client that watches its queue which operation came in.
struct PendingPacket {
    OperationPtr operation;
};

using Packet = std::variant<ConsensusPacket, BlockRequest, BlockReply, OperationPacket,
                            AcceptedPacket, FollowRequest, PendingPacket>;

// The size on the wire, for bandwidth: canonical encodings plus a frame of 40 bytes.
std::uint64_t packet_bytes(const Packet& packet);

// 64 bits that stand for the contents in the trace digest.
std::uint64_t packet_digest(const Packet& packet);

}  // namespace aivm::sim
