#include "gpu/backend/backend_registry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <filesystem>

namespace aivm::gpu {
namespace {

// A bare name goes through the loader's own search, so only it knows whether there is such a file.
bool may_exist(const std::string& path) {
    std::error_code ignored;
    return path.find('/') == std::string::npos || std::filesystem::exists(path, ignored);
}

}  // namespace

BackendRegistry::BackendRegistry(PluginEnvironment environment)
    : environment_(std::move(environment)) {}

Status BackendRegistry::set_backend(Mode mode) {
    if (mode != Mode::kCpu && (!plugin_ || !plugin_->is_available())) search();
    if (mode == Mode::kGpu && (!plugin_ || !plugin_->is_available())) {
        return fail(ErrorCode::kGpuNotAvailable,
                    refusals_.empty()
                        ? "no plugin found; set LUX_GPU_PLUGIN_DIR, or use mode auto or cpu"
                        : fmt::format("no plugin works: {}", fmt::join(refusals_, "; ")));
    }
    mode_ = mode;
    if (plugin_)
        plugin_->set_on_failure(mode == Mode::kGpu ? OnFailure::kThrow : OnFailure::kFallBack);
    return {};
}

// The first complete one wins, in the published order of kinds and, for each, of places. When there
// is none, a closed plugin stays in its place: mode gpu keeps failing through it.
void BackendRegistry::search() {
    refusals_.clear();
    for (const BackendKind kind : kPluginKinds) {
        for (const std::string& path : plugin_paths(kind, environment_)) {
            if (!may_exist(path)) continue;
            auto plugin = Plugin::load(kind, path);
            if (plugin) {
                plugin_ = std::make_unique<GpuBackend>(std::move(*plugin));
                return;
            }
            const bool is_bare = path.find('/') == std::string::npos;
            const std::string& reason = plugin.error().context;
            const bool is_absent = is_bare && reason.find("No such file") != std::string::npos;
            if (!is_absent) refusals_.push_back(reason);
        }
    }
}

GpuBackend* BackendRegistry::active_gpu_backend() const {
    return mode_ != Mode::kCpu && plugin_ && plugin_->is_available() ? plugin_.get() : nullptr;
}

BackendKind BackendRegistry::effective_backend_kind() const {
    const GpuBackend* active = active_gpu_backend();
    return active ? active->kind() : BackendKind::kNone;
}

Kernels& BackendRegistry::kernels() {
    // In mode gpu a closed plugin still answers, by failing: the CPU must not step in unasked.
    if (mode_ == Mode::kGpu) return *plugin_;
    if (GpuBackend* active = active_gpu_backend()) return *active;
    return cpu_;
}

}  // namespace aivm::gpu
