#include "gpu/vulkan/vulkan_device.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/kernels/abi.h"

namespace aivm::gpu {
namespace {

constexpr std::uint32_t kGroupThreads = 64;
constexpr std::uint32_t kGroupsPerRow = 65'535;  // what every device allows in one dimension
constexpr std::uint64_t kWaitNs = 60'000'000'000;

std::size_t index_of(Buffer buffer) { return static_cast<std::size_t>(buffer); }

}  // namespace

VulkanContext* VulkanDevice::context() {
    static const std::unique_ptr<VulkanContext> opened = VulkanContext::open();
    return opened && opened->is_usable() ? opened.get() : nullptr;
}

std::string VulkanDevice::description() {
    const VulkanContext* opened = context();
    return opened ? opened->description() : "";
}

int VulkanDevice::begin() {
    context_ = context();
    if (!context_) return abi::kNotSupported;
    const int code = context_->is_lost() ? int{abi::kDeviceLost} : start_recording();
    if (code != abi::kOk) context_ = nullptr;
    return code;
}

// Every way out of a call leads through here. The device is idle: synchronise() waited, or nothing
// was submitted.
void VulkanDevice::end() {
    buffers_.clear();
    downloads_.clear();
    if (!context_->is_lost()) {
        context_->device_memory().reset();
        context_->staging_memory().reset();
    }
    context_ = nullptr;
}

int VulkanDevice::start_recording() {
    const VulkanApi& api = context_->api();
    VkResult result = api.vkResetCommandPool(context_->device(), context_->command_pool(), 0);
    if (result != VK_SUCCESS) return return_code(result);
    result = api.vkResetDescriptorPool(context_->device(), context_->descriptor_pool(), 0);
    if (result != VK_SUCCESS) return return_code(result);
    VkCommandBufferBeginInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    info.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
    result = api.vkBeginCommandBuffer(context_->commands(), &info);
    return result == VK_SUCCESS ? int{abi::kOk} : return_code(result);
}

int VulkanDevice::allocate(std::size_t size_bytes, Buffer* buffer) {
    if (size_bytes > context_->limits().maxStorageBufferRange) return abi::kOutOfMemory;
    VulkanSlice slice;
    const int code = context_->device_memory().allocate(size_bytes, slice);
    if (code != abi::kOk) return code;
    *buffer = Buffer{static_cast<std::uint32_t>(buffers_.size())};
    buffers_.push_back(slice);
    return abi::kOk;
}

int VulkanDevice::copy_in(Buffer to, const void* from, std::size_t size_bytes) {
    VulkanSlice staging;
    const int code = context_->staging_memory().allocate(size_bytes, staging);
    if (code != abi::kOk) return code;
    std::memcpy(staging.mapped, from, size_bytes);
    const VulkanSlice& target = buffers_[index_of(to)];
    order_commands(VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT);
    const VkBufferCopy region{staging.offset, target.offset, size_bytes};
    context_->api().vkCmdCopyBuffer(context_->commands(), staging.buffer, target.buffer, 1,
                                    &region);
    return abi::kOk;
}

int VulkanDevice::fill(Buffer buffer, std::uint32_t word) {
    const VulkanSlice& target = buffers_[index_of(buffer)];
    order_commands(VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT);
    context_->api().vkCmdFillBuffer(context_->commands(), target.buffer, target.offset,
                                    target.size_bytes, word);
    return abi::kOk;
}

int VulkanDevice::launch(Pass pass, std::span<const Buffer> bindings,
                         const PassParameters& parameters, std::uint32_t thread_count) {
    VkPipeline pipeline = VK_NULL_HANDLE;
    int code = context_->pipeline(pass, pipeline);
    if (code != abi::kOk) return code;
    const auto count = static_cast<std::uint32_t>(bindings.size());
    const VkPipelineLayout layout = context_->pipeline_layout(count);
    code = bind(bindings, layout);
    if (code != abi::kOk) return code;
    const VulkanApi& api = context_->api();
    const VkCommandBuffer commands = context_->commands();
    order_commands(VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                   VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
    api.vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
    const PushConstants constants{parameters, thread_count};
    api.vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof constants,
                           &constants);
    std::uint32_t groups = (thread_count - 1) / kGroupThreads + 1;
    const std::uint32_t rows = (groups - 1) / kGroupsPerRow + 1;
    if (rows > 1) groups = kGroupsPerRow;
    api.vkCmdDispatch(commands, groups, rows, 1);
    return abi::kOk;
}

int VulkanDevice::bind(std::span<const Buffer> bindings, VkPipelineLayout layout) {
    const VulkanApi& api = context_->api();
    const auto count = static_cast<std::uint32_t>(bindings.size());
    const VkDescriptorSetLayout set_layout = context_->set_layout(count);
    VkDescriptorSetAllocateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
    info.descriptorPool = context_->descriptor_pool();
    info.descriptorSetCount = 1;
    info.pSetLayouts = &set_layout;
    VkDescriptorSet set = VK_NULL_HANDLE;
    const VkResult result = api.vkAllocateDescriptorSets(context_->device(), &info, &set);
    if (result != VK_SUCCESS) return return_code(result);
    std::array<VkDescriptorBufferInfo, kBindingsMax> buffers{};
    std::array<VkWriteDescriptorSet, kBindingsMax> writes{};
    for (std::uint32_t i = 0; i < count; ++i) {
        const VulkanSlice& slice = buffers_[index_of(bindings[i])];
        buffers[i] = {slice.buffer, slice.offset, slice.size_bytes};
        writes[i].sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
        writes[i].dstSet = set;
        writes[i].dstBinding = i;
        writes[i].descriptorCount = 1;
        writes[i].descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
        writes[i].pBufferInfo = &buffers[i];
    }
    api.vkUpdateDescriptorSets(context_->device(), count, writes.data(), 0, nullptr);
    api.vkCmdBindDescriptorSets(context_->commands(), VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1,
                                &set, 0, nullptr);
    return abi::kOk;
}

// Commands run one after the other: each may depend on the one before, and few do not.
void VulkanDevice::order_commands(VkPipelineStageFlags next_stage, VkAccessFlags next_access) {
    VkMemoryBarrier barrier{};
    barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
    barrier.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_SHADER_WRITE_BIT;
    barrier.dstAccessMask = next_access;
    context_->api().vkCmdPipelineBarrier(
        context_->commands(), VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
        next_stage, 0, 1, &barrier, 0, nullptr, 0, nullptr);
}

int VulkanDevice::copy_out(void* to, Buffer from, std::size_t size_bytes) {
    VulkanSlice staging;
    const int code = context_->staging_memory().allocate(size_bytes, staging);
    if (code != abi::kOk) return code;
    const VulkanSlice& source = buffers_[index_of(from)];
    order_commands(VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT);
    const VkBufferCopy region{source.offset, staging.offset, size_bytes};
    context_->api().vkCmdCopyBuffer(context_->commands(), source.buffer, staging.buffer, 1,
                                    &region);
    downloads_.push_back({to, staging});
    return abi::kOk;
}

int VulkanDevice::synchronise() {
    const VulkanApi& api = context_->api();
    order_commands(VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
    VkResult result = api.vkEndCommandBuffer(context_->commands());
    if (result != VK_SUCCESS) return return_code(result);
    const VkCommandBuffer commands = context_->commands();
    const VkFence fence = context_->fence();
    VkSubmitInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.commandBufferCount = 1;
    info.pCommandBuffers = &commands;
    result = api.vkQueueSubmit(context_->queue(), 1, &info, fence);
    if (result != VK_SUCCESS) return return_code(result);
    result = api.vkWaitForFences(context_->device(), 1, &fence, VK_TRUE, kWaitNs);
    if (result != VK_SUCCESS) {
        context_->mark_lost();
        return return_code(result);
    }
    result = api.vkResetFences(context_->device(), 1, &fence);
    if (result != VK_SUCCESS) return return_code(result);
    for (const Download& each : downloads_)
        std::memcpy(each.to, each.staging.mapped, each.staging.size_bytes);
    downloads_.clear();
    return start_recording();
}

}  // namespace aivm::gpu
