// A13 self_challenger: a provider that posts wrong answers, and a challenger of the same owner that
// proves them wrong before anyone else can.
//
// Stresses the burned share of a slash: the part that returns to the owner as the challenger's
// reward is no penalty, so one wrong answer costs it bond * (1 - challenger share), of which the
// requester's share is paid and the rest burned (V43). If everything returns, spoiling the
// requester's work is free. Observe attacker_net and reassign_rounds.
#include "scenarios/adversaries/accomplice_checker.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

std::unique_ptr<sim::ProviderStrategy> make_self_challenged_provider(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<CheatingProvider>(parameters.ppm("cheat_ppm"), context.random);
}

std::unique_ptr<sim::ChallengerStrategy> make_self_challenger(const Parameters&,
                                                              const sim::StrategyContext& context) {
    return std::make_unique<AccompliceChecker>(context);
}

constexpr std::array kCheatParameters{kCheat};

}  // namespace

const StrategyRow kSelfChallengerRow{.name = "self_challenger",
                                     .id = "A13",
                                     .doc = "proves its own answers wrong before others can",
                                     .parameters = kCheatParameters,
                                     .provider = make_self_challenged_provider,
                                     .challenger = make_self_challenger};

}  // namespace aivm::scenarios
