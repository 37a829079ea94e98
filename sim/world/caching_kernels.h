// Kernels that compute each inference once: they are pure, so a repeated one has the same result.
// Providers, challengers and disputes of one world all run the same few rows.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/base/row_index.h"
#include "core/kernels/forwarding_kernels.h"

namespace aivm::sim {

class CachingKernels final : public ForwardingKernels {
public:
    // `backend` must outlive this.
    explicit CachingKernels(Kernels& backend) : ForwardingKernels(backend) {}

    // Remembers batches whose operation i reads input i and writes output i, which is how actors
    // and the VM run models; other batches go to the backend. Of a batch only new inferences are
    // computed, each once.
    int inference_step(const InferenceBatch& batch) override;

private:
    using Input = std::array<std::uint8_t, abi::kInferenceInputs>;
    // All that the answer depends on. The operation names the weights by their hash, which the VM
    // checks when a model is registered; batches whose weights have another hash are not cached.
    // The offsets are stored as zero.
    struct Known {
        abi::InferenceOp op{};
        Input input{};
        std::uint8_t output = 0;
        abi::InferenceResult result{};
    };

    static bool is_plain(const InferenceBatch& batch);
    // Its index in known_, after adding it if it is new.
    std::uint32_t find_or_add(const InferenceBatch& batch, std::uint32_t index);
    int compute_from(std::size_t first, const abi::InferenceWeights& weights);

    std::vector<Known> known_;
    RowIndex by_input_;                  // of known_
    std::vector<std::uint32_t> places_;  // indexes into known_, of the current batch
};

}  // namespace aivm::sim
