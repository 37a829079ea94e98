#include "sim/actors/packet.h"

#include "core/base/check.h"
#include "core/config/limits.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kFrameBytes = 40;  // the checksum's 8 among them
constexpr std::uint64_t kChecksumBytes = 8;

template <class... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

constexpr std::size_t kMessageBytesMax = 1 << 16;
constexpr std::size_t kSealedBytesMax = kBlockBytesMax + (1 << 12);

// Of a block's bytes: its id is their hash, but for the authorisation.
std::uint64_t block_digest(const Block& block) {
    return mix_digest(block.id().prefix64(), digest_of_bytes(block.authorization()));
}

std::uint64_t body_bytes(const BlockPtr& block) { return block ? block->size_bytes() : 0; }

// Of a packet with an encoding: its length prefixes.
constexpr std::uint64_t kConsensusOverhead = 4 + 4;
constexpr std::uint64_t kBlockOverhead = 4;

void put_blocks(Writer& out, std::span<const BlockPtr> blocks) {
    out.u32(static_cast<std::uint32_t>(blocks.size()));
    for (const BlockPtr& block : blocks) out.bytes(block->encode());
}

Result<std::vector<BlockPtr>> take_blocks(Reader& in, std::size_t max) {
    std::vector<BlockPtr> out;
    const std::uint32_t count = in.list(max, kBlockOverhead);
    for (std::uint32_t i = 0; i < count; ++i) {
        const Bytes sealed = in.bytes(kSealedBytesMax);
        AIVM_TRY(in.status());
        AIVM_ASSIGN(BlockPtr block, Block::decode(sealed));
        out.push_back(std::move(block));
    }
    AIVM_TRY(in.finish());
    return out;
}

enum class WireKind : std::uint8_t { kConsensus, kBlockRequest, kBlockReply };

Result<Packet> decode_consensus(Reader& in, DecodeMessage decode_message) {
    const Bytes bytes = in.bytes(kMessageBytesMax);
    AIVM_ASSIGN(std::vector<BlockPtr> body, take_blocks(in, 1));
    AIVM_ASSIGN(Message message, decode_message(bytes));
    // A body that the message does not speak of has no place in it.
    const auto attached = message.attached_item();
    if (!body.empty() && attached != body.front()->id())
        return fail(ErrorCode::kMalformed, "another body than the message's");
    return ConsensusPacket{std::move(message), body.empty() ? nullptr : body.front()};
}

}  // namespace

Bytes frame_of(ByteView packet) { return Writer().u64(digest_of_bytes(packet)).raw(packet).take(); }

Bytes encode_packet(const Packet& packet) {
    if (const auto* raw = std::get_if<RawPacket>(&packet)) return raw->frame;
    Writer out;
    if (const auto* consensus = std::get_if<ConsensusPacket>(&packet)) {
        Writer message;
        consensus->message.encode(message);
        out.u8(static_cast<std::uint8_t>(WireKind::kConsensus)).bytes(message.view());
        put_blocks(out, {&consensus->body, consensus->body ? 1U : 0U});
    } else if (const auto* request = std::get_if<BlockRequest>(&packet)) {
        out.u8(static_cast<std::uint8_t>(WireKind::kBlockRequest));
        out.fixed(request->id).u32(request->count);
    } else {
        const auto* reply = std::get_if<BlockReply>(&packet);
        AIVM_CHECK(reply != nullptr);
        out.u8(static_cast<std::uint8_t>(WireKind::kBlockReply));
        put_blocks(out, reply->blocks);
    }
    return frame_of(out.view());
}

Result<Packet> decode_packet(ByteView frame, DecodeMessage decode_message) {
    Reader in(frame);
    const std::uint64_t checksum = in.u64();
    AIVM_TRY(in.status());
    if (checksum != digest_of_bytes(frame.subspan(8)))
        return fail(ErrorCode::kMalformed, "a frame with a wrong checksum");
    switch (in.enumerator<WireKind>()) {
        case WireKind::kConsensus:
            AIVM_TRY(in.status());
            return decode_consensus(in, decode_message);
        case WireKind::kBlockRequest: {
            BlockRequest request;
            request.id = in.hash();
            request.count = in.u32();
            AIVM_TRY(in.finish());
            return request;
        }
        case WireKind::kBlockReply: {
            AIVM_ASSIGN(std::vector<BlockPtr> blocks, take_blocks(in, kBlocksPerReplyMax));
            return BlockReply{std::move(blocks)};
        }
    }
    return fail(ErrorCode::kMalformed, "a packet of an unknown kind");
}

RawPacket with_flipped_bits(const Packet& packet, std::span<const std::uint64_t> bits) {
    const bool has_encoding = std::holds_alternative<ConsensusPacket>(packet) ||
                              std::holds_alternative<BlockRequest>(packet) ||
                              std::holds_alternative<BlockReply>(packet) ||
                              std::holds_alternative<RawPacket>(packet);
    RawPacket out{has_encoding ? encode_packet(packet) : Bytes{}};
    if (out.frame.empty()) return out;
    for (const std::uint64_t bit : bits) {
        const std::uint64_t place = bit % (8 * out.frame.size());
        out.frame[place / 8] ^= static_cast<std::uint8_t>(1U << (place % 8));
    }
    return out;
}

std::uint64_t packet_bytes(const Packet& packet) {
    return std::visit(
        Overloaded{
            [](const ConsensusPacket& p) {
                const std::uint64_t body = p.body ? kBlockOverhead + body_bytes(p.body) : 0;
                return kFrameBytes + 1 + kConsensusOverhead + p.message.bytes() + body;
            },
            [](const BlockRequest&) { return kFrameBytes + 1 + Hash32::size_bytes + 4; },
            [](const BlockReply& p) {
                std::uint64_t out = kFrameBytes + 1 + 4;
                for (const BlockPtr& block : p.blocks) out += kBlockOverhead + body_bytes(block);
                return out;
            },
            [](const OperationPacket& p) {
                return kFrameBytes + p.operation->bytes().size() +
                       p.operation->authorization().size();
            },
            [](const AcceptedPacket& p) { return kFrameBytes + body_bytes(p.executed->block); },
            [](const FollowRequest&) { return kFrameBytes + 8; },
            [](const PendingPacket& p) {
                return kFrameBytes + p.operation->bytes().size() +
                       p.operation->authorization().size();
            },
            [](const RawPacket& p) { return kFrameBytes - kChecksumBytes + p.frame.size(); }},
        packet);
}

std::uint64_t packet_digest(const Packet& packet) {
    const std::uint64_t contents = std::visit(
        Overloaded{[](const ConsensusPacket& p) {
                       if (!p.body) return p.message.digest();
                       return mix_digest(p.message.digest(), block_digest(*p.body));
                   },
                   [](const BlockRequest& p) { return mix_digest(p.id.prefix64(), p.count); },
                   [](const BlockReply& p) {
                       std::uint64_t out = p.blocks.size();
                       for (const BlockPtr& block : p.blocks)
                           out = mix_digest(out, block_digest(*block));
                       return out;
                   },
                   [](const OperationPacket& p) { return p.operation->id().prefix64(); },
                   [](const AcceptedPacket& p) { return p.executed->id.prefix64(); },
                   [](const FollowRequest& p) { return p.from; },
                   [](const PendingPacket& p) { return p.operation->id().prefix64(); },
                   [](const RawPacket& p) { return digest_of_bytes(p.frame); }},
        packet);
    return mix_digest(contents, packet.index());
}

}  // namespace aivm::sim
