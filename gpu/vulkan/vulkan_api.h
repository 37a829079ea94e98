// The functions of the Vulkan loader that this plugin calls, found at run time: the plugin opens on
// a machine without Vulkan, and then reports that there is no device.
#pragma once

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

namespace aivm::gpu {

#define AIVM_VULKAN_INSTANCE_FUNCTIONS(F)       \
    F(vkDestroyInstance)                        \
    F(vkEnumeratePhysicalDevices)               \
    F(vkGetPhysicalDeviceProperties)            \
    F(vkGetPhysicalDeviceFeatures)              \
    F(vkGetPhysicalDeviceMemoryProperties)      \
    F(vkGetPhysicalDeviceQueueFamilyProperties) \
    F(vkCreateDevice)                           \
    F(vkGetDeviceProcAddr)

#define AIVM_VULKAN_DEVICE_FUNCTIONS(F) \
    F(vkDestroyDevice)                  \
    F(vkGetDeviceQueue)                 \
    F(vkDeviceWaitIdle)                 \
    F(vkCreateBuffer)                   \
    F(vkDestroyBuffer)                  \
    F(vkGetBufferMemoryRequirements)    \
    F(vkAllocateMemory)                 \
    F(vkFreeMemory)                     \
    F(vkBindBufferMemory)               \
    F(vkMapMemory)                      \
    F(vkCreateShaderModule)             \
    F(vkDestroyShaderModule)            \
    F(vkCreateDescriptorSetLayout)      \
    F(vkDestroyDescriptorSetLayout)     \
    F(vkCreatePipelineLayout)           \
    F(vkDestroyPipelineLayout)          \
    F(vkCreateComputePipelines)         \
    F(vkDestroyPipeline)                \
    F(vkCreateDescriptorPool)           \
    F(vkDestroyDescriptorPool)          \
    F(vkResetDescriptorPool)            \
    F(vkAllocateDescriptorSets)         \
    F(vkUpdateDescriptorSets)           \
    F(vkCreateCommandPool)              \
    F(vkDestroyCommandPool)             \
    F(vkResetCommandPool)               \
    F(vkAllocateCommandBuffers)         \
    F(vkBeginCommandBuffer)             \
    F(vkEndCommandBuffer)               \
    F(vkCmdBindPipeline)                \
    F(vkCmdBindDescriptorSets)          \
    F(vkCmdPushConstants)               \
    F(vkCmdDispatch)                    \
    F(vkCmdCopyBuffer)                  \
    F(vkCmdFillBuffer)                  \
    F(vkCmdPipelineBarrier)             \
    F(vkCreateFence)                    \
    F(vkDestroyFence)                   \
    F(vkResetFences)                    \
    F(vkWaitForFences)                  \
    F(vkQueueSubmit)

struct VulkanApi {
    PFN_vkGetInstanceProcAddr vkGetInstanceProcAddr = nullptr;
    PFN_vkCreateInstance vkCreateInstance = nullptr;
#define AIVM_VULKAN_MEMBER(name) PFN_##name name = nullptr;
    AIVM_VULKAN_INSTANCE_FUNCTIONS(AIVM_VULKAN_MEMBER)
    AIVM_VULKAN_DEVICE_FUNCTIONS(AIVM_VULKAN_MEMBER)
#undef AIVM_VULKAN_MEMBER

    // Each finds the functions of one level; false: one is missing. The library stays open for the
    // rest of the process, because drivers do not survive being closed and opened again.
    bool open_library();
    bool load(VkInstance instance);
    bool load(VkDevice device);
};

// The abi::ReturnCode for a result that is not VK_SUCCESS.
int return_code(VkResult result);

}  // namespace aivm::gpu
