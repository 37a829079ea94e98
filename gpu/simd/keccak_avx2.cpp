// Four states in 256-bit registers, with AVX2 alone.
#include <cstring>

#include "gpu/simd/sponge_step.h"

#if defined(__x86_64__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
#include <immintrin.h>

namespace aivm::gpu {
namespace {

#include "gpu/simd/four_sponges.inc"

[[gnu::always_inline]] inline Vec xor5(Vec a, Vec b, Vec c, Vec d, Vec e) {
    return xor2(xor2(xor2(a, b), xor2(c, d)), e);
}
[[gnu::always_inline]] inline Vec chi(Vec a, Vec b, Vec c) {
    return xor2(a, _mm256_andnot_si256(b, c));
}

template <int N>
[[gnu::always_inline]] inline Vec rotl(Vec v) {
    if constexpr (N == 0) return v;
    return _mm256_or_si256(_mm256_slli_epi64(v, N), _mm256_srli_epi64(v, 64 - N));
}

#include "gpu/simd/keccak_rounds.inc"
#include "gpu/simd/sponge_absorb.inc"

}  // namespace

void absorb_avx2(std::uint64_t* states, const SpongeStep& step) { absorb(states, step); }

}  // namespace aivm::gpu
#pragma GCC diagnostic pop
#else
#include "core/base/check.h"
namespace aivm::gpu {
void absorb_avx2(std::uint64_t*, const SpongeStep&) {
    AIVM_UNREACHABLE("no AVX2 on this architecture");
}
}  // namespace aivm::gpu
#endif
