#include "gpu/webgpu/webgpu_context.h"

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <thread>

#include "core/kernels/abi.h"
#include "gpu/webgpu/webgpu_shaders.h"

#if __has_include(<wgpu.h>)
#include <wgpu.h>
#endif

namespace aivm::gpu {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kWaitMax = std::chrono::seconds(60);
// Most waits are short: this many looks come before the first pause.
constexpr int kEagerLooks = 200;
constexpr auto kPause = std::chrono::microseconds(50);
// The parameters in a uniform buffer: PassParameters and the number of threads.
constexpr std::uint64_t kParameterBytes = 24;

std::string text_of(WGPUStringView view) {
    if (!view.data) return {};
    return view.length == WGPU_STRLEN ? std::string(view.data)
                                      : std::string(view.data, view.length);
}

WGPUStringView view_of(std::string_view text) { return {text.data(), text.size()}; }

// The result that the callback of a request stores.
template <class Handle>
struct Answer {
    Handle handle = nullptr;
    bool done = false;
};

}  // namespace

std::unique_ptr<WebGpuContext> WebGpuContext::open() {
    std::unique_ptr<WebGpuContext> context(new WebGpuContext);
    context->opened_by_ = getpid();
    const bool opened = context->api_.open_library() && context->create_instance() &&
                        context->request_adapter() && context->request_device() &&
                        context->create_layouts();
    return opened ? std::move(context) : nullptr;
}

bool WebGpuContext::is_usable() const { return opened_by_ == getpid(); }

WebGpuContext::~WebGpuContext() {
    if (!is_usable()) return;
    for (WGPUComputePipeline pipeline : pipelines_)
        if (pipeline) api_.wgpuComputePipelineRelease(pipeline);
    for (WGPUPipelineLayout layout : pipeline_layouts_)
        if (layout) api_.wgpuPipelineLayoutRelease(layout);
    for (WGPUBindGroupLayout layout : group_layouts_)
        if (layout) api_.wgpuBindGroupLayoutRelease(layout);
    if (queue_) api_.wgpuQueueRelease(queue_);
    if (device_) api_.wgpuDeviceRelease(device_);
    if (adapter_) api_.wgpuAdapterRelease(adapter_);
    if (instance_) api_.wgpuInstanceRelease(instance_);
}

bool WebGpuContext::wait_for(const bool* done) {
    const auto deadline = Clock::now() + kWaitMax;
    for (int look = 0; !*done; ++look) {
        api_.wgpuInstanceProcessEvents(instance_);
        if (*done) break;
        if (Clock::now() > deadline) {
            is_lost_ = true;
            return false;
        }
        if (look > kEagerLooks) std::this_thread::sleep_for(kPause);
    }
    return true;
}

// wgpu-native also looks for OpenGL, which cannot run these shaders and writes to the terminal when
// it finds no display.
bool WebGpuContext::create_instance() {
    WGPUInstanceDescriptor descriptor{};
#if __has_include(<wgpu.h>)
    WGPUInstanceExtras extras{};
    extras.chain.sType = static_cast<WGPUSType>(WGPUSType_InstanceExtras);
    extras.backends = WGPUInstanceBackend_Primary;
    if (api_.is_wgpu_native) descriptor.nextInChain = &extras.chain;
#endif
    instance_ = api_.wgpuCreateInstance(&descriptor);
    return instance_ != nullptr;
}

bool WebGpuContext::request_adapter() {
    Answer<WGPUAdapter> answer;
    WGPURequestAdapterOptions options{};
    options.featureLevel = WGPUFeatureLevel_Core;
    options.powerPreference = WGPUPowerPreference_HighPerformance;
    WGPURequestAdapterCallbackInfo callback{};
    callback.mode = WGPUCallbackMode_AllowProcessEvents;
    callback.userdata1 = &answer;
    callback.callback = [](WGPURequestAdapterStatus, WGPUAdapter adapter, WGPUStringView, void* to,
                           void*) { *static_cast<Answer<WGPUAdapter>*>(to) = {adapter, true}; };
    api_.wgpuInstanceRequestAdapter(instance_, &options, callback);
    if (!wait_for(&answer.done)) return false;
    adapter_ = answer.handle;
    return adapter_ != nullptr;
}

// Everything that the adapter offers, so that tables may be as large as it allows.
bool WebGpuContext::request_device() {
    WGPULimits limits{};
    if (api_.wgpuAdapterGetLimits(adapter_, &limits) != WGPUStatus_Success) return false;
    storage_bytes_max_ = std::min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
    Answer<WGPUDevice> answer;
    WGPUDeviceDescriptor descriptor{};
    descriptor.requiredLimits = &limits;
    descriptor.deviceLostCallbackInfo.mode = WGPUCallbackMode_AllowSpontaneous;
    descriptor.deviceLostCallbackInfo.userdata1 = this;
    descriptor.deviceLostCallbackInfo.callback = [](WGPUDevice const*, WGPUDeviceLostReason,
                                                    WGPUStringView, void* self, void*) {
        static_cast<WebGpuContext*>(self)->is_lost_ = true;
    };
    descriptor.uncapturedErrorCallbackInfo.userdata1 = this;
    descriptor.uncapturedErrorCallbackInfo.callback = [](WGPUDevice const*, WGPUErrorType type,
                                                         WGPUStringView, void* self, void*) {
        int& error = static_cast<WebGpuContext*>(self)->error_;
        if (error != abi::kOk) return;
        error = type == WGPUErrorType_OutOfMemory ? abi::kOutOfMemory : abi::kInternal;
    };
    WGPURequestDeviceCallbackInfo callback{};
    callback.mode = WGPUCallbackMode_AllowProcessEvents;
    callback.userdata1 = &answer;
    callback.callback = [](WGPURequestDeviceStatus, WGPUDevice device, WGPUStringView, void* to,
                           void*) { *static_cast<Answer<WGPUDevice>*>(to) = {device, true}; };
    api_.wgpuAdapterRequestDevice(adapter_, &descriptor, callback);
    if (!wait_for(&answer.done) || !answer.handle) return false;
    device_ = answer.handle;
    queue_ = api_.wgpuDeviceGetQueue(device_);
    describe();
    return queue_ != nullptr;
}

void WebGpuContext::describe() {
    WGPUAdapterInfo info{};
    if (api_.wgpuAdapterGetInfo(adapter_, &info) != WGPUStatus_Success) return;
    description_ = text_of(info.device);
    if (const std::string driver = text_of(info.description); !driver.empty())
        description_ += ", " + driver;
    api_.wgpuAdapterInfoFreeMembers(info);
}

// One pair of layouts per number of buffers; the parameters stand behind the last possible buffer.
bool WebGpuContext::create_layouts() {
    std::array<WGPUBindGroupLayoutEntry, kBindingsMax + 1> entries{};
    for (std::uint32_t count = 1; count <= kBindingsMax; ++count) {
        for (std::uint32_t i = 0; i <= count; ++i) {
            entries[i] = {};
            entries[i].binding = i < count ? i : kParametersBinding;
            entries[i].visibility = WGPUShaderStage_Compute;
            entries[i].buffer.type =
                i < count ? WGPUBufferBindingType_Storage : WGPUBufferBindingType_Uniform;
            entries[i].buffer.minBindingSize = i < count ? 4 : kParameterBytes;
        }
        WGPUBindGroupLayoutDescriptor group{};
        group.entryCount = count + 1;
        group.entries = entries.data();
        group_layouts_[count] = api_.wgpuDeviceCreateBindGroupLayout(device_, &group);
        if (!group_layouts_[count]) return false;
        WGPUPipelineLayoutDescriptor layout{};
        layout.bindGroupLayoutCount = 1;
        layout.bindGroupLayouts = &group_layouts_[count];
        pipeline_layouts_[count] = api_.wgpuDeviceCreatePipelineLayout(device_, &layout);
        if (!pipeline_layouts_[count]) return false;
    }
    return error() == abi::kOk;
}

WGPUComputePipeline WebGpuContext::pipeline(Pass pass) {
    WGPUComputePipeline& known = pipelines_[static_cast<std::uint32_t>(pass)];
    if (known) return known;
    WGPUShaderSourceWGSL source{};
    source.chain.sType = WGPUSType_ShaderSourceWGSL;
    source.code = view_of(wgsl_of(pass));
    WGPUShaderModuleDescriptor descriptor{};
    descriptor.nextInChain = &source.chain;
    WGPUShaderModule module = api_.wgpuDeviceCreateShaderModule(device_, &descriptor);
    if (!module || error() != abi::kOk) return nullptr;
    const std::uint32_t bindings = kPasses[static_cast<std::uint32_t>(pass)].binding_count;
    WGPUComputePipelineDescriptor pipeline{};
    pipeline.layout = pipeline_layouts_[bindings];
    pipeline.compute.module = module;
    pipeline.compute.entryPoint = view_of("main");
    WGPUComputePipeline made = api_.wgpuDeviceCreateComputePipeline(device_, &pipeline);
    api_.wgpuShaderModuleRelease(module);
    if (!made || error() != abi::kOk) return nullptr;
    known = made;
    return known;
}

int WebGpuContext::error() const { return is_lost_ ? int{abi::kDeviceLost} : error_; }

void WebGpuContext::clear_error() { error_ = abi::kOk; }

}  // namespace aivm::gpu
