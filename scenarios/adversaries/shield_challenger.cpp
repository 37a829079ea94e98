// A40 shield_challenger: a provider that posts wrong answers, and challengers of the same owner
// that challenge them badly, so that no one can challenge them well.
//
// Stresses parallel disputes: the shield's own disputes must not keep others out. They do so in two
// ways. There is room for 64 disputes on a result; and every lost challenge doubles the bond of the
// next, while challenges that are open at the same time all cost the same. Without
// vm.count_open_challenges, k shields that lose together cost k bonds (half of which returns
// while the answer stands) and raise the honest challenger's bond to 2^k; with it they themselves
// cost 2^k - 1. Observe
// n_fraud_missed and attacker_net beside tasks.value_at_risk.
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class ShieldChallenger final : public sim::ChallengerStrategy {
public:
    ShieldChallenger(const Parameters& parameters, sim::StrategyContext context)
        : context_(std::move(context)), holds_(parameters.get("hold") != 0) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        const bool to_shield =
            context_.is_accomplice(answered_by(view)) && view.task.provisional != true_answer(view);
        return to_shield ? std::optional<std::uint32_t>(0) : std::nullopt;
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        return static_cast<Answer>(view.task.provisional +
                                   1);  // wrong as well: wrong answers are the true one plus 1
    }
    bool reveals(const sim::DisputeView& view) override {
        return !holds_ || view.blocks_left() <= 1;
    }

private:
    sim::StrategyContext context_;
    bool holds_;
};

std::unique_ptr<sim::ProviderStrategy> make_shielded_provider(const Parameters& parameters,
                                                              const sim::StrategyContext& context) {
    return std::make_unique<CheatingProvider>(parameters.ppm("cheat_ppm"), context.random);
}

std::unique_ptr<sim::ChallengerStrategy> make_shield_challenger(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<ShieldChallenger>(parameters, context);
}

constexpr std::array kShieldParameters{
    kCheat,
    StrategyParameter{
        "hold", 0, 1, 0, "",
        "1: reveals in the last block, so that the challenge stays open; 0: at once, so that "
        "it is lost"},
};

}  // namespace

const StrategyRow kShieldChallengerRow{
    .name = "shield_challenger",
    .id = "A40",
    .doc = "challenges its own wrong answers with false claims, to keep others out",
    .parameters = kShieldParameters,
    .provider = make_shielded_provider,
    .challenger = make_shield_challenger};

}  // namespace aivm::scenarios
