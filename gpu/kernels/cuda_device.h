// The Device over the CUDA run time, over HIP's, or over the CPU stand-in, depending on what
// cuda_device.cu was compiled with. This header is plain C++.
#pragma once

#include <memory>

#include "gpu/kernels/device.h"

namespace aivm::gpu {

// Always the first device that the run time lists. Opens nothing before the first begin().
std::unique_ptr<Device> make_cuda_device();

}  // namespace aivm::gpu
