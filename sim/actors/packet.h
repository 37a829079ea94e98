// Messages between actors, and their bytes. Bodies are shared and immutable: a block sent to twenty
// nodes exists once.
//
//     frame    := checksum:u64 packet          checksum: digest_of_bytes(packet)
//     packet   := kind:u8 then, by kind
//       0 consensus      bytes(message) list(sealed block), at most one
//       1 block request  id:32 count:u32
//       2 block reply    list(sealed block), child before parent
//       3 vertex         bytes(message) list(sealed vertex), at most one
//       4 vertex reply   list(sealed vertex), child before parent
//     sealed block       bytes(Block::encode())
//     sealed vertex      bytes(Vertex::encode())
//
// Packets travel as objects, for speed: decode_packet(encode_packet(p)) is p, and a test sees to
// it. Only where bytes matter, because a fault flipped some or a validator sends what no engine
// would say, does a RawPacket travel, which its receiver decodes. What clients send and receive has
// no encoding here: a copy of it that was damaged on the way is dropped, as the checksum demands.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "core/chain/block.h"
#include "core/chain/vertex.h"
#include "core/execution/execute.h"
#include "sim/consensus/consensus.h"
#include "sim/scenario/identity.h"

namespace aivm::sim {

// A consensus message, with the body of its attached_item(), if it has one.
struct ConsensusPacket {
    Message message;
    BlockPtr body;
};
// The same on a DAG.
struct VertexPacket {
    Message message;
    VertexPtr body;
};
// Asks for a block or vertex and its ancestors, `count` in all; a reply is the answer.
struct BlockRequest {
    Hash32 id;
    std::uint32_t count = 1;
};
struct BlockReply {
    std::vector<BlockPtr> blocks;  // child before parent
};
struct VertexReply {
    std::vector<VertexPtr> vertices;  // child before parent
};
struct OperationPacket {
    OperationPtr operation;
};
// From a validator to a client that follows it: a block that it accepted, or a cut that it settled.
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

// Bytes that claim to be the frame of a packet.
struct RawPacket {
    Bytes frame;
};

using Packet =
    std::variant<ConsensusPacket, BlockRequest, BlockReply, OperationPacket, AcceptedPacket,
                 FollowRequest, PendingPacket, RawPacket, VertexPacket, VertexReply>;

// Of a block reply.
constexpr std::size_t kBlocksPerReplyMax = 64;

// The size on the wire, for bandwidth: canonical encodings plus a frame of 40 bytes. Every
// certificate of consensus in it takes `certificate_bytes` instead of its encoding, which has a
// signature of each voter; 0: as encoded.
std::uint64_t packet_bytes(const Packet& packet, std::uint64_t certificate_bytes = 0);

// 64 bits that represent the contents in the trace digest.
std::uint64_t packet_digest(const Packet& packet);

// Asks for the memory of a message of consensus that will be read soon.
inline void prefetch_packet(const Packet& packet) {
    if (const auto* consensus = std::get_if<ConsensusPacket>(&packet))
        consensus->message.prefetch();
}

using DecodeMessage = Result<Message> (*)(ByteView bytes);  // EngineRow::decode

// The frame of a packet. Requires one of the kinds that have an encoding, or a RawPacket, which is
// its own frame.
Bytes encode_packet(const Packet& packet);
// Fails on a wrong checksum, and on bytes that are not a packet in canonical form.
Result<Packet> decode_packet(ByteView frame, DecodeMessage decode_message);

constexpr std::size_t kChecksumBytes = 8;  // at the beginning of a frame
// The frame around a packet's bytes, whatever they are.
Bytes frame_of(ByteView packet);

// A consensus packet without a body, whose message is these bytes, whatever they are.
RawPacket raw_consensus_packet(ByteView message);

// What arrives when these bits were flipped on the way, counted from the first bit of the frame and
// modulo their number. A packet without an encoding arrives as an empty frame.
RawPacket with_flipped_bits(const Packet& packet, std::span<const std::uint64_t> bits);

}  // namespace aivm::sim
