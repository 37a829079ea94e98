// A10 selection_grinder: a proposer that also owns providers passes its turn when the draw its
// block would make does not favour them.
//
// Stresses the beacon: a proposer knows its own secret, and by passing it swaps one draw for the
// next proposer's. With a share f of the providers and s of the proposers it passes an unfavourable
// draw whenever it can, so its share x of the work satisfies x = f + (1 - f) s x, which is
// f / (1 - s (1 - f)) if it may pass any number of turns; the virtual chain allows a few for a
// block (validation cases V66, V67). Observe the revenue of its principal against that of honest
// providers. It is a validator whose principal owns a provider group.
#include "scenarios/adversaries/next_draw.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class SelectionGrinder final : public sim::ValidatorStrategy {
public:
    explicit SelectionGrinder(const sim::StrategyContext& context) : context_(context) {}

    bool builds(const State& parent, const Hash32& beacon) override {
        const NextDraw next = next_draw(context_, parent, beacon);
        return next.seats == 0 || next.ours > 0;
    }
    bool includes(const SignedOperation&) override { return true; }

private:
    sim::StrategyContext context_;
};

std::unique_ptr<sim::ValidatorStrategy> make_selection_grinder(
    const Parameters&, const sim::StrategyContext& context) {
    return std::make_unique<SelectionGrinder>(context);
}

}  // namespace

const StrategyRow kSelectionGrinderRow{
    .name = "selection_grinder",
    .id = "A10",
    .doc = "passes its turn to propose when the draw would not favour its own providers",
    .validator = make_selection_grinder};

}  // namespace aivm::scenarios
