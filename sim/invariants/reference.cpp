#include "sim/invariants/reference.h"

#include <optional>

#include "core/reference/watch.h"
#include "sim/invariants/trials.h"

namespace aivm::sim {
namespace {

class RulesAsWritten final : public Invariant {
public:
    RulesAsWritten()
        : Invariant({.id = "R1",
                     .name = "rules-as-written",
                     .meaning = "a block, and every operation that a queue is offered, does what a "
                                "second reading of the protocol says it does",
                     .reason = "Code that agrees with itself can still be wrong. Where the VM "
                               "and a second reading of the protocol differ, one of them pays, "
                               "slashes or refuses somebody against the published rules.",
                     .of_queues = true}) {}

    // In the economic fidelity only paranoid runs try what was offered: of their blocks, too few
    // are looked at.
    void on_offered(ActorId, const QueueView& view, const OperationPtr& operation,
                    const Status&) override {
        const Height next = view.tip.head.height + 1;
        const bool full = watch().scenario().run.fidelity == Fidelity::kFull;
        if (watch().paranoid() || (full && next % kReferenceOneBlockIn == 0))
            trials_.offer(operation);
    }
    void on_chain(const Executed& block, const State& parent) override {
        // Of a DAG, the slices are checked, which have void operations too.
        if (watch().rules().parameters.dag) return;
        // A world made by hand for a test may have no rules.
        if (watch().rules().authorizer == nullptr) return;
        if (watch().paranoid() || is_due(block.state.head)) {
            if (!model_) model_.emplace(watch().rules());
            auto difference = try_offered(block, parent);
            if (!difference) difference = model_->check(block, parent);
            expect(!difference, [&] { return *difference; });
        }
        trials_.note_block(*block.block);
    }

    // Each slice when the first node settles it.
    void on_settled(ActorId, const DagVm& vm, const CutResult& result) override {
        const std::uint64_t number = result.cut->cut();
        const std::uint64_t last = below_ ? below_->state.head.height : 0;
        if (number != last + 1 || watch().rules().authorizer == nullptr) return;
        if (watch().paranoid() || number % kReferenceOneBlockIn == 0) {
            if (!model_) model_.emplace(watch().rules());
            const State& below = below_ ? below_->state : vm.accepted().genesis_state();
            const auto difference = model_->check(result, below);
            expect(!difference, [&] { return *difference; });
        }
        below_ = result.executed;
    }

private:
    reference::Watch::Finding try_offered(const Executed& block, const State& parent) {
        const BlockHeader& header = block.block->header();
        const BlockContext context{.height = parent.head.height + 1,
                                   .timestamp_ns = header.timestamp_ns,
                                   .proposer = header.proposer,
                                   .beacon = block.state.head.beacon,
                                   .beacon_commitment = header.beacon_commitment};
        const auto trials = trials_.run(parent, context, watch().rules());
        return model_->check_trials(header.parent, parent, context, trials);
    }
    bool is_due(const ChainHead& head) {
        if (watch().scenario().run.fidelity == Fidelity::kFull)
            return head.height % kReferenceOneBlockIn == 0;
        const std::uint64_t draw = head.beacon.prefix64();
        if (next_ == 0) next_ = kReferenceOneBlockIn / 2 + draw % kReferenceOneBlockIn;
        if (head.height < next_) return false;
        next_ = kReferenceOneBlockIn * head.height + draw % head.height;
        return true;
    }

    std::optional<reference::Watch> model_;
    Trials trials_;
    ExecutedPtr below_;  // after the last cut that a node settled
    Height next_ = 0;    // the height to look at next, in the economic fidelity; 0: not drawn yet
};

}  // namespace

void add_reference_invariants(Invariants& out) {
    out.push_back(std::make_unique<RulesAsWritten>());
}

}  // namespace aivm::sim
