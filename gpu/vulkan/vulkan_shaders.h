// The passes as SPIR-V, in two variants: Keccak on 64-bit integers, and on pairs of 32 bits for
// devices without them. Generated at build time from shaders/.
#pragma once

#include <cstdint>
#include <span>

#include "gpu/kernels/passes.h"

namespace aivm::gpu {

std::span<const std::uint32_t> shader_of(Pass pass, bool has_int64);

}  // namespace aivm::gpu
