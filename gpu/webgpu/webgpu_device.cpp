#include "gpu/webgpu/webgpu_device.h"

#include <array>
#include <cstring>

#include "core/kernels/abi.h"
#include "gpu/webgpu/webgpu_shaders.h"

namespace aivm::gpu {
namespace {

constexpr std::uint32_t kGroupThreads = 64;
constexpr std::uint32_t kGroupsPerRow = 65'535;

// The uniform buffer that shaders/dialect.inc declares.
struct Uniforms {
    PassParameters parameters;
    std::uint32_t thread_count = 0;
};
static_assert(sizeof(Uniforms) == 24);

std::size_t index_of(Buffer buffer) { return static_cast<std::size_t>(buffer); }

}  // namespace

WebGpuContext* WebGpuDevice::context() {
    static const std::unique_ptr<WebGpuContext> opened = WebGpuContext::open();
    return opened && opened->is_usable() ? opened.get() : nullptr;
}

std::string WebGpuDevice::description() {
    const WebGpuContext* opened = context();
    return opened ? opened->description() : "";
}

int WebGpuDevice::begin() {
    context_ = context();
    if (!context_) return abi::kNotSupported;
    context_->clear_error();
    return context_->error();
}

void WebGpuDevice::end() {
    const WebGpuApi& api = context_->api();
    if (encoder_) api.wgpuCommandEncoderRelease(encoder_);
    for (WGPUBindGroup group : groups_) api.wgpuBindGroupRelease(group);
    for (WGPUBuffer buffer : owned_) api.wgpuBufferRelease(buffer);
    encoder_ = nullptr;
    groups_.clear();
    owned_.clear();
    buffers_.clear();
    downloads_.clear();
    context_ = nullptr;
}

int WebGpuDevice::create(WGPUBufferUsage usage, std::uint64_t size_bytes, WGPUBuffer& buffer) {
    WGPUBufferDescriptor descriptor{};
    descriptor.usage = usage;
    descriptor.size = size_bytes;
    buffer = context_->api().wgpuDeviceCreateBuffer(context_->device(), &descriptor);
    if (!buffer) return abi::kOutOfMemory;
    owned_.push_back(buffer);
    return context_->error();
}

int WebGpuDevice::allocate(std::size_t size_bytes, Buffer* buffer) {
    if (size_bytes > context_->storage_bytes_max()) return abi::kOutOfMemory;
    Slice slice{nullptr, size_bytes};
    const int code =
        create(WGPUBufferUsage_Storage | WGPUBufferUsage_CopySrc | WGPUBufferUsage_CopyDst,
               size_bytes, slice.buffer);
    if (code != abi::kOk) return code;
    *buffer = Buffer{static_cast<std::uint32_t>(buffers_.size())};
    buffers_.push_back(slice);
    return abi::kOk;
}

WGPUCommandEncoder WebGpuDevice::encoder() {
    if (!encoder_)
        encoder_ = context_->api().wgpuDeviceCreateCommandEncoder(context_->device(), nullptr);
    return encoder_;
}

// A host write takes effect before everything that is submitted later, so what was recorded earlier
// must be on its way first.
int WebGpuDevice::copy_in(Buffer to, const void* from, std::size_t size_bytes) {
    if (const int code = submit(); code != abi::kOk) return code;
    context_->api().wgpuQueueWriteBuffer(context_->queue(), buffers_[index_of(to)].buffer, 0, from,
                                         size_bytes);
    return context_->error();
}

int WebGpuDevice::fill(Buffer buffer, std::uint32_t word) {
    const Slice& slice = buffers_[index_of(buffer)];
    if (word == 0) {
        context_->api().wgpuCommandEncoderClearBuffer(encoder(), slice.buffer, 0, slice.size_bytes);
        return context_->error();
    }
    const std::vector<std::uint32_t> words(slice.size_bytes / sizeof word, word);
    return copy_in(buffer, words.data(), slice.size_bytes);
}

int WebGpuDevice::launch(Pass pass, std::span<const Buffer> bindings,
                         const PassParameters& parameters, std::uint32_t thread_count) {
    const WebGpuApi& api = context_->api();
    WGPUComputePipeline pipeline = context_->pipeline(pass);
    if (!pipeline) return context_->error() != abi::kOk ? context_->error() : int{abi::kInternal};
    const Uniforms uniforms{parameters, thread_count};
    WGPUBuffer uniform_buffer = nullptr;  // a new one per launch: nothing recorded reads it yet
    const int code =
        create(WGPUBufferUsage_Uniform | WGPUBufferUsage_CopyDst, sizeof uniforms, uniform_buffer);
    if (code != abi::kOk) return code;
    api.wgpuQueueWriteBuffer(context_->queue(), uniform_buffer, 0, &uniforms, sizeof uniforms);

    std::array<WGPUBindGroupEntry, kBindingsMax + 1> entries{};
    for (std::uint32_t i = 0; i < bindings.size(); ++i) {
        const Slice& slice = buffers_[index_of(bindings[i])];
        entries[i].binding = i;
        entries[i].buffer = slice.buffer;
        entries[i].size = slice.size_bytes;
    }
    entries[bindings.size()].binding = kParametersBinding;
    entries[bindings.size()].buffer = uniform_buffer;
    entries[bindings.size()].size = sizeof uniforms;
    WGPUBindGroupDescriptor descriptor{};
    descriptor.layout = context_->group_layout(static_cast<std::uint32_t>(bindings.size()));
    descriptor.entryCount = bindings.size() + 1;
    descriptor.entries = entries.data();
    WGPUBindGroup group = api.wgpuDeviceCreateBindGroup(context_->device(), &descriptor);
    if (!group) return abi::kInternal;
    groups_.push_back(group);

    const std::uint32_t groups = (thread_count - 1) / kGroupThreads + 1;
    const std::uint32_t rows = (groups - 1) / kGroupsPerRow + 1;
    WGPUComputePassEncoder commands = api.wgpuCommandEncoderBeginComputePass(encoder(), nullptr);
    api.wgpuComputePassEncoderSetPipeline(commands, pipeline);
    api.wgpuComputePassEncoderSetBindGroup(commands, 0, group, 0, nullptr);
    api.wgpuComputePassEncoderDispatchWorkgroups(commands, rows > 1 ? kGroupsPerRow : groups, rows,
                                                 1);
    api.wgpuComputePassEncoderEnd(commands);
    api.wgpuComputePassEncoderRelease(commands);
    return context_->error();
}

int WebGpuDevice::copy_out(void* to, Buffer from, std::size_t size_bytes) {
    Download download;
    download.to = to;
    download.staging.size_bytes = size_bytes;
    const int code = create(WGPUBufferUsage_MapRead | WGPUBufferUsage_CopyDst, size_bytes,
                            download.staging.buffer);
    if (code != abi::kOk) return code;
    context_->api().wgpuCommandEncoderCopyBufferToBuffer(encoder(), buffers_[index_of(from)].buffer,
                                                         0, download.staging.buffer, 0, size_bytes);
    downloads_.push_back(download);
    return context_->error();
}

int WebGpuDevice::submit() {
    if (!encoder_) return abi::kOk;
    const WebGpuApi& api = context_->api();
    WGPUCommandBuffer commands = api.wgpuCommandEncoderFinish(encoder_, nullptr);
    api.wgpuCommandEncoderRelease(encoder_);
    encoder_ = nullptr;
    if (!commands) return abi::kInternal;
    if (context_->error() == abi::kOk) api.wgpuQueueSubmit(context_->queue(), 1, &commands);
    api.wgpuCommandBufferRelease(commands);
    return context_->error();
}

int WebGpuDevice::synchronise() {
    if (const int code = submit(); code != abi::kOk) return code;
    for (Download& download : downloads_) {
        WGPUBufferMapCallbackInfo callback{};
        callback.mode = WGPUCallbackMode_AllowProcessEvents;
        callback.userdata1 = &download;
        callback.callback = [](WGPUMapAsyncStatus status, WGPUStringView, void* to, void*) {
            auto* mapped = static_cast<Download*>(to);
            mapped->succeeded = status == WGPUMapAsyncStatus_Success;
            mapped->done = true;
        };
        context_->api().wgpuBufferMapAsync(download.staging.buffer, WGPUMapMode_Read, 0,
                                           download.staging.size_bytes, callback);
    }
    for (Download& download : downloads_) {
        if (const int code = fetch(download); code != abi::kOk) return code;
    }
    downloads_.clear();
    return context_->error();
}

int WebGpuDevice::fetch(Download& download) {
    if (!context_->wait_for(&download.done)) return abi::kDeviceLost;
    if (context_->error() != abi::kOk) return context_->error();
    if (!download.succeeded) return abi::kInternal;
    const void* mapped = context_->api().wgpuBufferGetConstMappedRange(download.staging.buffer, 0,
                                                                       download.staging.size_bytes);
    if (!mapped) return abi::kInternal;
    std::memcpy(download.to, mapped, download.staging.size_bytes);
    return abi::kOk;
}

}  // namespace aivm::gpu
