// Test support: kernel calls aimed at corners that random inputs rarely reach. Each was added
// because a planted bug in a shader survived without it (gpu/metal/testing/shader_mutants.py).
#pragma once

#include <string>

#include "core/kernels/kernels.h"

namespace aivm::gpu {

// Runs every edge case on both, from equal buffers. Returns "" or the name of the first on which
// they differ.
std::string first_edge_difference(Kernels& expected, Kernels& actual);

}  // namespace aivm::gpu
