// The exports of the WebGPU plugin: the six launchers, and the name of its device.
#include "gpu/kernels/launchers.h"
#include "gpu/webgpu/webgpu_device.h"

namespace {

aivm::gpu::WebGpuDevice& webgpu_device() {
    static aivm::gpu::WebGpuDevice device;
    return device;
}

}  // namespace

AIVM_EXPORT_LAUNCHERS(webgpu, webgpu_device())

// Valid until the plugin is unloaded.
extern "C" __attribute__((visibility("default"))) const char* lux_webgpu_aivm_device_name() {
    static const std::string name = aivm::gpu::WebGpuDevice::description();
    return name.c_str();
}
