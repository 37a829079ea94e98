// Four states in 256-bit registers, with what AVX-512 adds for these: three-input logic and
// rotations are single instructions, and 32 registers hold all 25 words.
#include <cstring>

#include "gpu/simd/sponge_step.h"

#if defined(__x86_64__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
#include <immintrin.h>

namespace aivm::gpu {
namespace {

#include "gpu/simd/four_sponges.inc"

[[gnu::always_inline]] inline Vec xor3(Vec a, Vec b, Vec c) {
    return _mm256_ternarylogic_epi64(a, b, c, 0x96);
}
[[gnu::always_inline]] inline Vec xor5(Vec a, Vec b, Vec c, Vec d, Vec e) {
    return xor3(xor3(a, b, c), d, e);
}
[[gnu::always_inline]] inline Vec chi(Vec a, Vec b, Vec c) {
    return _mm256_ternarylogic_epi64(a, b, c, 0xD2);
}

template <int N>
[[gnu::always_inline]] inline Vec rotl(Vec v) {
    if constexpr (N == 0) {
        return v;
    } else {
        return _mm256_rol_epi64(v, N);
    }
}

#include "gpu/simd/keccak_rounds.inc"
#include "gpu/simd/sponge_absorb.inc"

}  // namespace

void absorb_avx512_narrow(std::uint64_t* states, const SpongeStep& step) { absorb(states, step); }

}  // namespace aivm::gpu
#pragma GCC diagnostic pop
#else
#include "core/base/check.h"
namespace aivm::gpu {
void absorb_avx512_narrow(std::uint64_t*, const SpongeStep&) {
    AIVM_UNREACHABLE("no AVX-512 on this architecture");
}
}  // namespace aivm::gpu
#endif
