// A18 economic_censor: outbids the inclusion of proofs in every block.
//
// Stresses budgets: a provider collects tasks, lies about all of them in one block, and buys every
// block in which a proof could be included. A window of W blocks costs W times the price of a
// block; where challengers do not bid, the price is the proposers' reserve, and k lies share it.
// Where they bid, each lie adds the reward for its proof to the price, so a lie pays only if it is
// worth more than W rewards, however many there are. The strategy of the provider that buys and of
// the proposers that sell; bidding_checker is their opponent. Observe n_fraud_missed, and what the
// bribes cost and earn.
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
