// The passes on a WebGPU device. Commands are recorded; they are submitted by synchronise(), or
// before a host write that comes behind them.
#pragma once

#include <string>
#include <vector>

#include "gpu/kernels/device.h"
#include "gpu/webgpu/webgpu_context.h"

namespace aivm::gpu {

class WebGpuDevice final : public Device {
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
    struct Slice {
        WGPUBuffer buffer = nullptr;
        std::uint64_t size_bytes = 0;
    };
    struct Download {
        void* to = nullptr;
        Slice staging;
        bool done = false;
        bool succeeded = false;
    };

    // The context of this process, opened by the first call; null when there is no device.
    static WebGpuContext* context();
    int create(WGPUBufferUsage usage, std::uint64_t size_bytes, WGPUBuffer& buffer);
    WGPUCommandEncoder encoder();
    int submit();
    int fetch(Download& download);

    WebGpuContext* context_ = nullptr;  // between begin() and end()
    WGPUCommandEncoder encoder_ = nullptr;
    std::vector<Slice> buffers_;
    std::vector<Download> downloads_;
    std::vector<WGPUBuffer> owned_;  // all buffers of the call
    std::vector<WGPUBindGroup> groups_;
};

}  // namespace aivm::gpu
