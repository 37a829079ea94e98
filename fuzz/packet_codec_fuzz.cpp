// What a validator makes of bytes from the network. A decoded packet must encode to the same bytes;
// all other bytes must fail with kMalformed.
//
// The first byte chooses the engine and whether the frame's checksum is computed here, so that the
// decoders behind it are reached.
#include <cstdint>

#include "core/base/check.h"
#include "sim/actors/packet.h"
#include "sim/scenario/engines.h"

using namespace aivm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView rest{data + 1, size - 1};
    const sim::EngineRow& decides = *sim::kEngines[data[0] / 2 % sim::kEngines.size()];
    // Its messages are those of avalanche and the votes for cuts.
    const sim::EngineRow& engine = decides.of_dag ? sim::kCutVotesEngine : decides;
    const Bytes frame = data[0] % 2 == 0 ? sim::frame_of(rest) : Bytes(rest.begin(), rest.end());
    const auto packet = sim::decode_packet(frame, engine.decode);
    if (!packet) {
        AIVM_CHECK(packet.error().code == ErrorCode::kMalformed);
        return 0;
    }
    AIVM_CHECK(sim::encode_packet(*packet) == frame);
    AIVM_CHECK(sim::packet_bytes(*packet) == frame.size() + 32);
    return 0;
}
