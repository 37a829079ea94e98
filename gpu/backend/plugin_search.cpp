#include "gpu/backend/plugin_search.h"

#include <fmt/format.h>
#include <cstdlib>

namespace aivm::gpu {
namespace {

std::optional<std::string> variable(const char* variable_name) {
    const char* value = std::getenv(variable_name);
    if (!value || !*value) return std::nullopt;
    return value;
}

constexpr bool is_dylib(BackendKind kind) {
#if defined(__APPLE__)
    return kind == BackendKind::kMetal || kind == BackendKind::kVulkan ||
           kind == BackendKind::kWebGpu;
#else
    return kind == BackendKind::kMetal;
#endif
}

}  // namespace

PluginEnvironment PluginEnvironment::of_process() {
    return {variable("LUX_GPU_PLUGIN_DIR"), variable("LUXCPP_PREFIX")};
}

std::string plugin_file_name(BackendKind kind) {
    return fmt::format("libluxgpu_backend_{}.{}", name(kind), is_dylib(kind) ? "dylib" : "so");
}

std::vector<std::string> plugin_paths(BackendKind kind, const PluginEnvironment& environment) {
    const std::string file = plugin_file_name(kind);
    std::vector<std::string> paths;
    if (environment.plugin_dir) {
        const std::string& dir = *environment.plugin_dir;
        paths.push_back(fmt::format("{}/{}", dir, file));
        paths.push_back(fmt::format("{}/backends/{}/{}", dir, name(kind), file));
        paths.push_back(fmt::format("{}/build/backends/{}/{}", dir, name(kind), file));
    }
    if (environment.prefix) paths.push_back(fmt::format("{}/lib/{}", *environment.prefix, file));
    paths.push_back(file);
    return paths;
}

}  // namespace aivm::gpu
