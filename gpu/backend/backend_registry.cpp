#include "gpu/backend/backend_registry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace aivm::gpu {

BackendRegistry::BackendRegistry(PluginEnvironment environment)
    : environment_(std::move(environment)) {}

bool BackendRegistry::has_plugin_for(const BackendRequest& request) const {
    return plugin_.is_available() &&
           (request.kind == BackendKind::kNone || request.kind == plugin_.kind());
}

Status BackendRegistry::set_backend(const BackendRequest& request) {
    if (request.mode != Mode::kCpu && !has_plugin_for(request)) search(request);
    if (request.mode == Mode::kGpu && !has_plugin_for(request)) {
        const auto reasons = refusals();
        const std::string what = request.kind == BackendKind::kNone
                                     ? "plugin"
                                     : fmt::format("{} plugin", name(request.kind));
        return fail(
            ErrorCode::kGpuNotAvailable,
            reasons.empty()
                ? fmt::format("no {} found; set LUX_GPU_PLUGIN_DIR, or use mode auto or cpu", what)
                : fmt::format("no {} works: {}", what, fmt::join(reasons, "; ")));
    }
    request_ = request;
    gpu_.set_on_failure(request.mode == Mode::kGpu ? OnFailure::kThrow : OnFailure::kFallBack);
    return {};
}

// A closed plugin stays in its place when there is no other: mode gpu goes on failing through it.
void BackendRegistry::search(const BackendRequest& request) {
    searched_ = searched_ || request.mode == Mode::kAuto;
    candidates_ = search_candidates(environment_, request);
    if (candidates_.empty() || candidates_.back().state != CandidateState::kChosen) return;
    Candidate& chosen = candidates_.back();
    auto plugin = Plugin::load(chosen.kind, chosen.path);
    if (plugin) {
        plugin_ = GpuBackend(std::move(*plugin));
    } else {  // the child process could use it, this one cannot
        chosen.state = CandidateState::kRefused;
        chosen.reason = plugin.error().context;
    }
}

void BackendRegistry::search_if_needed() {
    if (request_.mode == Mode::kAuto && !searched_) search(request_);
}

GpuBackend& BackendRegistry::active_gpu_backend() {
    return effective_backend_kind() == BackendKind::kNone ? none_ : plugin_;
}

BackendKind BackendRegistry::effective_backend_kind() {
    search_if_needed();
    return request_.mode != Mode::kCpu && plugin_.is_available() ? plugin_.kind()
                                                                 : BackendKind::kNone;
}

std::string_view BackendRegistry::effective_backend_name() {
    return effective_name(effective_backend_kind(), request_.cpu_path);
}

Kernels& BackendRegistry::kernels() {
    // In mode gpu a closed plugin still answers, by failing: the CPU must not step in unasked.
    if (request_.mode == Mode::kGpu || effective_backend_kind() != BackendKind::kNone) return gpu_;
    if (request_.cpu_path == CpuPath::kCanonical) return canonical_;
    return batched_;
}

std::vector<std::string> BackendRegistry::refusals() const {
    std::vector<std::string> lines;
    for (const Candidate& candidate : candidates_) {
        if (candidate.state == CandidateState::kRefused) lines.push_back(describe(candidate));
    }
    return lines;
}

}  // namespace aivm::gpu
