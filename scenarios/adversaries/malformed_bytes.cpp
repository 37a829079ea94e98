// malformed_bytes: sends bytes that no engine would say, under a right checksum.
//
// Stresses decoders: some bits of a message are flipped, or its end is cut off or continued. Most
// such bytes are refused; others are messages with another id, height or number in them. Neither
// may stop a node, nor make a good copy of a block unacceptable later. Observe malformed_dropped,
// and that the chain goes on.
#include "core/base/encode.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class MalformedBytes final : public sim::ValidatorStrategy {
public:
    MalformedBytes(const Parameters& parameters, sim::RandomStream random)
        : random_(random), share_ppm_(parameters.ppm("share_ppm")) {}

    bool includes(const SignedOperation&) override { return true; }
    void sends(sim::ActorId, sim::Outgoing& outgoing) override {
        if (!random_.bernoulli_ppm(share_ppm_)) return;
        Bytes packet = outgoing.dag != nullptr
                           ? sim::encode_packet(sim::VertexPacket{outgoing.message, nullptr})
                           : sim::encode_packet(sim::ConsensusPacket{outgoing.message, nullptr});
        packet.erase(packet.begin(), packet.begin() + sim::kChecksumBytes);
        damage(packet);
        outgoing.instead = sim::RawPacket{sim::frame_of(packet)};
    }

private:
    static constexpr std::uint64_t kBitsMax = 4;
    static constexpr std::uint64_t kBytesMax = 40;

    void damage(Bytes& packet) {
        switch (random_.below(3)) {
            case 0:
                return packet.resize(random_.below(packet.size()));
            case 1:
                for (std::uint64_t more = 1 + random_.below(kBytesMax); more > 0; --more)
                    packet.push_back(static_cast<std::uint8_t>(random_.below(256)));
                return;
            default:
                for (std::uint64_t bits = 1 + random_.below(kBitsMax); bits > 0; --bits) {
                    std::uint8_t& byte = packet[random_.below(packet.size())];
                    byte = static_cast<std::uint8_t>(byte ^ 1U << random_.below(8));
                }
        }
    }

    sim::RandomStream random_;
    std::uint32_t share_ppm_;
};

std::unique_ptr<sim::ValidatorStrategy> make_malformed_bytes(const Parameters& parameters,
                                                             const sim::StrategyContext& context) {
    return std::make_unique<MalformedBytes>(parameters, context.random);
}

constexpr std::array kMalformedParameters{
    StrategyParameter{"share_ppm", 0, 1'000'000, 500'000, "ppm",
                      "share of its messages that are damaged"},
};

}  // namespace

const StrategyRow kMalformedBytesRow{.name = "malformed_bytes",
                                     .doc = "sends damaged messages under a right checksum",
                                     .parameters = kMalformedParameters,
                                     .validator = make_malformed_bytes,
                                     .on_machines = true,
                                     .on_dag = OnDag::kToo};

}  // namespace aivm::scenarios
