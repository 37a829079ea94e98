// One state in general registers: for CPUs without the vector instructions, and for what is too
// little to fill a vector.
#include <algorithm>
#include <cstring>

#include "core/base/keccak.h"
#include "gpu/simd/sponge_step.h"

namespace aivm::gpu {
namespace {

void xor_words(std::uint64_t* words, const std::uint8_t* bytes, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes + 8 * i, 8);
        words[i] ^= word;
    }
}

}  // namespace

void absorb_scalar(std::uint64_t* states, const SpongeStep& step) {
    KeccakState state{};
    if (step.some_continue) std::copy_n(states, kStateWords, state.begin());
    xor_words(state.data(), step.low[0], 4);
    xor_words(state.data() + 4, step.middle[0], 4);
    xor_words(state.data() + 8, step.high[0], 9);
    keccak_f1600(state);
    std::copy(state.begin(), state.end(), states);
    std::memcpy(step.digest[0], state.data(), 32);
}

}  // namespace aivm::gpu
