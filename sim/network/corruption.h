// Which bits of a message are flipped on its way. The network decides it and the receiver applies
// it to the bytes that it decodes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/engine/random_stream.h"

namespace aivm::sim {

struct Corruption {
    std::uint64_t bits = 0;  // decides which bits; 0: none, the message is intact

    [[nodiscard]] bool is_some() const { return bits != 0; }
};

// The numbers of one to eight bits, each to be taken modulo the bits of the message.
inline std::vector<std::uint64_t> flipped_bits(const Corruption& corruption) {
    constexpr std::uint32_t kFlipPurpose = 0x4E59'0000;
    std::vector<std::uint64_t> out;
    if (!corruption.is_some()) return out;
    RandomStream random({corruption.bits, 0, kFlipPurpose});
    for (std::uint64_t left = 1 + random.below(8); left > 0; --left)
        out.push_back(random.next_u64());
    return out;
}

// Flips them. The first is never flipped back, so that a message that is not empty changes.
inline void flip_bits(const Corruption& corruption, std::span<std::uint8_t> message) {
    if (message.empty()) return;
    const std::uint64_t bits = std::uint64_t{message.size()} * 8;
    const std::vector<std::uint64_t> chosen = flipped_bits(corruption);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const std::uint64_t bit = chosen[i] % bits;
        if (i > 0 && bit == chosen[0] % bits) continue;
        message[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    }
}

}  // namespace aivm::sim
