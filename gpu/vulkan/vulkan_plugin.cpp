// The exports of the Vulkan plugin: the six launchers, and the name of its device.
#include "gpu/kernels/launchers.h"
#include "gpu/vulkan/vulkan_device.h"

namespace {

aivm::gpu::VulkanDevice& vulkan_device() {
    static aivm::gpu::VulkanDevice device;
    return device;
}

}  // namespace

AIVM_EXPORT_LAUNCHERS(vulkan, vulkan_device())

// Valid until the plugin is unloaded.
extern "C" __attribute__((visibility("default"))) const char* lux_vulkan_aivm_device_name() {
    static const std::string name = aivm::gpu::VulkanDevice::description();
    return name.c_str();
}
