#include "gpu/backend/backend_kind.h"

#include <algorithm>

#include "core/base/check.h"

namespace aivm::gpu {
namespace {

constexpr std::array<std::string_view, 6> kKindNames{"none",  "cuda",   "hip",
                                                     "metal", "vulkan", "webgpu"};
constexpr std::array<std::string_view, 6> kTestedOn{
    "every machine",
    "a CPU stand-in for the CUDA run time; never on a device",
    "a CPU stand-in for the CUDA run time; never on a device",
    "a CPU (the shaders alone); the launcher was never built",
    "Mesa's software device lavapipe; never on a GPU",
    "wgpu-native over Mesa's software device lavapipe; never on a GPU"};
constexpr std::array<std::string_view, 3> kModeNames{"auto", "cpu", "gpu"};

}  // namespace

std::string_view name(BackendKind kind) {
    AIVM_CHECK(static_cast<std::size_t>(kind) < kKindNames.size());
    return kKindNames[static_cast<std::size_t>(kind)];
}

std::string_view tested_on(BackendKind kind) {
    AIVM_CHECK(static_cast<std::size_t>(kind) < kTestedOn.size());
    return kTestedOn[static_cast<std::size_t>(kind)];
}

std::string_view name(Mode mode) {
    AIVM_CHECK(static_cast<std::size_t>(mode) < kModeNames.size());
    return kModeNames[static_cast<std::size_t>(mode)];
}

std::optional<Mode> mode_from_name(std::string_view text) {
    for (std::size_t i = 0; i < kModeNames.size(); ++i) {
        if (kModeNames[i] == text) return static_cast<Mode>(i);
    }
    return std::nullopt;
}

std::string_view effective_name(BackendKind kind, CpuPath cpu_path) {
    if (kind != BackendKind::kNone) return name(kind);
    return cpu_path == CpuPath::kCanonical ? "cpu" : "simd";
}

std::optional<BackendRequest> request_from_name(std::string_view text) {
    if (text == "cpu") return BackendRequest{.mode = Mode::kCpu, .cpu_path = CpuPath::kCanonical};
    if (text == "simd") return BackendRequest{.mode = Mode::kCpu};
    if (const auto mode = mode_from_name(text)) return BackendRequest{.mode = *mode};
    const auto kind = std::find_if(kPluginKinds.begin(), kPluginKinds.end(),
                                   [&](BackendKind each) { return name(each) == text; });
    if (kind == kPluginKinds.end()) return std::nullopt;
    return BackendRequest{.mode = Mode::kGpu, .kind = *kind};
}

std::string_view name(const BackendRequest& request) {
    if (request.mode == Mode::kGpu && request.kind != BackendKind::kNone) return name(request.kind);
    if (request.mode == Mode::kCpu && request.cpu_path == CpuPath::kBatched) return "simd";
    return name(request.mode);
}

}  // namespace aivm::gpu
