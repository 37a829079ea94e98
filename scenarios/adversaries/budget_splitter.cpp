// A20 budget_splitter: spends a censorship budget on the most critical blocks.
//
// Stresses the dispute clocks: keeping a challenge out for a whole window takes every block of the
// window, but a challenger whose challenge is included must reveal within R blocks, and loses
// its bond otherwise. So the provider lies about a batch of tasks in one block, lets the challenges
// through, and buys only the R blocks of their reveals. Against bids a lie costs R times the reward
// and the challenger's bond, which is at stake too, where A18 pays W rewards. Observe
// n_fraud_missed for the same budget as A18, and what the honest challengers lose.
#include "scenarios/adversaries/block_market.h"

namespace aivm::scenarios {
namespace {

std::unique_ptr<sim::ProviderStrategy> make_budget_splitter(const Parameters& parameters,
                                                            const sim::StrategyContext& context) {
    return std::make_unique<SilenceBuyer>(parameters, context, Silence::kClock);
}

}  // namespace

const StrategyRow kBudgetSplitterRow{
    .name = "budget_splitter",
    .id = "A20",
    .honest_as = sim::Role::kValidator,
    .doc =
        "lies, and buys only the few blocks in which a challenge must be revealed; "
        "validators: sells them",
    .parameters = kSilenceParameters,
    .provider = make_budget_splitter,
    .validator = make_silence_seller};

}  // namespace aivm::scenarios
