// How the blocks of a run are executed: the rules, the kernels behind them and the genesis block.
// The economic fidelity checks no signatures of operations and computes each inference once.
#pragma once

#include <optional>
#include <string>

#include "gpu/simd/simd_kernels.h"
#include "sim/actors/device.h"
#include "sim/actors/signing.h"
#include "sim/invariants/checked_kernels.h"
#include "sim/world/caching_kernels.h"
#include "sim/world/run_context.h"
#include "sim/world/shared_executor.h"

namespace aivm::sim {

class Execution {
public:
    // Called with the id of an invariant and a sentence when a comparison fails.
    using OnDifference = CheckedKernels::OnDifference;
    Execution(const RunContext& context, const OnDifference& on_difference);
    Execution(const Execution&) = delete;
    Execution& operator=(const Execution&) = delete;

    // Creates the genesis block. Call once, before anything is executed.
    [[nodiscard]] Status build(const RunContext& context);

    [[nodiscard]] const Rules& rules() const { return rules_; }
    [[nodiscard]] const IdealAuthorizer& authority() const { return authority_; }
    [[nodiscard]] SharedExecutor& executor() { return executor_; }
    [[nodiscard]] const ExecutedPtr& genesis() const { return genesis_; }
    [[nodiscard]] std::uint64_t comparisons() const { return kernels_.comparisons(); }

private:
    IdealAuthorizer authority_;
    NoSignatures no_signatures_;
    gpu::SimdKernels default_kernels_;
    CheckedKernels kernels_;
    std::optional<CachingKernels> caching_;
    Rules rules_;
    SharedExecutor executor_;
    ExecutedPtr genesis_;
};

}  // namespace aivm::sim
