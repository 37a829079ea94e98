#include "gpu/vulkan/vulkan_memory.h"

#include <algorithm>

#include "core/kernels/abi.h"

namespace aivm::gpu {
namespace {

constexpr VkDeviceSize kChunkBytes = VkDeviceSize{4} << 20;
constexpr VkDeviceSize kKeptBytesMax = VkDeviceSize{64} << 20;
// The largest alignment that a device may ask for at the start of a storage buffer.
constexpr VkDeviceSize kAlignment = 256;

VkDeviceSize aligned(VkDeviceSize size_bytes) {
    return (size_bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

int VulkanArena::allocate(VkDeviceSize size_bytes, VulkanSlice& slice) {
    const auto fits = [&](const Chunk& chunk) {
        return chunk.size_bytes - chunk.used_bytes >= size_bytes;
    };
    auto chunk = std::find_if(chunks_.begin(), chunks_.end(), fits);
    if (chunk == chunks_.end()) {
        const int code = add_chunk(std::max(kChunkBytes, aligned(size_bytes)));
        if (code != abi::kOk) return code;
        chunk = chunks_.end() - 1;
    }
    slice.buffer = chunk->buffer;
    slice.offset = chunk->used_bytes;
    slice.size_bytes = size_bytes;
    slice.mapped = chunk->mapped ? chunk->mapped + chunk->used_bytes : nullptr;
    chunk->used_bytes = std::min(chunk->size_bytes, chunk->used_bytes + aligned(size_bytes));
    return abi::kOk;
}

void VulkanArena::reset() {
    VkDeviceSize kept_bytes = 0;
    for (Chunk& chunk : chunks_) {
        chunk.used_bytes = 0;
        kept_bytes += chunk.size_bytes;
    }
    if (kept_bytes > kKeptBytesMax) release();
}

void VulkanArena::release() {
    for (const Chunk& chunk : chunks_) destroy(chunk);
    chunks_.clear();
}

int VulkanArena::add_chunk(VkDeviceSize size_bytes) {
    VkBufferCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    info.size = size_bytes;
    info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                 VK_BUFFER_USAGE_TRANSFER_DST_BIT;
    Chunk chunk;
    chunk.size_bytes = size_bytes;
    const VkResult created = api_.vkCreateBuffer(device_, &info, nullptr, &chunk.buffer);
    if (created != VK_SUCCESS) return return_code(created);
    const int code = bind_memory(chunk);
    if (code == abi::kOk) {
        chunks_.push_back(chunk);
    } else {
        destroy(chunk);
    }
    return code;
}

int VulkanArena::bind_memory(Chunk& chunk) {
    VkMemoryRequirements needs{};
    api_.vkGetBufferMemoryRequirements(device_, chunk.buffer, &needs);
    VkMemoryAllocateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
    info.allocationSize = needs.size;
    if (!find_type(needs.memoryTypeBits, info.memoryTypeIndex)) return abi::kInternal;
    VkResult result = api_.vkAllocateMemory(device_, &info, nullptr, &chunk.memory);
    if (result != VK_SUCCESS) return return_code(result);
    result = api_.vkBindBufferMemory(device_, chunk.buffer, chunk.memory, 0);
    if (result != VK_SUCCESS) return return_code(result);
    if ((kind_.required & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT) == 0) return abi::kOk;
    void* mapped = nullptr;
    result = api_.vkMapMemory(device_, chunk.memory, 0, VK_WHOLE_SIZE, 0, &mapped);
    chunk.mapped = static_cast<std::byte*>(mapped);
    return result == VK_SUCCESS ? abi::kOk : return_code(result);
}

bool VulkanArena::find_type(std::uint32_t allowed, std::uint32_t& type) const {
    for (const VkMemoryPropertyFlags wanted : {kind_.required | kind_.preferred, kind_.required}) {
        for (std::uint32_t i = 0; i < memory_.memoryTypeCount; ++i) {
            if ((allowed & (1U << i)) == 0) continue;
            if ((memory_.memoryTypes[i].propertyFlags & wanted) != wanted) continue;
            type = i;
            return true;
        }
    }
    return false;
}

void VulkanArena::destroy(const Chunk& chunk) {
    api_.vkDestroyBuffer(device_, chunk.buffer, nullptr);
    api_.vkFreeMemory(device_, chunk.memory, nullptr);
}

}  // namespace aivm::gpu
