// The backend that computes the kernels of runs, opened once per thread: kernels are not shared
// between threads.
#pragma once

#include <memory>
#include <string>

#include "core/base/error.h"
#include "gpu/backend/backend_registry.h"
#include "scenarios/run/run.h"

namespace aivm::scenarios {

class Backend {
public:
    // Fails with kGpuNotAvailable when the request names a GPU and none of its plugins works.
    static Result<std::unique_ptr<Backend>> open(const gpu::BackendRequest& request) {
        std::unique_ptr<Backend> backend(new Backend);
        AIVM_TRY(backend->registry_.set_backend(request));
        return backend;
    }

    [[nodiscard]] Kernels& kernels() { return registry_.kernels(); }
    // "cpu", "simd", or the kind of the plugin in use.
    [[nodiscard]] std::string name() { return std::string(registry_.effective_backend_name()); }
    [[nodiscard]] std::uint64_t fallback_count() const { return registry_.fallback_count(); }
    [[nodiscard]] bool uses_plugin() {
        return registry_.effective_backend_kind() != gpu::BackendKind::kNone;
    }

    // Makes a run use this backend, which must outlive it.
    void use_in(RunOptions& options) {
        options.kernels = &kernels();
        options.backend = name();
        options.kernel_fallbacks = [this] { return fallback_count(); };
    }

private:
    Backend() = default;
    gpu::BackendRegistry registry_;
};

}  // namespace aivm::scenarios
