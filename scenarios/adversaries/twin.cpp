// A51 twin: one identity run twice.
//
// Stresses slots and evidence: two replicas with one key, of which each talks to half of the
// network, sign two blocks for a slot without knowing it. Whoever sees both holds the proof, and
// half of the stake is slashed, once per slot. Observe the slashes of cause equivocation, and that
// S1 still holds.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class Twin final : public sim::ValidatorStrategy {
public:
    bool includes(const SignedOperation&) override { return true; }
    bool runs_twice() override { return true; }
    bool reports_equivocation() override { return false; }
};

std::unique_ptr<sim::ValidatorStrategy> make_twin(const Parameters&, const sim::StrategyContext&) {
    return std::make_unique<Twin>();
}

}  // namespace

const StrategyRow kTwinRow{.name = "twin",
                           .id = "A51",
                           .doc = "runs its identity twice, each replica with half of the network",
                           .validator = make_twin,
                           .polled = true,
                           .runs_twice = true,
                           .on_dag = OnDag::kToo};

}  // namespace aivm::scenarios
