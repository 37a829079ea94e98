// Memory of one kernel call: an arena of a few large VkBuffers, cut into slices and reused by the
// next call. Vulkan allows few allocations, and each is slow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gpu/vulkan/vulkan_api.h"

namespace aivm::gpu {

struct VulkanSlice {
    VkBuffer buffer = VK_NULL_HANDLE;
    VkDeviceSize offset = 0;
    VkDeviceSize size_bytes = 0;
    std::byte* mapped = nullptr;  // host-visible arenas only
};

class VulkanArena {
public:
    struct Kind {
        VkMemoryPropertyFlags required = 0;
        VkMemoryPropertyFlags preferred = 0;  // taken where a memory type has both
    };

    // The references must outlive the arena.
    VulkanArena(const VulkanApi& api, VkDevice device,
                const VkPhysicalDeviceMemoryProperties& memory, Kind kind)
        : api_(api), device_(device), memory_(memory), kind_(kind) {}
    ~VulkanArena() { release(); }
    VulkanArena(const VulkanArena&) = delete;
    VulkanArena& operator=(const VulkanArena&) = delete;

    // An abi::ReturnCode. The slice is valid until reset().
    int allocate(VkDeviceSize size_bytes, VulkanSlice& slice);
    // Takes all slices back. Memory beyond a limit goes back to the driver.
    void reset();
    // Returns everything to the driver. The device must be idle.
    void release();

private:
    struct Chunk {
        VkBuffer buffer = VK_NULL_HANDLE;
        VkDeviceMemory memory = VK_NULL_HANDLE;
        VkDeviceSize size_bytes = 0;
        VkDeviceSize used_bytes = 0;
        std::byte* mapped = nullptr;
    };

    int add_chunk(VkDeviceSize size_bytes);
    int bind_memory(Chunk& chunk);
    [[nodiscard]] bool find_type(std::uint32_t allowed, std::uint32_t& type) const;
    void destroy(const Chunk& chunk);

    const VulkanApi& api_;
    VkDevice device_;
    const VkPhysicalDeviceMemoryProperties& memory_;
    Kind kind_;
    std::vector<Chunk> chunks_;
};

}  // namespace aivm::gpu
