// Sponges of one width and what each of them does in the next step: a message of its own, one link
// of a fold, or nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"
#include "gpu/simd/sponge_step.h"

namespace aivm::gpu {

// An instruction set's step, and how many sponges it advances.
struct Absorber {
    AbsorbFunction absorb = absorb_scalar;
    std::size_t width = 1;
};

inline constexpr std::size_t kBlockBytes = 136;

// The number of blocks of a message: its padding is at least one byte.
constexpr std::size_t block_count(std::size_t length_bytes) {
    return length_bytes / kBlockBytes + 1;
}

// Turns a block of zero bytes into the padding of a message whose last block has `used_bytes`.
constexpr void pad_block(std::uint8_t* block, std::size_t used_bytes) {
    block[used_bytes] ^= 0x01;
    block[kBlockBytes - 1] ^= 0x80;
}

// A message in whole blocks, which must stay until the last one is absorbed.
struct Message {
    const std::uint8_t* full_blocks = nullptr;
    const std::uint8_t* last_block = nullptr;  // padded
    std::size_t blocks = 0;                    // the last one included
    Hash32* digest = nullptr;
};

class SpongeSet {
public:
    explicit SpongeSet(const Absorber& absorber);
    SpongeSet(const SpongeSet&) = delete;
    SpongeSet& operator=(const SpongeSet&) = delete;

    [[nodiscard]] std::size_t width() const { return absorber_.width; }
    // Steps until the sponge's message is hashed; 0 when it has none.
    [[nodiscard]] std::size_t blocks_left(std::size_t sponge) const {
        return messages_[sponge].blocks_left;
    }
    // The most blocks that a sponge has left.
    [[nodiscard]] std::size_t blocks_left_max() const;

    // Requires that the sponge has no message.
    void start(std::size_t sponge, const Message& message) {
        messages_[sponge] = {message.full_blocks, message.last_block, message.blocks, false};
        step_.digest[sponge] = message.digest->data();  // the last block's is written last
    }
    // Sets up the next block of the sponge's message, or nothing if there is none.
    void prepare_message(std::size_t sponge);
    // Sets up after = keccak(accumulator || leaf), one block.
    void prepare_link(std::size_t sponge, const Hash32& accumulator, const Hash32& leaf,
                      Hash32& after);

    // One step. Every sponge must have been prepared since the last one.
    void absorb();

private:
    struct Progress {
        const std::uint8_t* full_blocks = nullptr;  // those left
        const std::uint8_t* last_block = nullptr;
        std::size_t blocks_left = 0;
        bool has_started = false;
    };

    void set_block(std::size_t sponge, const std::uint8_t* block);

    alignas(64) std::array<std::uint64_t, kStateWords * kSpongesMax> states_{};
    SpongeStep step_{};
    std::array<Progress, kSpongesMax> messages_{};
    Absorber absorber_;
    Hash32 unused_digest_;
};

}  // namespace aivm::gpu
