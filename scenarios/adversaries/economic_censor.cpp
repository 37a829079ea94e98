// A18 economic_censor: outbids the inclusion of proofs in every block.
//
// Stresses budgets: a provider lies, and buys every block in which a proof of its lie could be
// included, at one price, until its budget is spent. A window of W blocks costs W times the price
// for every lie that is open, so the window is worth what the attacker can pay and not what share
// of the proposers it owns. The strategy of the provider that buys and of the proposers that sell.
// Observe n_fraud_missed against the budget, and what the bribes cost and earn.
#include "scenarios/adversaries/block_market.h"

namespace aivm::scenarios {
namespace {

std::unique_ptr<sim::ProviderStrategy> make_economic_censor(const Parameters& parameters,
                                                            const sim::StrategyContext& context) {
    return std::make_unique<SilenceBuyer>(parameters, context, Silence::kAll);
}

}  // namespace

std::unique_ptr<sim::ValidatorStrategy> make_silence_seller(const Parameters& parameters,
                                                            const sim::StrategyContext& context) {
    return std::make_unique<SilenceSeller>(parameters, context);
}

const StrategyRow kEconomicCensorRow{
    .name = "economic_censor",
    .id = "A18",
    .honest_as = sim::Role::kValidator,
    .doc = "lies, and buys every block that could include the proof; validators: sells its blocks",
    .parameters = kSilenceParameters,
    .provider = make_economic_censor,
    .validator = make_silence_seller};

}  // namespace aivm::scenarios
