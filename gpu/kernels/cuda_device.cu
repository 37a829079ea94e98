// The one source of the passes for CUDA, HIP and the CPU stand-in, and the Device that runs them.
// Everything is queued on one stream: commands run in order, and no pass needs to wait for the
// host.
#include "gpu/kernels/cuda_device.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "gpu/kernels/anchor_passes.h"
#include "gpu/kernels/batch_passes.h"
#include "gpu/kernels/leaf_passes.h"
#include "gpu/kernels/registry_passes.h"

namespace aivm::gpu {
namespace {

constexpr unsigned kBlockThreads = 64;

int code_of(cudaError_t error) {
    switch (error) {
        case cudaSuccess:
            return abi::kOk;
        case cudaErrorMemoryAllocation:
            return abi::kOutOfMemory;
        case cudaErrorLaunchFailure:
        case cudaErrorIllegalAddress:
        case cudaErrorECCUncorrectable:
            return abi::kDeviceLost;
        default:
            return abi::kInternal;
    }
}

class CudaDevice final : public Device {
public:
    ~CudaDevice() override {
        // Fails harmlessly when the run time has already shut down.
        if (stream_ != nullptr) static_cast<void>(cudaStreamDestroy(stream_));
    }

    int begin() override {
        if (stream_ != nullptr) return abi::kOk;
        int count = 0;
        if (cudaGetDeviceCount(&count) != cudaSuccess || count < 1) {
            static_cast<void>(cudaGetLastError());  // a later call must not report this one
            return abi::kNotSupported;
        }
        const int code = code_of(cudaStreamCreate(&stream_));
        if (code != abi::kOk) {
            stream_ = nullptr;
            static_cast<void>(cudaGetLastError());
            return code;
        }
        keep_freed_memory();
        return abi::kOk;
    }

    void end() override {
        // Commands left over from a failed call may still read host memory.
        if (!is_idle_) static_cast<void>(cudaStreamSynchronize(stream_));
        is_idle_ = true;
        for (void* memory : buffers_) static_cast<void>(release_on(stream_, memory));
        buffers_.clear();
        static_cast<void>(cudaGetLastError());
    }

    int allocate(std::size_t size_bytes, Buffer* buffer) override {
        void* memory = nullptr;
        buffers_.reserve(buffers_.size() + 1);
        const int code = code_of(allocate_on(stream_, &memory, size_bytes));
        if (code != abi::kOk) return code;
        *buffer = static_cast<Buffer>(buffers_.size());
        buffers_.push_back(memory);
        sizes_.resize(buffers_.size());
        sizes_.back() = size_bytes;
        return abi::kOk;
    }

    int copy_in(Buffer to, const void* from, std::size_t size_bytes) override {
        is_idle_ = false;
        return code_of(
            cudaMemcpyAsync(memory_of(to), from, size_bytes, cudaMemcpyHostToDevice, stream_));
    }

    int fill(Buffer buffer, std::uint32_t word) override {
        is_idle_ = false;
        // 0 and kNoIndex are the same in every byte.
        return code_of(cudaMemsetAsync(memory_of(buffer), static_cast<int>(word & 0xFFU),
                                       sizes_[static_cast<std::size_t>(buffer)], stream_));
    }

    int launch(Pass pass, std::span<const Buffer> bindings, const PassParameters& parameters,
               std::uint32_t thread_count) override {
        is_idle_ = false;
        const auto run = [&](auto* kernel, unsigned block_threads = kBlockThreads) {
            return code_of(queue(kernel, bindings, parameters, thread_count, block_threads));
        };
        switch (pass) {
            case Pass::kGroupAttestations:
                return run(group_ops<abi::AttestationOp>);
            case Pass::kGroupModels:
                return run(group_ops<abi::ModelOp>);
            case Pass::kPlaceAttestations:
                return run(place_leaders<abi::AttestationOp, abi::Attestation>);
            case Pass::kPlaceModels:
                return run(place_leaders<abi::ModelOp, abi::ModelRegistryEntry>);
            case Pass::kFindAttestations:
                return run(find_attestations);
            case Pass::kFindModels:
                return run(find_models);
            case Pass::kCountUpdates:
                return run(count_updates);
            case Pass::kWriteAttestations:
                return run(write_attestations);
            case Pass::kWriteModels:
                return run(write_models);
            case Pass::kAnchorCursor:
                return run(anchor_cursor);
            case Pass::kAnchorSelect:
                return run(anchor_select, kAnchorWindow);
            case Pass::kAnchorWrite:
                return run(anchor_write);
            case Pass::kAttestationLeaves:
                return run(attestation_leaves);
            case Pass::kModelLeaves:
                return run(model_leaves);
            case Pass::kAnchorLeaves:
                return run(anchor_leaves);
            case Pass::kInference:
                return run(run_inference);
            case Pass::kInferenceOutputs:
                return run(inference_outputs);
            case Pass::kProofVerify:
                return run(verify_proofs);
            case Pass::kCount:
                break;
        }
        return abi::kInternal;
    }

    int copy_out(void* to, Buffer from, std::size_t size_bytes) override {
        is_idle_ = false;
        return code_of(
            cudaMemcpyAsync(to, memory_of(from), size_bytes, cudaMemcpyDeviceToHost, stream_));
    }

    int synchronise() override {
        const int code = code_of(cudaStreamSynchronize(stream_));
        is_idle_ = code == abi::kOk;
        return code;
    }

private:
    [[nodiscard]] void* memory_of(Buffer buffer) const {
        return buffers_[static_cast<std::size_t>(buffer)];
    }

    // The bindings become the kernel's pointers, in their order.
    template <class... Pointers>
    cudaError_t queue(void (*kernel)(PassParameters, Pointers...), std::span<const Buffer> bindings,
                      const PassParameters& parameters, std::uint32_t thread_count,
                      unsigned block_threads) {
        const unsigned blocks = (thread_count - 1) / block_threads + 1;
        return [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
            return start(kernel, blocks, block_threads, stream_, parameters,
                         static_cast<Pointers>(memory_of(bindings[kIndex]))...);
        }(std::index_sequence_for<Pointers...>{});
    }

    cudaStream_t stream_ = nullptr;
    bool is_idle_ = true;
    std::vector<void*> buffers_;
    std::vector<std::size_t> sizes_;
};

}  // namespace

std::unique_ptr<Device> make_cuda_device() { return std::make_unique<CudaDevice>(); }

}  // namespace aivm::gpu
