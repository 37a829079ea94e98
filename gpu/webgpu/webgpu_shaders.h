// The passes as WGSL, generated at build time from gpu/vulkan/shaders.
#pragma once

#include <string_view>

#include "gpu/kernels/passes.h"

namespace aivm::gpu {

// The binding of the uniform buffer with a launch's parameters: the first behind all buffers.
inline constexpr std::uint32_t kParametersBinding = kBindingsMax;

std::string_view wgsl_of(Pass pass);

}  // namespace aivm::gpu
