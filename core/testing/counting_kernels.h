// Kernels that count the inference steps that they run.
#pragma once

#include "core/kernels/forwarding_kernels.h"

namespace aivm::test {

class CountingKernels final : public ForwardingKernels {
public:
    using ForwardingKernels::ForwardingKernels;

    int inference_step(const InferenceBatch& batch) override {
        steps += batch.op_count;
        return ForwardingKernels::inference_step(batch);
    }

    std::uint64_t steps = 0;
};

}  // namespace aivm::test
