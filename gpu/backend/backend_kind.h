// The published names of what can compute the kernels, and of how one is chosen.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace aivm::gpu {

enum class BackendKind : std::uint8_t { kNone, kCuda, kHip, kMetal, kVulkan, kWebGpu };

// In the order in which plugins are looked for.
inline constexpr std::array kPluginKinds{BackendKind::kCuda, BackendKind::kHip, BackendKind::kMetal,
                                         BackendKind::kVulkan, BackendKind::kWebGpu};

// "none", "cuda", "hip", "metal", "vulkan" or "webgpu".
std::string_view name(BackendKind kind);

// kAuto: a plugin if there is one. kCpu: never. kGpu: a plugin, or an error.
enum class Mode : std::uint8_t { kAuto, kCpu, kGpu };

// "auto", "cpu" or "gpu".
std::string_view name(Mode mode);
std::optional<Mode> mode_from_name(std::string_view text);

}  // namespace aivm::gpu
