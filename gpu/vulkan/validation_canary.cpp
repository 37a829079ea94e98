// Asks Vulkan for a buffer of no bytes, which is invalid: the validation layer must report it.
// Shows that a silent layer in the other tests is silent because nothing is wrong.
#include "gpu/vulkan/vulkan_context.h"

int main() {
    const auto context = aivm::gpu::VulkanContext::open();
    if (!context) return 1;
    VkBufferCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
    VkBuffer buffer = VK_NULL_HANDLE;
    context->api().vkCreateBuffer(context->device(), &info, nullptr, &buffer);
    context->api().vkDestroyBuffer(context->device(), buffer, nullptr);
    return 0;
}
