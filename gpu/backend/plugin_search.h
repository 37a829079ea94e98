// Where plugins are looked for: file names and places, in the published order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gpu/backend/backend_kind.h"

namespace aivm::gpu {

// The environment variables that steer the search.
struct PluginEnvironment {
    std::optional<std::string> plugin_dir;  // LUX_GPU_PLUGIN_DIR
    std::optional<std::string> prefix;      // LUXCPP_PREFIX

    // An empty variable counts as unset.
    static PluginEnvironment of_process();
};

// "libluxgpu_backend_cuda.so" and so on; metal is a .dylib everywhere, vulkan and webgpu on macOS.
std::string plugin_file_name(BackendKind kind);

// The paths to try for one kind, the bare name last (the system's own search).
std::vector<std::string> plugin_paths(BackendKind kind, const PluginEnvironment& environment);

}  // namespace aivm::gpu
