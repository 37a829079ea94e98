// Chooses what computes the kernels of a run: the mode switch and the plugin behind it. An object,
// not a global: two runs in one process may choose differently. Not thread safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "gpu/backend/backend_kind.h"
#include "gpu/backend/candidates.h"
#include "gpu/backend/gpu_backend.h"
#include "gpu/backend/gpu_kernels.h"
#include "gpu/backend/plugin_search.h"
#include "gpu/simd/simd_kernels.h"

namespace aivm::gpu {

class BackendRegistry {
public:
    // Starts in mode auto, as published. Plugins are looked for when the choice is first needed, so
    // a registry that is set to mode cpu before looks for none.
    explicit BackendRegistry(PluginEnvironment environment = PluginEnvironment::of_process());
    BackendRegistry(const BackendRegistry&) = delete;
    BackendRegistry& operator=(const BackendRegistry&) = delete;

    // Switches to what `request` asks for. Mode gpu without a plugin that works: kGpuNotAvailable
    // with the reasons, and nothing changes. A plugin is kept until it is closed, or another kind
    // is asked for.
    Status set_backend(const BackendRequest& request);
    Status set_backend(Mode mode) { return set_backend(BackendRequest{.mode = mode}); }

    [[nodiscard]] Mode active_mode() const { return request_.mode; }
    // The plugin in use. The zero value, which is not available, in mode cpu and in mode auto
    // without a plugin.
    [[nodiscard]] GpuBackend& active_gpu_backend();
    // kNone when the CPU computes.
    [[nodiscard]] BackendKind effective_backend_kind();
    // The name of that kind; "cpu" or "simd" when the CPU computes.
    [[nodiscard]] std::string_view effective_backend_name();

    // The kernels to use; valid until the next set_backend, or the end of the registry.
    [[nodiscard]] Kernels& kernels();

    // Kernel calls that the CPU answered because the plugin failed, since this registry exists.
    [[nodiscard]] std::uint64_t fallback_count() const { return gpu_.fallback_count(); }

    // The candidates of the last search, and why the ones that do not work were refused, one line
    // each.
    [[nodiscard]] const std::vector<Candidate>& candidates() const { return candidates_; }
    [[nodiscard]] std::vector<std::string> refusals() const;

private:
    void search(const BackendRequest& request);
    void search_if_needed();
    [[nodiscard]] bool has_plugin_for(const BackendRequest& request) const;

    PluginEnvironment environment_;
    BackendRequest request_;
    bool searched_ = false;
    GpuBackend plugin_;
    GpuBackend none_;
    GpuKernels gpu_{plugin_, OnFailure::kFallBack};
    SimdKernels batched_;
    CpuKernels canonical_;
    std::vector<Candidate> candidates_;
};

}  // namespace aivm::gpu
