#include "gpu/simd/absorbers.h"

#include "core/base/check.h"

namespace aivm::gpu {

Absorber Absorbers::for_count(std::size_t count) const {
    if (count < few_min) return {absorb_scalar, 1};
    return count <= few.width ? few : many;
}

// Measured on a Zen 4 core: a step of AVX2 costs 1.4 scalar ones, a narrow one of AVX-512 0.8, a
// wide one 1.5.
Absorbers absorbers_of(KeccakWidth width) {
    constexpr Absorber kScalar{absorb_scalar, 1};
    constexpr Absorber kAvx2{absorb_avx2, 4};
    switch (width) {
        case KeccakWidth::kScalar:
            return {kScalar, kScalar, 1};
        case KeccakWidth::kAvx2:
            return {kAvx2, kAvx2, 2};
        case KeccakWidth::kAvx512:
            return {{absorb_avx512_narrow, 4}, {absorb_avx512, 8}, 1};
    }
    AIVM_UNREACHABLE("every width has its row");
}

}  // namespace aivm::gpu
