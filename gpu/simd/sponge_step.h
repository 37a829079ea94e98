// One step of several Keccak-256 sponges side by side: each absorbs a block, then all are permuted
// in one set of vector registers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace aivm::gpu {

inline constexpr std::size_t kSpongesMax = 8;
inline constexpr std::size_t kStateWords = 25;

// The block of a sponge is three pieces, so that a link of a fold, accumulator || leaf || padding,
// is absorbed from where these lie. Pieces may have any alignment.
struct SpongeStep {
    const std::uint8_t* low[kSpongesMax];     // bytes [0, 32) of the block
    const std::uint8_t* middle[kSpongesMax];  // bytes [32, 64)
    const std::uint8_t* high[kSpongesMax];    // bytes [64, 136)
    std::uint8_t* digest[kSpongesMax];        // receives 32 bytes of the permuted state
    // All ones: the block continues the sponge's message. Zero: it starts a message.
    alignas(64) std::uint64_t keep[kSpongesMax];
    bool some_continue;  // a word of `keep` is set; otherwise `states` is not read
    bool some_go_on;     // a sponge's message has more blocks; otherwise `states` is not written
};

// `states` holds kStateWords * width words, aligned to 64 bytes: word i of sponge s is
// `states` holds kStateWords * width words, aligned to 64 bytes: word i of sponge s is
// states[i * width + s]. All pieces are read before a digest is written. The CPU must have the
// instructions; see supported_widths().
using AbsorbFunction = void (*)(std::uint64_t* states, const SpongeStep& step);

void absorb_scalar(std::uint64_t* states, const SpongeStep& step);  // width 1, on every CPU
void absorb_avx2(std::uint64_t* states, const SpongeStep& step);    // width 4
// Width 4 with the instructions of AVX-512: half the work of width 8 where the CPU executes 512-bit
// instructions in two halves, and a shorter way from one link of a fold to the next.
void absorb_avx512_narrow(std::uint64_t* states, const SpongeStep& step);
void absorb_avx512(std::uint64_t* states, const SpongeStep& step);  // width 8

}  // namespace aivm::gpu
