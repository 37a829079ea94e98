// The opened WebGPU device of a process, its pipelines, and the errors it has reported. Not thread
// safe.
#pragma once

#include <sys/types.h>
#include <array>
#include <memory>
#include <string>

#include "gpu/kernels/passes.h"
#include "gpu/webgpu/webgpu_api.h"

namespace aivm::gpu {

class WebGpuContext {
public:
    // Null when there is no library, no adapter, or no device.
    static std::unique_ptr<WebGpuContext> open();
    ~WebGpuContext();
    WebGpuContext(const WebGpuContext&) = delete;
    WebGpuContext& operator=(const WebGpuContext&) = delete;

    // False in a child process, whose copy of the device must not be used.
    [[nodiscard]] bool is_usable() const;
    [[nodiscard]] const WebGpuApi& api() const { return api_; }
    [[nodiscard]] WGPUDevice device() const { return device_; }
    [[nodiscard]] WGPUQueue queue() const { return queue_; }
    [[nodiscard]] std::uint64_t storage_bytes_max() const { return storage_bytes_max_; }
    [[nodiscard]] const std::string& description() const { return description_; }

    // Runs callbacks until `*done` is set. False: it took too long, and the device counts as lost.
    bool wait_for(const bool* done);

    // Null when it cannot be made; error() then says why.
    WGPUComputePipeline pipeline(Pass pass);
    [[nodiscard]] WGPUBindGroupLayout group_layout(std::uint32_t binding_count) const {
        return group_layouts_[binding_count];
    }

    // The abi::ReturnCode of the first error since clear_error(); a lost device stays lost.
    [[nodiscard]] int error() const;
    void clear_error();

private:
    WebGpuContext() = default;
    bool create_instance();
    bool request_adapter();
    bool request_device();
    bool create_layouts();
    void describe();

    WebGpuApi api_;
    pid_t opened_by_ = 0;
    bool is_lost_ = false;
    int error_ = 0;
    std::uint64_t storage_bytes_max_ = 0;
    std::string description_;
    WGPUInstance instance_ = nullptr;
    WGPUAdapter adapter_ = nullptr;
    WGPUDevice device_ = nullptr;
    WGPUQueue queue_ = nullptr;
    std::array<WGPUBindGroupLayout, kBindingsMax + 1> group_layouts_{};
    std::array<WGPUPipelineLayout, kBindingsMax + 1> pipeline_layouts_{};
    std::array<WGPUComputePipeline, kPassCount> pipelines_{};
};

}  // namespace aivm::gpu
