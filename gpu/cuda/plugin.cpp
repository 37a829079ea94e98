// The exports of libluxgpu_backend_cuda.so.
#include "gpu/kernels/cuda_device.h"
#include "gpu/kernels/launchers.h"

namespace {

aivm::gpu::Device& cuda_device() {
    static const std::unique_ptr<aivm::gpu::Device> device = aivm::gpu::make_cuda_device();
    return *device;
}

}  // namespace

AIVM_EXPORT_LAUNCHERS(cuda, cuda_device())
