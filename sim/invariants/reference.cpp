#include "sim/invariants/reference.h"

#include <optional>

#include "core/reference/watch.h"

namespace aivm::sim {
namespace {

class RulesAsWritten final : public Invariant {
public:
    RulesAsWritten()
        : Invariant({"R1", "rules-as-written",
                     "a block does what a second reading of the protocol says it does"}) {}

    void on_chain(const Executed& block, const State& parent) override {
        if (!watch().paranoid() && !is_due(block.state.head)) return;
        // Of a DAG, the slices are checked, which have void operations too.
        if (watch().rules().parameters.dag) return;
        // A world made by hand for a test may have no rules.
        if (watch().rules().authorizer == nullptr) return;
        if (!model_) model_.emplace(watch().rules());
        const auto difference = model_->check(block, parent);
        expect(!difference, [&] { return *difference; });
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
    ExecutedPtr below_;  // after the last cut that a node settled
    Height next_ = 0;    // the height to look at next, in the economic fidelity; 0: not drawn yet
};

}  // namespace

void add_reference_invariants(Invariants& out) {
    out.push_back(std::make_unique<RulesAsWritten>());
}

}  // namespace aivm::sim
