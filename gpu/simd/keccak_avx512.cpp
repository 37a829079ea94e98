// Eight states in 512-bit registers; three-input logic and rotations are single instructions, and
// 32 registers hold all 25 words.
#include <cstring>

#include "gpu/simd/sponge_step.h"

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

#include "gpu/simd/sponge_words.inc"

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
[[gnu::always_inline]] inline Vec and2(Vec a, Vec b) { return _mm512_and_si512(a, b); }
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
    if constexpr (N == 0) {
        return v;
    } else {
        return _mm512_rol_epi64(v, N);
    }
}

// Sponges 0 to 3 in the low half of a vector, 4 to 7 in the high half.
[[gnu::always_inline]] inline Vec join(__m256i low, __m256i high) {
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}
[[gnu::always_inline]] inline void load_pieces(const std::uint8_t* const* pieces,
                                               std::size_t offset, Vec* words) {
    __m256i low[4];
    __m256i high[4];
    load_words(pieces, offset, low);
    load_words(pieces + 4, offset, high);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) words[i] = join(low[i], high[i]);
}
[[gnu::always_inline]] inline Vec load_last_word(const std::uint8_t* const* pieces,
                                                 std::size_t offset) {
    return join(load_word(pieces, offset), load_word(pieces + 4, offset));
}
[[gnu::always_inline]] inline void store_digests(const Vec* words, std::uint8_t* const* digests) {
    __m256i low[4];
    __m256i high[4];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
        low[i] = _mm512_castsi512_si256(words[i]);
        high[i] = _mm512_extracti64x4_epi64(words[i], 1);
    }
    store_words(low, digests);
    store_words(high, digests + 4);
}

#include "gpu/simd/keccak_rounds.inc"
#include "gpu/simd/sponge_absorb.inc"

}  // namespace

void absorb_avx512(std::uint64_t* states, const SpongeStep& step) { absorb(states, step); }

}  // namespace aivm::gpu
#pragma GCC diagnostic pop
#else
#include "core/base/check.h"
namespace aivm::gpu {
void absorb_avx512(std::uint64_t*, const SpongeStep&) {
    AIVM_UNREACHABLE("no AVX-512 on this architecture");
}
}  // namespace aivm::gpu
#endif
