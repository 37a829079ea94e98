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
        if (block.state.head.height % kReferenceOneBlockIn != 0) return;
        // A cut of a DAG has no block, and its slice is not shown to invariants.
        if (block.block == nullptr) return;
        // A world made by hand for a test may have no rules.
        if (watch().rules().authorizer == nullptr) return;
        if (!model_) model_.emplace(watch().rules());
        const auto difference = model_->check(block, parent);
        expect(!difference, [&] { return *difference; });
    }

private:
    std::optional<reference::Watch> model_;
};

}  // namespace

void add_reference_invariants(Invariants& out) {
    out.push_back(std::make_unique<RulesAsWritten>());
}

}  // namespace aivm::sim
