#include "gpu/metal/testing/msl_host_device.h"

#include <metal_host_kernels.inc>

#include <dlfcn.h>
#include <algorithm>
#include <array>
#include <barrier>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <sstream>
#include <thread>

#include "core/base/check.h"
#include "core/kernels/abi.h"

// As stand_in/metal_stdlib.in declares it.
struct MslThread {
    void* buffers[7];
    std::uint32_t group[3];
    std::uint32_t groups[3];
    std::uint32_t lane;
};

#define AIVM_DECLARE(name) extern "C" void msl_host_##name(const MslThread& call);
MSL_KERNELS(AIVM_DECLARE)
#undef AIVM_DECLARE

namespace aivm::gpu {
namespace {

constexpr std::uint32_t kGroupThreads = 64;
constexpr std::uint32_t kParametersIndex = 6;
constexpr std::uint32_t kPoison = 0xCDCDCDCD;

using Kernel = void (*)(const MslThread&);
#define AIVM_KERNEL(name) msl_host_##name,
constexpr std::array kKernels{MSL_KERNELS(AIVM_KERNEL)};
#undef AIVM_KERNEL
static_assert(kKernels.size() == kPassCount, "a kernel per pass, in the order of Pass");

struct Parameters {
    PassParameters parameters;
    std::uint32_t thread_count = 0;
};

// AIVM_MSL_KERNELS=pass=FILE,... takes kernels from libraries instead: shader_mutants.py.
std::array<Kernel, kPassCount> load_kernels() {
    auto kernels = kKernels;
    const char* text = std::getenv("AIVM_MSL_KERNELS");
    std::istringstream list(text ? text : "");
    for (std::string item; std::getline(list, item, ',');) {
        const std::string name = item.substr(0, item.find('='));
        void* library = dlopen(item.substr(name.size() + 1).c_str(), RTLD_NOW | RTLD_LOCAL);
        AIVM_CHECK(library != nullptr);
        void* kernel = dlsym(library, ("msl_host_" + name).c_str());
        const auto pass = std::find_if(std::begin(kPasses), std::end(kPasses),
                                       [&](const auto& each) { return each.name == name; });
        AIVM_CHECK(kernel && pass != std::end(kPasses));
        kernels[static_cast<std::size_t>(pass - kPasses)] = reinterpret_cast<Kernel>(kernel);
    }
    return kernels;
}

std::barrier<>* current_barrier = nullptr;

// One group whose threads wait for each other.
void run_group(Kernel kernel, const MslThread& first, std::uint32_t thread_count) {
    std::barrier<> barrier(thread_count);
    current_barrier = &barrier;
    std::vector<std::thread> threads;
    for (std::uint32_t lane = 0; lane < thread_count; ++lane) {
        threads.emplace_back([&, lane] {
            MslThread call = first;
            call.lane = lane;
            kernel(call);
        });
    }
    for (std::thread& each : threads) each.join();
    current_barrier = nullptr;
}

}  // namespace
}  // namespace aivm::gpu

extern "C" void msl_host_barrier() { aivm::gpu::current_barrier->arrive_and_wait(); }

namespace aivm::gpu {

int MslHostDevice::begin() { return abi::kOk; }

void MslHostDevice::end() { buffers_.clear(); }

int MslHostDevice::allocate(std::size_t size_bytes, Buffer* buffer) {
    *buffer = Buffer{static_cast<std::uint32_t>(buffers_.size())};
    buffers_.push_back(std::make_unique<std::vector<std::uint32_t>>(size_bytes / 4, kPoison));
    return abi::kOk;
}

int MslHostDevice::copy_in(Buffer to, const void* from, std::size_t size_bytes) {
    std::memcpy(words(to).data(), from, size_bytes);
    return abi::kOk;
}

int MslHostDevice::fill(Buffer buffer, std::uint32_t word) {
    std::fill(words(buffer).begin(), words(buffer).end(), word);
    return abi::kOk;
}

int MslHostDevice::launch(Pass pass, std::span<const Buffer> bindings,
                          const PassParameters& parameters, std::uint32_t thread_count) {
    Parameters uniforms{parameters, thread_count};
    MslThread call{};
    for (std::size_t i = 0; i < bindings.size(); ++i) call.buffers[i] = words(bindings[i]).data();
    call.buffers[kParametersIndex] = &uniforms;
    static const auto kernels = load_kernels();
    const Kernel kernel = kernels[static_cast<std::uint32_t>(pass)];
    const std::uint32_t groups = (thread_count - 1) / kGroupThreads + 1;
    call.groups[0] = groups;
    call.groups[1] = call.groups[2] = 1;
    if (pass == Pass::kAnchorSelect) {
        run_group(kernel, call, thread_count);
        return abi::kOk;
    }
    std::vector<std::uint32_t> order(groups * kGroupThreads);
    std::iota(order.begin(), order.end(), 0U);
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random_.below(i)]);
    for (const std::uint32_t index : order) {
        call.group[0] = index / kGroupThreads;
        call.lane = index % kGroupThreads;
        kernel(call);
    }
    return abi::kOk;
}

int MslHostDevice::copy_out(void* to, Buffer from, std::size_t size_bytes) {
    std::memcpy(to, words(from).data(), size_bytes);
    return abi::kOk;
}

int MslHostDevice::synchronise() { return abi::kOk; }

}  // namespace aivm::gpu
