// The passes on a Vulkan device. Commands are recorded and submitted once, by synchronise().
#pragma once

#include <string>
#include <vector>

#include "gpu/kernels/device.h"
#include "gpu/vulkan/vulkan_context.h"

namespace aivm::gpu {

class VulkanDevice final : public Device {
public:
    int begin() override;
    void end() override;
    int allocate(std::size_t size_bytes, Buffer* buffer) override;
    int copy_in(Buffer to, const void* from, std::size_t size_bytes) override;
    int fill(Buffer buffer, std::uint32_t word) override;
    int launch(Pass pass, std::span<const Buffer> bindings, const PassParameters& parameters,
               std::uint32_t thread_count) override;
    int copy_out(void* to, Buffer from, std::size_t size_bytes) override;
    int synchronise() override;

    // Of the device that begin() opens; empty when there is none.
    static std::string description();

private:
    struct Download {
        void* to = nullptr;
        VulkanSlice staging;
    };

    // The context of this process, opened by the first call; null when there is no device. It is
    // built last and destroyed first among the static objects that the driver brings along.
    static VulkanContext* context();
    int start_recording();
    void order_commands(VkPipelineStageFlags next_stage, VkAccessFlags next_access);
    int bind(std::span<const Buffer> bindings, VkPipelineLayout layout);

    VulkanContext* context_ = nullptr;  // between begin() and end()
    std::vector<VulkanSlice> buffers_;
    std::vector<Download> downloads_;
};

}  // namespace aivm::gpu
