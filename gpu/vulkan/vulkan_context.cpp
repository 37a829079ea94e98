#include "gpu/vulkan/vulkan_context.h"

#include <unistd.h>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "core/kernels/abi.h"
#include "gpu/vulkan/vulkan_shaders.h"

namespace aivm::gpu {
namespace {

// Every shader works in groups of at most 64 threads; 1.1 is what they are compiled for.
constexpr std::uint32_t kApiVersion = VK_API_VERSION_1_1;

int rank_of(VkPhysicalDeviceType type) {
    switch (type) {
        case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
            return 4;
        case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
            return 3;
        case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
            return 2;
        case VK_PHYSICAL_DEVICE_TYPE_CPU:
            return 1;
        default:
            return 0;
    }
}

bool forces_32_bit_integers() {
    const char* value = std::getenv("AIVM_VULKAN_INTEGERS");
    return value && std::string_view(value) == "32";
}

std::optional<std::uint32_t> compute_queue_family(const VulkanApi& api, VkPhysicalDevice device) {
    std::uint32_t count = 0;
    api.vkGetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    api.vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families.data());
    for (std::uint32_t i = 0; i < count; ++i) {
        if ((families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) != 0) return i;
    }
    return std::nullopt;
}

}  // namespace

std::unique_ptr<VulkanContext> VulkanContext::open() {
    std::unique_ptr<VulkanContext> context(new VulkanContext);
    context->opened_by_ = getpid();
    const bool opened = context->api_.open_library() && context->create_instance() &&
                        context->choose_device() && context->create_device() &&
                        context->create_layouts() && context->create_pools();
    return opened ? std::move(context) : nullptr;
}

bool VulkanContext::is_usable() const { return opened_by_ == getpid(); }

VulkanContext::~VulkanContext() {
    if (!is_usable() || is_lost_) {
        // The device is still working, or belongs to another process: nothing may be released.
        static_cast<void>(device_memory_.release());
        static_cast<void>(staging_memory_.release());
        return;
    }
    if (device_ && api_.vkDestroyDevice) {
        api_.vkDeviceWaitIdle(device_);
        device_memory_.reset();
        staging_memory_.reset();
        for (const VkPipeline pipeline : pipelines_)
            api_.vkDestroyPipeline(device_, pipeline, nullptr);
        for (const VkPipelineLayout layout : pipeline_layouts_)
            api_.vkDestroyPipelineLayout(device_, layout, nullptr);
        for (const VkDescriptorSetLayout layout : set_layouts_)
            api_.vkDestroyDescriptorSetLayout(device_, layout, nullptr);
        api_.vkDestroyFence(device_, fence_, nullptr);
        api_.vkDestroyDescriptorPool(device_, descriptor_pool_, nullptr);
        api_.vkDestroyCommandPool(device_, command_pool_, nullptr);
        api_.vkDestroyDevice(device_, nullptr);
    }
    if (instance_ && api_.vkDestroyInstance) api_.vkDestroyInstance(instance_, nullptr);
}

bool VulkanContext::create_instance() {
    VkApplicationInfo application{};
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.pApplicationName = "aivmsim";
    application.apiVersion = kApiVersion;
    VkInstanceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    info.pApplicationInfo = &application;
    return api_.vkCreateInstance(&info, nullptr, &instance_) == VK_SUCCESS && api_.load(instance_);
}

// The fastest kind of device wins, and the first of a kind.
bool VulkanContext::choose_device() {
    std::uint32_t count = 0;
    if (api_.vkEnumeratePhysicalDevices(instance_, &count, nullptr) != VK_SUCCESS) return false;
    std::vector<VkPhysicalDevice> devices(count);
    if (api_.vkEnumeratePhysicalDevices(instance_, &count, devices.data()) != VK_SUCCESS)
        return false;
    int best = -1;
    for (const VkPhysicalDevice device : devices) {
        VkPhysicalDeviceProperties properties{};
        api_.vkGetPhysicalDeviceProperties(device, &properties);
        const auto family = compute_queue_family(api_, device);
        if (!family || properties.apiVersion < kApiVersion) continue;
        if (rank_of(properties.deviceType) <= best) continue;
        best = rank_of(properties.deviceType);
        physical_ = device;
        properties_ = properties;
        queue_family_ = *family;
    }
    return best >= 0;
}

bool VulkanContext::create_device() {
    VkPhysicalDeviceFeatures available{};
    api_.vkGetPhysicalDeviceFeatures(physical_, &available);
    api_.vkGetPhysicalDeviceMemoryProperties(physical_, &memory_);
    has_int64_ = available.shaderInt64 == VK_TRUE && !forces_32_bit_integers();
    description_ = std::string(properties_.deviceName) +
                   (has_int64_ ? ", 64-bit integers" : ", 32-bit integers");
    const float priority = 1.0F;
    VkDeviceQueueCreateInfo queue{};
    queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue.queueFamilyIndex = queue_family_;
    queue.queueCount = 1;
    queue.pQueuePriorities = &priority;
    VkPhysicalDeviceFeatures wanted{};
    wanted.shaderInt64 = has_int64_ ? VK_TRUE : VK_FALSE;
    VkDeviceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    info.queueCreateInfoCount = 1;
    info.pQueueCreateInfos = &queue;
    info.pEnabledFeatures = &wanted;
    if (api_.vkCreateDevice(physical_, &info, nullptr, &device_) != VK_SUCCESS) return false;
    if (!api_.load(device_)) return false;
    api_.vkGetDeviceQueue(device_, queue_family_, 0, &queue_);
    return true;
}

// One pair of layouts per number of buffers.
bool VulkanContext::create_layouts() {
    std::array<VkDescriptorSetLayoutBinding, kBindingsMax> bindings{};
    for (std::uint32_t i = 0; i < kBindingsMax; ++i) {
        bindings[i].binding = i;
        bindings[i].descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
        bindings[i].descriptorCount = 1;
        bindings[i].stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
    }
    const VkPushConstantRange constants{VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(PushConstants)};
    for (std::uint32_t count = 1; count <= kBindingsMax; ++count) {
        VkDescriptorSetLayoutCreateInfo set{};
        set.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
        set.bindingCount = count;
        set.pBindings = bindings.data();
        if (api_.vkCreateDescriptorSetLayout(device_, &set, nullptr, &set_layouts_[count]) !=
            VK_SUCCESS)
            return false;
        VkPipelineLayoutCreateInfo layout{};
        layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
        layout.setLayoutCount = 1;
        layout.pSetLayouts = &set_layouts_[count];
        layout.pushConstantRangeCount = 1;
        layout.pPushConstantRanges = &constants;
        if (api_.vkCreatePipelineLayout(device_, &layout, nullptr, &pipeline_layouts_[count]) !=
            VK_SUCCESS)
            return false;
    }
    return true;
}

bool VulkanContext::create_pools() {
    VkCommandPoolCreateInfo pool{};
    pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    pool.queueFamilyIndex = queue_family_;
    if (api_.vkCreateCommandPool(device_, &pool, nullptr, &command_pool_) != VK_SUCCESS)
        return false;
    VkCommandBufferAllocateInfo buffer{};
    buffer.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    buffer.commandPool = command_pool_;
    buffer.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    buffer.commandBufferCount = 1;
    if (api_.vkAllocateCommandBuffers(device_, &buffer, &commands_) != VK_SUCCESS) return false;
    const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, kLaunchesMax * kBindingsMax};
    VkDescriptorPoolCreateInfo descriptors{};
    descriptors.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    descriptors.maxSets = kLaunchesMax;
    descriptors.poolSizeCount = 1;
    descriptors.pPoolSizes = &size;
    if (api_.vkCreateDescriptorPool(device_, &descriptors, nullptr, &descriptor_pool_) !=
        VK_SUCCESS)
        return false;
    VkFenceCreateInfo fence{};
    fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
    if (api_.vkCreateFence(device_, &fence, nullptr, &fence_) != VK_SUCCESS) return false;
    constexpr VkMemoryPropertyFlags kShared =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    device_memory_ = std::make_unique<VulkanArena>(
        api_, device_, memory_, VulkanArena::Kind{0, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT});
    staging_memory_ = std::make_unique<VulkanArena>(
        api_, device_, memory_, VulkanArena::Kind{kShared, VK_MEMORY_PROPERTY_HOST_CACHED_BIT});
    return true;
}

int VulkanContext::pipeline(Pass pass, VkPipeline& pipeline) {
    VkPipeline& known = pipelines_[static_cast<std::uint32_t>(pass)];
    if (!known) {
        const auto words = shader_of(pass, has_int64_);
        VkShaderModuleCreateInfo code{};
        code.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
        code.codeSize = words.size_bytes();
        code.pCode = words.data();
        VkShaderModule module = VK_NULL_HANDLE;
        VkResult result = api_.vkCreateShaderModule(device_, &code, nullptr, &module);
        if (result != VK_SUCCESS) return return_code(result);
        VkComputePipelineCreateInfo info{};
        info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
        info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
        info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
        info.stage.module = module;
        info.stage.pName = "main";
        const std::uint32_t bindings = kPasses[static_cast<std::uint32_t>(pass)].binding_count;
        info.layout = pipeline_layouts_[bindings];
        result = api_.vkCreateComputePipelines(device_, VK_NULL_HANDLE, 1, &info, nullptr, &known);
        api_.vkDestroyShaderModule(device_, module, nullptr);
        if (result != VK_SUCCESS) return return_code(result);
    }
    pipeline = known;
    return abi::kOk;
}

}  // namespace aivm::gpu
