// Chooses what computes the kernels of a run: the mode switch and the plugin behind it. An object,
// not a global: two runs in one process may choose differently. Not thread safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "gpu/backend/backend_kind.h"
#include "gpu/backend/gpu_backend.h"
#include "gpu/backend/plugin_search.h"
#include "gpu/simd/simd_kernels.h"

namespace aivm::gpu {

class BackendRegistry {
public:
    // Starts in mode cpu; no plugin is looked for until another mode is asked for.
    explicit BackendRegistry(PluginEnvironment environment = PluginEnvironment::of_process());

    // Switches the mode. kGpu without a plugin that works: kGpuNotAvailable with the reasons, and
    // the mode stays. A plugin found once is kept until it is closed.
    Status set_backend(Mode mode);

    [[nodiscard]] Mode active_mode() const { return mode_; }
    // The plugin in use, or null: in mode cpu, in mode auto without one, and after it was closed.
    [[nodiscard]] GpuBackend* active_gpu_backend() const;
    // kNone when the CPU computes.
    [[nodiscard]] BackendKind effective_backend_kind() const;

    // The kernels to use; good until the next set_backend, or the end of the registry.
    [[nodiscard]] Kernels& kernels();

    // Why files that were found in the last search were not taken, one sentence each.
    [[nodiscard]] const std::vector<std::string>& refusals() const { return refusals_; }

private:
    void search();

    PluginEnvironment environment_;
    Mode mode_ = Mode::kCpu;
    std::unique_ptr<GpuBackend> plugin_;
    SimdKernels cpu_;
    std::vector<std::string> refusals_;
};

}  // namespace aivm::gpu
