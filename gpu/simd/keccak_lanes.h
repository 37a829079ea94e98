// Keccak-f[1600] on several states at once: lane-interleaved states, one 64-bit lane of each state
// in a vector register.
#pragma once

#include <cstddef>
#include <cstdint>

namespace aivm::gpu {

// `lanes` holds 25 * 4 (or 25 * 8) words, aligned to 64 bytes: lane i of state s is lanes[i * width
// + s]. The CPU must have the instructions; see supported_widths().
void keccak_f1600_avx2(std::uint64_t* lanes);
void keccak_f1600_avx512(std::uint64_t* lanes);

}  // namespace aivm::gpu
