#include "gpu/backend/backend_kind.h"

#include "core/base/check.h"

namespace aivm::gpu {
namespace {

constexpr std::array<std::string_view, 6> kKindNames{"none",  "cuda",   "hip",
                                                     "metal", "vulkan", "webgpu"};
constexpr std::array<std::string_view, 3> kModeNames{"auto", "cpu", "gpu"};

}  // namespace

std::string_view name(BackendKind kind) {
    AIVM_CHECK(static_cast<std::size_t>(kind) < kKindNames.size());
    return kKindNames[static_cast<std::size_t>(kind)];
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

}  // namespace aivm::gpu
