// The passes as MSL, made at build time from the SPIR-V of the Vulkan plugin. The kernel of a pass
// has the name of the pass; buffer n is binding n, and the parameters are buffer 6.
#pragma once

#include <string_view>

#include "gpu/kernels/passes.h"

namespace aivm::gpu {

inline constexpr std::uint32_t kMslParametersIndex = kBindingsMax;

// Ends in a zero byte behind its last character.
std::string_view msl_of(Pass pass);

}  // namespace aivm::gpu
