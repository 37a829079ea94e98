// Opening the backend that --backend names, with its error on stderr.
#pragma once

#include <memory>
#include <optional>

#include "scenarios/run/backend.h"

namespace aivm::scenarios::cli {

// Empty when the user asked for a GPU and no plugin works.
std::optional<std::unique_ptr<Backend>> open_backend(const gpu::BackendRequest& request);

// Says at the start of the work that a plugin computes the kernels; of the CPU, the default, the
// result alone says it.
void announce(Backend& backend);

}  // namespace aivm::scenarios::cli
