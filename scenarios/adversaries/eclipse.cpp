// A22 eclipse: isolates e of n checkers.
//
// Stresses diversity: a validator sends its blocks to all followers except the first e challengers.
// A challenger all of whose sources do so receives no blocks and checks nothing; the others still
// watch, and a lie passes with probability (1 - q d)^(n - e) if each of the n detects it with
// probability q d (V65). As a provider, under the same owner, it lies. Observe unchecked_share and
// n_fraud_missed.
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class Eclipse final : public sim::ValidatorStrategy {
public:
    explicit Eclipse(const Parameters& parameters)
        : victims_(static_cast<std::uint32_t>(parameters.get("victims"))) {}

    bool includes(const SignedOperation&) override { return true; }
    bool serves(const sim::Follower& follower) override {
        return follower.role != sim::Role::kChallenger || follower.index_in_role >= victims_;
    }

private:
    std::uint32_t victims_;
};

std::unique_ptr<sim::ValidatorStrategy> make_eclipse(const Parameters& parameters,
                                                     const sim::StrategyContext&) {
    return std::make_unique<Eclipse>(parameters);
}

std::unique_ptr<sim::ProviderStrategy> make_eclipse_liar(const Parameters& parameters,
                                                         const sim::StrategyContext& context) {
    return std::make_unique<CheatingProvider>(parameters.ppm("cheat_ppm"), context.random);
}

constexpr std::array kEclipseParameters{
    kCheat,
    StrategyParameter{"victims", 0, 10'000, 1, "challengers",
                      "validator: number of challengers, from the first, that receive no blocks"},
};

}  // namespace

const StrategyRow kEclipseRow{.name = "eclipse",
                              .id = "A22",
                              .doc =
                                  "sends no blocks to some of the challengers that follow it; as a "
                                  "provider lies",
                              .parameters = kEclipseParameters,
                              .provider = make_eclipse_liar,
                              .validator = make_eclipse,
                              .polled = true};

}  // namespace aivm::scenarios
