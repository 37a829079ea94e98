#include "scenarios/cli/backend_choice.h"

#include <fmt/format.h>

#include "scenarios/cli/terminal.h"

namespace aivm::scenarios::cli {

std::optional<std::unique_ptr<Backend>> open_backend(const gpu::BackendRequest& request) {
    auto backend = Backend::open(request);
    if (backend) return std::move(*backend);
    complain(fmt::format("--backend {}: {}; aivmsim gpu lists what was found", gpu::name(request),
                         backend.error().text()));
    return std::nullopt;
}

void announce(Backend& backend) {
    if (backend.uses_plugin()) say(fmt::format("kernels: {}", backend.name()));
}

}  // namespace aivm::scenarios::cli
