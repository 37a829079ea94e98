// The opened device of a process: instance, queue, pipelines, and the memory that kernel calls
// reuse. Pipelines are made when they are first used, because a driver compiles each for tenths of
// a second. Not thread safe.
#pragma once

#include <sys/types.h>
#include <array>
#include <memory>
#include <string>

#include "gpu/kernels/passes.h"
#include "gpu/vulkan/vulkan_api.h"
#include "gpu/vulkan/vulkan_memory.h"

namespace aivm::gpu {

// Launches of one kernel call.
inline constexpr std::uint32_t kLaunchesMax = 64;

// The push constants that shaders/dialect.inc declares.
struct PushConstants {
    PassParameters parameters;
    std::uint32_t thread_count = 0;
};
static_assert(sizeof(PushConstants) == 24);

class VulkanContext {
public:
    // Null when there is no Vulkan, no device with a compute queue, or one that cannot be opened.
    // AIVM_VULKAN_INTEGERS=32 in the environment selects the shaders for devices without 64-bit
    // integers.
    static std::unique_ptr<VulkanContext> open();
    ~VulkanContext();
    VulkanContext(const VulkanContext&) = delete;
    VulkanContext& operator=(const VulkanContext&) = delete;

    // False in a child process, whose copy of the device must not be used.
    [[nodiscard]] bool is_usable() const;
    // A command did not end in time: nothing may be released or used any more.
    void mark_lost() { is_lost_ = true; }
    [[nodiscard]] bool is_lost() const { return is_lost_; }

    // The device's name and the integers in use.
    [[nodiscard]] const std::string& description() const { return description_; }
    [[nodiscard]] const VulkanApi& api() const { return api_; }
    [[nodiscard]] const VkPhysicalDeviceLimits& limits() const { return properties_.limits; }
    [[nodiscard]] VkDevice device() const { return device_; }
    [[nodiscard]] VkQueue queue() const { return queue_; }
    [[nodiscard]] VkCommandPool command_pool() const { return command_pool_; }
    [[nodiscard]] VkCommandBuffer commands() const { return commands_; }
    [[nodiscard]] VkDescriptorPool descriptor_pool() const { return descriptor_pool_; }
    [[nodiscard]] VkFence fence() const { return fence_; }
    // Memory of the device, and memory that both sides see.
    [[nodiscard]] VulkanArena& device_memory() { return *device_memory_; }
    [[nodiscard]] VulkanArena& staging_memory() { return *staging_memory_; }

    [[nodiscard]] VkDescriptorSetLayout set_layout(std::uint32_t binding_count) const {
        return set_layouts_[binding_count];
    }
    [[nodiscard]] VkPipelineLayout pipeline_layout(std::uint32_t binding_count) const {
        return pipeline_layouts_[binding_count];
    }
    // An abi::ReturnCode.
    int pipeline(Pass pass, VkPipeline& pipeline);

private:
    VulkanContext() = default;
    bool create_instance();
    bool choose_device();
    bool create_device();
    bool create_layouts();
    bool create_pools();

    VulkanApi api_;
    pid_t opened_by_ = 0;
    bool is_lost_ = false;
    bool has_int64_ = false;
    std::string description_;
    VkInstance instance_ = VK_NULL_HANDLE;
    VkPhysicalDevice physical_ = VK_NULL_HANDLE;
    VkPhysicalDeviceProperties properties_{};
    VkPhysicalDeviceMemoryProperties memory_{};
    std::uint32_t queue_family_ = 0;
    VkDevice device_ = VK_NULL_HANDLE;
    VkQueue queue_ = VK_NULL_HANDLE;
    VkCommandPool command_pool_ = VK_NULL_HANDLE;
    VkCommandBuffer commands_ = VK_NULL_HANDLE;
    VkDescriptorPool descriptor_pool_ = VK_NULL_HANDLE;
    VkFence fence_ = VK_NULL_HANDLE;
    std::array<VkDescriptorSetLayout, kBindingsMax + 1> set_layouts_{};
    std::array<VkPipelineLayout, kBindingsMax + 1> pipeline_layouts_{};
    std::array<VkPipeline, kPassCount> pipelines_{};
    std::unique_ptr<VulkanArena> device_memory_, staging_memory_;
};

}  // namespace aivm::gpu
