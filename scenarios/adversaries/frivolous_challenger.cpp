// A12 frivolous_challenger: challenges correct results with invented claims.
//
// Stresses the challenger's bond: every attack delays the settlement of an honest result by its
// reveal, and costs the attacker the bond, of which the provider gets its share. Observe the time
// to finality and grief_attacker_cost.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class FrivolousChallenger final : public sim::ChallengerStrategy {
public:
    FrivolousChallenger(const Parameters& parameters, sim::RandomStream random)
        : random_(random), attack_ppm_(parameters.ppm("attack_ppm")) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView&) override {
        if (!random_.bernoulli_ppm(attack_ppm_)) return std::nullopt;
        return 0;  // it does not compute anything
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        return static_cast<Answer>(view.task.provisional + 1 +
                                   random_.below(255));  // any answer but the posted one
    }

private:
    sim::RandomStream random_;
    std::uint32_t attack_ppm_;
};

std::unique_ptr<sim::ChallengerStrategy> make_frivolous_challenger(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<FrivolousChallenger>(parameters, context.random);
}

constexpr std::array kFrivolousParameters{
    StrategyParameter{"attack_ppm", 0, 1'000'000, 50'000, "ppm",
                      "share of posted results that are attacked"},
};

}  // namespace

const StrategyRow kFrivolousChallengerRow{.name = "frivolous_challenger",
                                          .id = "A12",
                                          .doc = "challenges correct results with invented claims",
                                          .parameters = kFrivolousParameters,
                                          .challenger = make_frivolous_challenger};

}  // namespace aivm::scenarios
