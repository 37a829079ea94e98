// Eight states in 512-bit registers; three-input logic and rotations are single instructions, and
// all 25 lanes fit.
#include "gpu/simd/keccak_lanes.h"

#if defined(__x86_64__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"
#if !defined(__clang__)
#pragma GCC diagnostic ignored \
    "-Wuninitialized"  // GCC 12 in its own header: _mm512_undefined_epi32
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

namespace aivm::gpu {
namespace {

using Vec = __m512i;
constexpr std::size_t kWidth = 8;

[[gnu::always_inline]] inline Vec load(const std::uint64_t* from) {
    return _mm512_load_si512(from);
}
[[gnu::always_inline]] inline void store(std::uint64_t* to, Vec value) {
    _mm512_store_si512(to, value);
}
[[gnu::always_inline]] inline Vec splat(std::uint64_t word) {
    return _mm512_set1_epi64(static_cast<long long>(word));
}
[[gnu::always_inline]] inline Vec xor2(Vec a, Vec b) { return _mm512_xor_si512(a, b); }
[[gnu::always_inline]] inline Vec xor3(Vec a, Vec b, Vec c) {
    return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}
[[gnu::always_inline]] inline Vec xor5(Vec a, Vec b, Vec c, Vec d, Vec e) {
    return xor3(xor3(a, b, c), d, e);
}
[[gnu::always_inline]] inline Vec chi(Vec a, Vec b, Vec c) {
    return _mm512_ternarylogic_epi64(a, b, c, 0xD2);
}

template <int N>
[[gnu::always_inline]] inline Vec rotl(Vec v) {
    return _mm512_rol_epi64(v, N);
}

#include "gpu/simd/keccak_round.inc"

}  // namespace

void keccak_f1600_avx512(std::uint64_t* lanes) { permute(lanes); }

}  // namespace aivm::gpu
#pragma GCC diagnostic pop
#else
#include "core/base/check.h"
namespace aivm::gpu {
void keccak_f1600_avx512(std::uint64_t*) { AIVM_UNREACHABLE("no AVX-512 on this architecture"); }
}  // namespace aivm::gpu
#endif
