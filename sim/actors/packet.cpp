#include "sim/actors/packet.h"

#include "core/base/check.h"
#include "core/config/limits.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kFrameBytes = 40;  // the checksum's 8 among them

template <class... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

constexpr std::size_t kMessageBytesMax = 1 << 16;
constexpr std::size_t kSealedBytesMax = kBlockBytesMax + (1 << 12);
constexpr std::size_t kSealedVertexBytesMax = kVertexBytesMax + (1 << 12);

// Of the bytes of a block or vertex: its id is their hash, but for the authorisation.
template <class Body>
std::uint64_t block_digest(const Body& body) {
    return mix_digest(body.id().prefix64(), digest_of_bytes(body.authorization()));
}

template <class Body>
std::uint64_t body_bytes(const std::shared_ptr<const Body>& body) {
    return body ? body->size_bytes() : 0;
}

// Of a packet with an encoding: its length prefixes.
constexpr std::uint64_t kConsensusOverhead = 4 + 4;
constexpr std::uint64_t kBlockOverhead = 4;

template <class Body>
void put_bodies(Writer& out, std::span<const std::shared_ptr<const Body>> bodies) {
    out.u32(static_cast<std::uint32_t>(bodies.size()));
    for (const auto& body : bodies) out.bytes(body->encode());
}

template <class Body>
Result<std::vector<std::shared_ptr<const Body>>> take_bodies(Reader& in, std::size_t max) {
    constexpr bool kOfVertices = std::is_same_v<Body, Vertex>;
    std::vector<std::shared_ptr<const Body>> out;
    const std::uint32_t count = in.list(max, kBlockOverhead);
    for (std::uint32_t i = 0; i < count; ++i) {
        const Bytes sealed = in.bytes(kOfVertices ? kSealedVertexBytesMax : kSealedBytesMax);
        AIVM_TRY(in.status());
        AIVM_ASSIGN(std::shared_ptr<const Body> body, Body::decode(sealed));
        out.push_back(std::move(body));
    }
    AIVM_TRY(in.finish());
    return out;
}

enum class WireKind : std::uint8_t {
    kConsensus,
    kBlockRequest,
    kBlockReply,
    kVertex,
    kVertexReply
};

template <class Kind>
void put_consensus(Writer& out, WireKind wire, const Kind& packet) {
    Writer message;
    packet.message.encode(message);
    out.u8(static_cast<std::uint8_t>(wire)).bytes(message.view());
    put_bodies(out, std::span(&packet.body, packet.body ? 1U : 0U));
}

template <class Body, class Kind>
Result<Packet> decode_consensus(Reader& in, DecodeMessage decode_message) {
    const Bytes bytes = in.bytes(kMessageBytesMax);
    AIVM_ASSIGN(auto body, take_bodies<Body>(in, 1));
    AIVM_ASSIGN(Message message, decode_message(bytes));
    // A body that the message does not speak of has no place in it.
    const auto attached = message.attached_item();
    if (!body.empty() && attached != body.front()->id())
        return fail(ErrorCode::kMalformed, "another body than the message's");
    return Kind{std::move(message), body.empty() ? nullptr : body.front()};
}

std::uint64_t message_bytes(const Message& message, std::uint64_t certificate_bytes) {
    if (certificate_bytes == 0) return message.bytes();
    const CertificateShare certificates = message.certificates();
    return message.bytes() - certificates.bytes + certificates.count * certificate_bytes;
}

template <class Kind>
std::uint64_t consensus_bytes(const Kind& packet, std::uint64_t certificate_bytes) {
    const std::uint64_t body = packet.body ? kBlockOverhead + body_bytes(packet.body) : 0;
    return kFrameBytes + 1 + kConsensusOverhead + message_bytes(packet.message, certificate_bytes) +
           body;
}

template <class Bodies>
std::uint64_t reply_bytes(const Bodies& bodies) {
    std::uint64_t out = kFrameBytes + 1 + 4;
    for (const auto& body : bodies) out += kBlockOverhead + body_bytes(body);
    return out;
}

template <class Kind>
std::uint64_t consensus_digest(const Kind& packet) {
    if (!packet.body) return packet.message.digest();
    return mix_digest(packet.message.digest(), block_digest(*packet.body));
}

template <class Bodies>
std::uint64_t reply_digest(const Bodies& bodies) {
    std::uint64_t out = bodies.size();
    for (const auto& body : bodies) out = mix_digest(out, block_digest(*body));
    return out;
}

}  // namespace

Bytes frame_of(ByteView packet) { return Writer().u64(digest_of_bytes(packet)).raw(packet).take(); }

Bytes encode_packet(const Packet& packet) {
    if (const auto* raw = std::get_if<RawPacket>(&packet)) return raw->frame;
    Writer out;
    if (const auto* consensus = std::get_if<ConsensusPacket>(&packet)) {
        put_consensus(out, WireKind::kConsensus, *consensus);
    } else if (const auto* vertex = std::get_if<VertexPacket>(&packet)) {
        put_consensus(out, WireKind::kVertex, *vertex);
    } else if (const auto* vertices = std::get_if<VertexReply>(&packet)) {
        out.u8(static_cast<std::uint8_t>(WireKind::kVertexReply));
        put_bodies(out, std::span(vertices->vertices));
    } else if (const auto* request = std::get_if<BlockRequest>(&packet)) {
        out.u8(static_cast<std::uint8_t>(WireKind::kBlockRequest));
        out.fixed(request->id).u32(request->count);
    } else {
        const auto* reply = std::get_if<BlockReply>(&packet);
        AIVM_CHECK(reply != nullptr);
        out.u8(static_cast<std::uint8_t>(WireKind::kBlockReply));
        put_bodies(out, std::span(reply->blocks));
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
            return decode_consensus<Block, ConsensusPacket>(in, decode_message);
        case WireKind::kVertex:
            AIVM_TRY(in.status());
            return decode_consensus<Vertex, VertexPacket>(in, decode_message);
        case WireKind::kBlockRequest: {
            BlockRequest request;
            request.id = in.hash();
            request.count = in.u32();
            AIVM_TRY(in.finish());
            return request;
        }
        case WireKind::kBlockReply: {
            AIVM_ASSIGN(std::vector<BlockPtr> blocks, take_bodies<Block>(in, kBlocksPerReplyMax));
            return BlockReply{std::move(blocks)};
        }
        case WireKind::kVertexReply: {
            AIVM_ASSIGN(std::vector<VertexPtr> vertices,
                        take_bodies<Vertex>(in, kBlocksPerReplyMax));
            return VertexReply{std::move(vertices)};
        }
    }
    return fail(ErrorCode::kMalformed, "a packet of an unknown kind");
}

RawPacket raw_consensus_packet(ByteView message) {
    Writer out;
    out.u8(static_cast<std::uint8_t>(WireKind::kConsensus)).bytes(message);
    put_bodies(out, std::span<const BlockPtr>());
    return {frame_of(out.view())};
}

RawPacket with_flipped_bits(const Packet& packet, std::span<const std::uint64_t> bits) {
    const bool has_encoding = std::holds_alternative<ConsensusPacket>(packet) ||
                              std::holds_alternative<BlockRequest>(packet) ||
                              std::holds_alternative<BlockReply>(packet) ||
                              std::holds_alternative<VertexPacket>(packet) ||
                              std::holds_alternative<VertexReply>(packet) ||
                              std::holds_alternative<RawPacket>(packet);
    RawPacket out{has_encoding ? encode_packet(packet) : Bytes{}};
    if (out.frame.empty()) return out;
    for (const std::uint64_t bit : bits) {
        const std::uint64_t place = bit % (8 * out.frame.size());
        out.frame[place / 8] ^= static_cast<std::uint8_t>(1U << (place % 8));
    }
    return out;
}

std::uint64_t packet_bytes(const Packet& packet, std::uint64_t certificate_bytes) {
    return std::visit(
        Overloaded{
            [&](const ConsensusPacket& p) { return consensus_bytes(p, certificate_bytes); },
            [&](const VertexPacket& p) { return consensus_bytes(p, certificate_bytes); },
            [](const VertexReply& p) { return reply_bytes(p.vertices); },
            [](const BlockRequest&) { return kFrameBytes + 1 + Hash32::size_bytes + 4; },
            [](const BlockReply& p) { return reply_bytes(p.blocks); },
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
        Overloaded{[](const ConsensusPacket& p) { return consensus_digest(p); },
                   [](const VertexPacket& p) { return consensus_digest(p); },
                   [](const VertexReply& p) { return reply_digest(p.vertices); },
                   [](const BlockRequest& p) { return mix_digest(p.id.prefix64(), p.count); },
                   [](const BlockReply& p) { return reply_digest(p.blocks); },
                   [](const OperationPacket& p) { return p.operation->id().prefix64(); },
                   [](const AcceptedPacket& p) { return p.executed->id.prefix64(); },
                   [](const FollowRequest& p) { return p.from; },
                   [](const PendingPacket& p) { return p.operation->id().prefix64(); },
                   [](const RawPacket& p) { return digest_of_bytes(p.frame); }},
        packet);
    return mix_digest(contents, packet.index());
}

}  // namespace aivm::sim
