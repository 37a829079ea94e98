#include "gpu/vulkan/vulkan_shaders.h"

namespace aivm::gpu {
namespace {

#include <vulkan_shader_table.inc>

using Words = std::span<const std::uint32_t>;

#define AIVM_SHADER(name) Words(name),
constexpr Words kShaders64[] = {SHADERS_64(AIVM_SHADER)};
constexpr Words kShaders32[] = {SHADERS_32(AIVM_SHADER)};
#undef AIVM_SHADER
static_assert(std::size(kShaders64) == kPassCount, "a shader per pass, in the order of Pass");
static_assert(std::size(kShaders32) == kPassCount);

}  // namespace

Words shader_of(Pass pass, bool has_int64) {
    const auto index = static_cast<std::uint32_t>(pass);
    return has_int64 ? kShaders64[index] : kShaders32[index];
}

}  // namespace aivm::gpu
