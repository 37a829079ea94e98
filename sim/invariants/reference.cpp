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
        // A slice of a DAG has operations that are void, which no block has.
        if (watch().rules().parameters.dag) return;
        // A world made by hand for a test may have no rules.
        if (watch().rules().authorizer == nullptr) return;
        if (!model_) model_.emplace(watch().rules());
        const auto difference = model_->check(block, parent);
        expect(!difference, [&] { return *difference; });
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
    Height next_ = 0;  // the height to look at next, in the economic fidelity; 0: not drawn yet
};

}  // namespace

void add_reference_invariants(Invariants& out) {
    out.push_back(std::make_unique<RulesAsWritten>());
}

}  // namespace aivm::sim
