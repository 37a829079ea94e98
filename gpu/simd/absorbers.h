// The step functions of a Keccak width, and the choice between them by the amount of work.
#pragma once

#include <cstddef>

#include "gpu/simd/cpu_width.h"
#include "gpu/simd/sponge_set.h"

namespace aivm::gpu {

struct Absorbers {
    Absorber few;   // for the links of folds, and for small batches
    Absorber many;  // no narrower than `few`
    // Below this number of sponges, a step of `few` costs more than as many scalar ones.
    std::size_t few_min = 1;

    // The one to use for `count` independent messages.
    [[nodiscard]] Absorber for_count(std::size_t count) const;
};

Absorbers absorbers_of(KeccakWidth width);

}  // namespace aivm::gpu
