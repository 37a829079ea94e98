#include "sim/actors/packet.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kFrameBytes = 40;
constexpr std::uint64_t kReferenceBytes = 40;  // an id and a height

template <class... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

// Cheap and order-sensitive: what goes in is mostly parts of cryptographic digests already.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    return (a ^ (b + 0x9E3779B97F4A7C15ULL + (a << 6) + (a >> 2))) * 0xBF58476D1CE4E5B9ULL;
}

std::uint64_t digest_of(const BlockRef& ref) { return mix(ref.id.prefix64(), ref.height); }

std::uint64_t digest_of(const Message& message) {
    const std::uint64_t contents = std::visit(
        Overloaded{[](const Query& m) {
                       return mix(mix(m.poll, digest_of(m.block)), m.next_height * 2 + m.push);
                   },
                   [](const Chits& m) {
                       return mix(mix(mix(m.poll, digest_of(m.preferred)), m.at_height.prefix64()),
                                  digest_of(m.last_accepted));
                   },
                   [](const FrontierRequest& m) { return m.request; },
                   [](const Frontier& m) { return mix(m.request, digest_of(m.last_accepted)); },
                   [](const ConfirmRequest& m) {
                       std::uint64_t out = m.request;
                       for (const BlockRef& block : m.blocks) out = mix(out, digest_of(block));
                       return out;
                   },
                   [](const Confirm& m) { return mix(m.request, m.accepted_mask); },
                   [](const Ordered& m) { return digest_of(m.block); }},
        message);
    return mix(contents, message.index());
}

std::uint64_t bytes_of(const Message& message) {
    if (const auto* confirm = std::get_if<ConfirmRequest>(&message)) {
        return kFrameBytes + 8 + confirm->blocks.size() * kReferenceBytes;
    }
    return kFrameBytes + (std::holds_alternative<Chits>(message) ? 3 : 1) * kReferenceBytes;
}

std::uint64_t body_bytes(const BlockPtr& block) { return block ? block->size_bytes() : 0; }

}  // namespace

std::uint64_t packet_bytes(const Packet& packet) {
    return std::visit(
        Overloaded{
            [](const ConsensusPacket& p) { return bytes_of(p.message) + body_bytes(p.body); },
            [](const BlockRequest&) { return kFrameBytes + kReferenceBytes; },
            [](const BlockReply& p) {
                std::uint64_t out = kFrameBytes;
                for (const BlockPtr& block : p.blocks) out += body_bytes(block);
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
            }},
        packet);
}

std::uint64_t packet_digest(const Packet& packet) {
    const std::uint64_t contents =
        std::visit(Overloaded{[](const ConsensusPacket& p) { return digest_of(p.message); },
                              [](const BlockRequest& p) { return mix(p.id.prefix64(), p.count); },
                              [](const BlockReply& p) {
                                  std::uint64_t out = p.blocks.size();
                                  for (const BlockPtr& block : p.blocks)
                                      out = mix(out, block->id().prefix64());
                                  return out;
                              },
                              [](const OperationPacket& p) { return p.operation->id().prefix64(); },
                              [](const AcceptedPacket& p) { return p.executed->id.prefix64(); },
                              [](const FollowRequest& p) { return p.from; },
                              [](const PendingPacket& p) { return p.operation->id().prefix64(); }},
                   packet);
    return mix(contents, packet.index());
}

}  // namespace aivm::sim
