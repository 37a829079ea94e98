#include "sim/actors/packet.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kFrameBytes = 40;

template <class... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

std::uint64_t body_bytes(const BlockPtr& block) { return block ? block->size_bytes() : 0; }

}  // namespace

std::uint64_t packet_bytes(const Packet& packet) {
    return std::visit(Overloaded{[](const ConsensusPacket& p) {
                                     return kFrameBytes + p.message.bytes() + body_bytes(p.body);
                                 },
                                 [](const BlockRequest&) { return kFrameBytes + kBlockRefBytes; },
                                 [](const BlockReply& p) {
                                     std::uint64_t out = kFrameBytes;
                                     for (const BlockPtr& block : p.blocks)
                                         out += body_bytes(block);
                                     return out;
                                 },
                                 [](const OperationPacket& p) {
                                     return kFrameBytes + p.operation->bytes().size() +
                                            p.operation->authorization().size();
                                 },
                                 [](const AcceptedPacket& p) {
                                     return kFrameBytes + body_bytes(p.executed->block);
                                 },
                                 [](const FollowRequest&) { return kFrameBytes + 8; },
                                 [](const PendingPacket& p) {
                                     return kFrameBytes + p.operation->bytes().size() +
                                            p.operation->authorization().size();
                                 }},
                      packet);
}

std::uint64_t packet_digest(const Packet& packet) {
    const std::uint64_t contents = std::visit(
        Overloaded{[](const ConsensusPacket& p) { return p.message.digest(); },
                   [](const BlockRequest& p) { return mix_digest(p.id.prefix64(), p.count); },
                   [](const BlockReply& p) {
                       std::uint64_t out = p.blocks.size();
                       for (const BlockPtr& block : p.blocks)
                           out = mix_digest(out, block->id().prefix64());
                       return out;
                   },
                   [](const OperationPacket& p) { return p.operation->id().prefix64(); },
                   [](const AcceptedPacket& p) { return p.executed->id.prefix64(); },
                   [](const FollowRequest& p) { return p.from; },
                   [](const PendingPacket& p) { return p.operation->id().prefix64(); }},
        packet);
    return mix_digest(contents, packet.index());
}

}  // namespace aivm::sim
