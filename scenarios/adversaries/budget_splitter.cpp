// A20 budget_splitter: spends a censorship budget where it hurts most.
//
// Stresses the clock design: to keep a challenge out for a whole window takes every block of it,
// but a challenger that is let in must reveal within a few blocks, and loses its bond if it does
// not. So the provider lets challenges in and buys the blocks of the reveals and moves alone, for a
// fraction of what A18 pays. Observe n_fraud_missed for the same purse as A18, and what the honest
// challengers lose.
#include "scenarios/adversaries/block_market.h"

namespace aivm::scenarios {

std::unique_ptr<sim::ProviderStrategy> make_budget_splitter(const Parameters& parameters,
                                                            const sim::StrategyContext& part) {
    return std::make_unique<SilenceBuyer>(parameters, part, Silence::kClock);
}

}  // namespace aivm::scenarios
