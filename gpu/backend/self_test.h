// Six fixed kernel calls whose bytes are compared with the canonical kernels: small, but every rule
// that a wrong build breaks first (collisions, full tables, expiry, saturation, overlapping
// outputs) takes part.
#pragma once

#include "core/base/error.h"
#include "gpu/backend/launchers.h"

namespace aivm::gpu {

// kGpuNotAvailable: names the first kernel that fails or returns other bytes, and completes a
// sentence that begins with the plugin's path.
Status self_test(const Launchers& launchers);

}  // namespace aivm::gpu
