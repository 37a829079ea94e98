#include "gpu/metal/metal_shaders.h"

namespace aivm::gpu {
namespace {

constexpr std::string_view kShaders[] = {
#include <metal_shader_table.inc>
};
static_assert(std::size(kShaders) == kPassCount, "a shader per pass, in the order of Pass");
static_assert(kMslParametersIndex == 6, "finish_msl.cmake writes it");

}  // namespace

std::string_view msl_of(Pass pass) { return kShaders[static_cast<std::uint32_t>(pass)]; }

}  // namespace aivm::gpu
