// How the blocks of a run are executed: the rules, the kernels behind them and the genesis block.
// The economic fidelity checks no signatures of operations and computes each inference once.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/dag/commutation.h"
#include "core/vm/dag_vm.h"
#include "core/vm/vm.h"
#include "gpu/simd/simd_kernels.h"
#include "sim/actors/device.h"
#include "sim/actors/signing.h"
#include "sim/invariants/checked_kernels.h"
#include "sim/world/caching_kernels.h"
#include "sim/world/run_context.h"
#include "sim/world/shared_cut_executor.h"
#include "sim/world/shared_executor.h"

namespace aivm::sim {

// What the replay of a run found wrong, and the invariant that it violates.
struct ReplayDifference {
    std::string_view invariant;
    std::string message;
};

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
    [[nodiscard]] const SharedExecutor& executor() const { return executor_; }
    // The executor of one validator: a share of them executes every block itself.
    [[nodiscard]] Executor& executor_of(ActorId validator);
    [[nodiscard]] bool executes_alone(ActorId validator) const;
    // The same of cuts.
    [[nodiscard]] CutExecutor& cut_executor_of(ActorId validator);
    void forget_cuts_below(std::uint64_t number) { cuts_.forget_below(number); }
    [[nodiscard]] std::uint64_t cut_comparisons() const { return cuts_.comparisons(); }
    [[nodiscard]] const ExecutedPtr& genesis() const { return genesis_; }
    // Of kernel calls.
    [[nodiscard]] std::uint64_t comparisons() const { return kernels_.comparisons(); }
    [[nodiscard]] std::uint64_t border_checks() const { return kernels_.border_checks(); }

    // Executes the chain that `vm` has accepted once more, from the genesis block and from the
    // bytes on the node's disk, and compares the roots of every block and all contents of the last
    // state (S14). Also executes each block with what shares nothing in reversed order, and
    // compares what must be equal then (R3). Returns the first difference, or nothing.
    [[nodiscard]] std::optional<ReplayDifference> replay(const Vm& vm);
    // The same for the cuts that `vm` has accepted, each with its slice from the vertices on disk,
    // which is reversed as far as ancestors stay before descendants.
    [[nodiscard]] std::optional<ReplayDifference> replay_cuts(const DagVm& vm);
    [[nodiscard]] std::uint64_t blocks_replayed() const { return blocks_replayed_; }
    // Of these, in which something changed its place in the reversed order.
    [[nodiscard]] std::uint64_t blocks_reversed() const { return blocks_reversed_; }

private:
    [[nodiscard]] Result<ExecutedPtr> replay_block(const Vm& vm, const Executed& parent,
                                                   const Rules& rules) const;

    [[nodiscard]] Result<CutResultPtr> replay_cut(const DagVm& vm, const State& below,
                                                  std::uint64_t number, std::set<Hash32>& settled,
                                                  const Rules& rules) const;

    // Notes what the reversed order of a block or slice showed.
    void note_reversed(std::string_view what, Height height, const Result<Commutation>& found);
    // The first thing that a reversed order showed.
    [[nodiscard]] std::optional<ReplayDifference> reversed_difference() const;

    std::uint32_t validators_;
    std::uint32_t alone_one_in_;
    ExecuteBlock execute_;
    IdealAuthorizer authority_;
    NoSignatures no_signatures_;
    gpu::SimdKernels default_kernels_;
    CheckedKernels kernels_;
    std::optional<CachingKernels> caching_;
    Rules rules_;
    SharedExecutor executor_;
    SharedCutExecutor cuts_;
    ExecutedPtr genesis_;
    std::uint64_t blocks_replayed_ = 0;
    std::uint64_t blocks_reversed_ = 0;
    std::string reversed_difference_;  // the first one; empty if there is none
};

}  // namespace aivm::sim
