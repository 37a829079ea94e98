// The Metal plugin: the passes on a Metal device, and the six launchers. Never run in the project's
// tests, which have no macOS: there its shaders run on the CPU, and this file is checked for syntax.
#import <Foundation/Foundation.h>
#import <Metal/Metal.h>

#include <unistd.h>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "core/kernels/abi.h"
#include "gpu/kernels/device.h"
#include "gpu/kernels/launchers.h"
#include "gpu/metal/metal_shaders.h"

namespace aivm::gpu {
namespace {

constexpr std::uint32_t kGroupThreads = 64;
constexpr std::uint32_t kGroupsPerRow = 65'535;

struct Parameters {
    PassParameters parameters;
    std::uint32_t thread_count = 0;
};
static_assert(sizeof(Parameters) == 24);

// Device, queue and pipelines of the process. Pipelines are compiled when they are first used.
struct Context {
    id<MTLDevice> device = nil;
    id<MTLCommandQueue> queue = nil;
    std::array<id<MTLComputePipelineState>, kPassCount> pipelines{};
    pid_t opened_by = 0;

    // Null when there is no device, and in a child of the process that opened it.
    static Context* get() {
        static Context context = open();
        return context.queue && context.opened_by == getpid() ? &context : nullptr;
    }

    id<MTLComputePipelineState> pipeline(Pass pass) {
        const auto index = static_cast<std::uint32_t>(pass);
        if (pipelines[index]) return pipelines[index];
        NSError* error = nil;
        NSString* source = [NSString stringWithUTF8String:msl_of(pass).data()];
        id<MTLLibrary> library = [device newLibraryWithSource:source options:nil error:&error];
        NSString* name = [NSString stringWithUTF8String:kPasses[index].name];
        id<MTLFunction> function = [library newFunctionWithName:name];
        if (!function) return nil;
        pipelines[index] = [device newComputePipelineStateWithFunction:function error:&error];
        return pipelines[index];
    }

private:
    static Context open() {
        Context context;
        context.opened_by = getpid();
        context.device = MTLCreateSystemDefaultDevice();
        context.queue = [context.device newCommandQueue];
        return context;
    }
};

int code_of(NSError* error) {
    switch (error.code) {
        case MTLCommandBufferErrorOutOfMemory:
            return abi::kOutOfMemory;
        case MTLCommandBufferErrorTimeout:
        case MTLCommandBufferErrorPageFault:
        case MTLCommandBufferErrorAccessRevoked:
        case MTLCommandBufferErrorDeviceRemoved:
            return abi::kDeviceLost;
        default:
            return abi::kInternal;
    }
}

// Commands go into one command buffer, each with an encoder of its own, which Metal runs in order.
class MetalDevice final : public Device {
public:
    int begin() override {
        context_ = Context::get();
        return context_ ? abi::kOk : abi::kNotSupported;
    }

    void end() override {
        commands_ = nil;
        buffers_.clear();
        downloads_.clear();
        context_ = nullptr;
    }

    int allocate(std::size_t size_bytes, Buffer* buffer) override {
        if (size_bytes > context_->device.maxBufferLength) return abi::kOutOfMemory;
        id<MTLBuffer> made = [context_->device newBufferWithLength:size_bytes
                                                           options:MTLResourceStorageModeShared];
        if (!made) return abi::kOutOfMemory;
        *buffer = Buffer{static_cast<std::uint32_t>(buffers_.size())};
        buffers_.push_back(made);
        return abi::kOk;
    }

    // The host writes at once, so commands recorded earlier must have run.
    int copy_in(Buffer to, const void* from, std::size_t size_bytes) override {
        if (const int code = run_commands(); code != abi::kOk) return code;
        std::memcpy(at(to).contents, from, size_bytes);
        return abi::kOk;
    }

    // Both words that may be asked for, 0 and kNone, repeat one byte.
    int fill(Buffer buffer, std::uint32_t word) override {
        @autoreleasepool {
            id<MTLBlitCommandEncoder> encoder = [commands() blitCommandEncoder];
            if (!encoder) return abi::kInternal;
            [encoder fillBuffer:at(buffer)
                          range:NSMakeRange(0, at(buffer).length)
                          value:static_cast<std::uint8_t>(word)];
            [encoder endEncoding];
        }
        return abi::kOk;
    }

    int launch(Pass pass, std::span<const Buffer> bindings, const PassParameters& parameters,
               std::uint32_t thread_count) override {
        @autoreleasepool {
            id<MTLComputePipelineState> pipeline = context_->pipeline(pass);
            if (!pipeline) return abi::kInternal;
            id<MTLComputeCommandEncoder> encoder = [commands() computeCommandEncoder];
            if (!encoder) return abi::kInternal;
            [encoder setComputePipelineState:pipeline];
            for (std::size_t i = 0; i < bindings.size(); ++i)
                [encoder setBuffer:at(bindings[i]) offset:0 atIndex:i];
            const Parameters constants{parameters, thread_count};
            [encoder setBytes:&constants length:sizeof constants atIndex:kMslParametersIndex];
            const bool is_window = pass == Pass::kAnchorSelect;
            const std::uint32_t group = is_window ? kAnchorWindow : kGroupThreads;
            const std::uint32_t groups = (thread_count - 1) / group + 1;
            const std::uint32_t rows = (groups - 1) / kGroupsPerRow + 1;
            [encoder dispatchThreadgroups:MTLSizeMake(rows > 1 ? kGroupsPerRow : groups, rows, 1)
                    threadsPerThreadgroup:MTLSizeMake(group, 1, 1)];
            [encoder endEncoding];
        }
        return abi::kOk;
    }

    int copy_out(void* to, Buffer from, std::size_t size_bytes) override {
        @autoreleasepool {
            Buffer staging{};
            if (const int code = allocate(size_bytes, &staging); code != abi::kOk) return code;
            id<MTLBlitCommandEncoder> encoder = [commands() blitCommandEncoder];
            if (!encoder) return abi::kInternal;
            [encoder copyFromBuffer:at(from)
                       sourceOffset:0
                           toBuffer:at(staging)
                  destinationOffset:0
                               size:size_bytes];
            [encoder endEncoding];
            downloads_.push_back({to, staging, size_bytes});
        }
        return abi::kOk;
    }

    int synchronise() override {
        if (const int code = run_commands(); code != abi::kOk) return code;
        for (const Download& each : downloads_)
            std::memcpy(each.to, at(each.staging).contents, each.size_bytes);
        downloads_.clear();
        return abi::kOk;
    }

private:
    struct Download {
        void* to = nullptr;
        Buffer staging{};
        std::size_t size_bytes = 0;
    };

    id<MTLBuffer> at(Buffer buffer) const { return buffers_[static_cast<std::size_t>(buffer)]; }

    id<MTLCommandBuffer> commands() {
        if (!commands_) commands_ = [context_->queue commandBuffer];
        return commands_;
    }

    int run_commands() {
        if (!commands_) return abi::kOk;
        id<MTLCommandBuffer> done = commands_;
        commands_ = nil;
        [done commit];
        [done waitUntilCompleted];
        return done.status == MTLCommandBufferStatusCompleted ? int{abi::kOk}
                                                              : code_of(done.error);
    }

    Context* context_ = nullptr;  // between begin() and end()
    id<MTLCommandBuffer> commands_ = nil;
    std::vector<id<MTLBuffer>> buffers_;
    std::vector<Download> downloads_;
};

MetalDevice& metal_device() {
    static MetalDevice device;
    return device;
}

}  // namespace
}  // namespace aivm::gpu

AIVM_EXPORT_LAUNCHERS(metal, aivm::gpu::metal_device())

// Valid until the plugin is unloaded.
extern "C" __attribute__((visibility("default"))) const char* lux_metal_aivm_device_name() {
    static const std::string name = [] {
        const auto* context = aivm::gpu::Context::get();
        return context ? std::string(context->device.name.UTF8String) : std::string();
    }();
    return name.c_str();
}
