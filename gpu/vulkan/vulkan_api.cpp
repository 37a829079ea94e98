#include "gpu/vulkan/vulkan_api.h"

#include <dlfcn.h>

#include "core/kernels/abi.h"

namespace aivm::gpu {

bool VulkanApi::open_library() {
#if defined(__APPLE__)
    void* library = dlopen("libvulkan.1.dylib", RTLD_NOW | RTLD_LOCAL);
#else
    void* library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
#endif
    if (!library) return false;
    vkGetInstanceProcAddr =
        reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
    if (!vkGetInstanceProcAddr) return false;
    vkCreateInstance = reinterpret_cast<PFN_vkCreateInstance>(
        vkGetInstanceProcAddr(VK_NULL_HANDLE, "vkCreateInstance"));
    return vkCreateInstance != nullptr;
}

bool VulkanApi::load(VkInstance instance) {
    bool complete = true;
#define AIVM_VULKAN_LOAD(name)                                                   \
    name = reinterpret_cast<PFN_##name>(vkGetInstanceProcAddr(instance, #name)); \
    complete = complete && name;
    AIVM_VULKAN_INSTANCE_FUNCTIONS(AIVM_VULKAN_LOAD)
#undef AIVM_VULKAN_LOAD
    return complete;
}

bool VulkanApi::load(VkDevice device) {
    bool complete = true;
#define AIVM_VULKAN_LOAD(name)                                               \
    name = reinterpret_cast<PFN_##name>(vkGetDeviceProcAddr(device, #name)); \
    complete = complete && name;
    AIVM_VULKAN_DEVICE_FUNCTIONS(AIVM_VULKAN_LOAD)
#undef AIVM_VULKAN_LOAD
    return complete;
}

int return_code(VkResult result) {
    switch (result) {
        case VK_ERROR_OUT_OF_HOST_MEMORY:
        case VK_ERROR_OUT_OF_DEVICE_MEMORY:
        case VK_ERROR_TOO_MANY_OBJECTS:
            return abi::kOutOfMemory;
        case VK_ERROR_DEVICE_LOST:
        case VK_TIMEOUT:
            return abi::kDeviceLost;
        default:
            return abi::kInternal;
    }
}

}  // namespace aivm::gpu
