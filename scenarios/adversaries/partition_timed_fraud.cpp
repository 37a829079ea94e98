// A21 partition_timed_fraud: posts when checkers are cut off.
//
// Stresses the window against the law of outages. Run it under chain.censorship = "partition": a
// wrong answer cuts all checkers off for an exponentially distributed time of mean
// chain.outage_mean, unless they are cut off already. A lie on its own outlives a window W that
// checkers need L blocks of with the probability exp(-(W - L) / mean) (V37). The law has no memory,
// so a lie posted while the cut lasts finds the same time before it; and a lie soon after its end
// cuts the checkers off again, before they could reveal what they have challenged. Observe
// n_fraud_missed against the window, for rare and for frequent lies (`cheat_ppm`).
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

std::unique_ptr<sim::ProviderStrategy> make_partition_timed_fraud(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<CheatingProvider>(parameters.ppm("cheat_ppm"), context.random);
}

constexpr std::array kOutageParameters{kCheat};

}  // namespace

const StrategyRow kPartitionTimedFraudRow{
    .name = "partition_timed_fraud",
    .id = "A21",
    .doc = "lies, and cuts the checkers off with every lie (chain.censorship = \"partition\")",
    .parameters = kOutageParameters,
    .provider = make_partition_timed_fraud};

}  // namespace aivm::scenarios
