// Four states in 256-bit registers.
#include "gpu/simd/keccak_lanes.h"

#if defined(__x86_64__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
#include <immintrin.h>

namespace aivm::gpu {
namespace {

using Vec = __m256i;
constexpr std::size_t kWidth = 4;

[[gnu::always_inline]] inline Vec load(const std::uint64_t* from) {
    return _mm256_load_si256(reinterpret_cast<const Vec*>(from));
}
[[gnu::always_inline]] inline void store(std::uint64_t* to, Vec value) {
    _mm256_store_si256(reinterpret_cast<Vec*>(to), value);
}
[[gnu::always_inline]] inline Vec splat(std::uint64_t word) {
    return _mm256_set1_epi64x(static_cast<long long>(word));
}
[[gnu::always_inline]] inline Vec xor2(Vec a, Vec b) { return _mm256_xor_si256(a, b); }
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

#include "gpu/simd/keccak_round.inc"

}  // namespace

void keccak_f1600_avx2(std::uint64_t* lanes) { permute(lanes); }

}  // namespace aivm::gpu
#pragma GCC diagnostic pop
#else
#include "core/base/check.h"
namespace aivm::gpu {
void keccak_f1600_avx2(std::uint64_t*) { AIVM_UNREACHABLE("no AVX2 on this architecture"); }
}  // namespace aivm::gpu
#endif
