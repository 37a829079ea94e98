// Which Keccak width to use: how many messages go through one permutation side by side.
#pragma once

#include <vector>

namespace aivm::gpu {

enum class KeccakWidth : int { kScalar = 1, kAvx2 = 4, kAvx512 = 8 };

// "scalar", "avx2" or "avx512".
const char* width_name(KeccakWidth width);

// What this CPU can run, narrowest first; kScalar always.
std::vector<KeccakWidth> supported_widths();

// The widest of them.
KeccakWidth best_width();

}  // namespace aivm::gpu
