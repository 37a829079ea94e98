#include "gpu/webgpu/webgpu_shaders.h"

namespace aivm::gpu {
namespace {

constexpr std::string_view kShaders[] = {
#include <webgpu_shader_table.inc>
};
static_assert(std::size(kShaders) == kPassCount, "a shader per pass, in the order of Pass");
static_assert(kParametersBinding == 6, "shaders/dialect.inc declares it");

}  // namespace

std::string_view wgsl_of(Pass pass) { return kShaders[static_cast<std::uint32_t>(pass)]; }

}  // namespace aivm::gpu
