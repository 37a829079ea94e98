// The functions of a WebGPU implementation that this plugin calls, found at run time: any library
// that follows the C header which this was compiled with.
#pragma once

#include <webgpu.h>

namespace aivm::gpu {

#define AIVM_WEBGPU_FUNCTIONS(F)                \
    F(wgpuCreateInstance)                       \
    F(wgpuInstanceRequestAdapter)               \
    F(wgpuInstanceProcessEvents)                \
    F(wgpuInstanceRelease)                      \
    F(wgpuAdapterGetInfo)                       \
    F(wgpuAdapterInfoFreeMembers)               \
    F(wgpuAdapterGetLimits)                     \
    F(wgpuAdapterRequestDevice)                 \
    F(wgpuAdapterRelease)                       \
    F(wgpuDeviceGetQueue)                       \
    F(wgpuDeviceCreateBuffer)                   \
    F(wgpuDeviceCreateShaderModule)             \
    F(wgpuDeviceCreateBindGroupLayout)          \
    F(wgpuDeviceCreatePipelineLayout)           \
    F(wgpuDeviceCreateComputePipeline)          \
    F(wgpuDeviceCreateBindGroup)                \
    F(wgpuDeviceCreateCommandEncoder)           \
    F(wgpuDeviceRelease)                        \
    F(wgpuQueueWriteBuffer)                     \
    F(wgpuQueueSubmit)                          \
    F(wgpuQueueRelease)                         \
    F(wgpuBufferMapAsync)                       \
    F(wgpuBufferGetConstMappedRange)            \
    F(wgpuBufferRelease)                        \
    F(wgpuCommandEncoderBeginComputePass)       \
    F(wgpuCommandEncoderClearBuffer)            \
    F(wgpuCommandEncoderCopyBufferToBuffer)     \
    F(wgpuCommandEncoderFinish)                 \
    F(wgpuCommandEncoderRelease)                \
    F(wgpuCommandBufferRelease)                 \
    F(wgpuComputePassEncoderSetPipeline)        \
    F(wgpuComputePassEncoderSetBindGroup)       \
    F(wgpuComputePassEncoderDispatchWorkgroups) \
    F(wgpuComputePassEncoderEnd)                \
    F(wgpuComputePassEncoderRelease)            \
    F(wgpuShaderModuleRelease)                  \
    F(wgpuBindGroupLayoutRelease)               \
    F(wgpuPipelineLayoutRelease)                \
    F(wgpuComputePipelineRelease)               \
    F(wgpuBindGroupRelease)

struct WebGpuApi {
#define AIVM_WEBGPU_MEMBER(name) decltype(&::name) name = nullptr;
    AIVM_WEBGPU_FUNCTIONS(AIVM_WEBGPU_MEMBER)
#undef AIVM_WEBGPU_MEMBER

    bool is_wgpu_native = false;  // it has extensions of its own

    // Opens $AIVM_WEBGPU_LIBRARY, or the usual names of wgpu-native and Dawn. False: no library, or
    // one of another header. The library stays open for the rest of the process.
    bool open_library();
};

}  // namespace aivm::gpu
