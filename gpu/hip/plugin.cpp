// The exports of libluxgpu_backend_hip.so: the device code and the Device of the CUDA plugin, over
// the HIP run time.
#include "gpu/kernels/cuda_device.h"
#include "gpu/kernels/launchers.h"

namespace {

aivm::gpu::Device& hip_device() {
    static const std::unique_ptr<aivm::gpu::Device> device = aivm::gpu::make_cuda_device();
    return *device;
}

}  // namespace

AIVM_EXPORT_LAUNCHERS(hip, hip_device())
