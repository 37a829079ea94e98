// A56 forced_error: a provider of whoever runs the market that answers wrongly on purpose, so that
// checking pays although nobody cheats, and a challenger of the same owner that proves the errors
// which nobody else has found when the window is about to end.
//
// The forced errors of Truebit without a rule of the chain: they stay unpredictable as long as
// nobody knows which providers are the owner's. The challengers' share of the slash is the jackpot
// J, which vm.claim_reward = "halving" splits among k challengers, to each J/2^(k-1). If a share f
// of the results is an error, a check beside n - 1 others that check with probability q earns
// f J (1 - q/2)^(n-1), whatever others cheat, and pays as long as it costs less (V78). The owner
// pays the slashes: it is the price of the checkers' attention. Observe the payoffs of the
// checkers and of the owner.
#include <memory>

#include "scenarios/adversaries/accomplice_checker.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

// Proves the errors last, so that others can be first.
class Discloser final : public AccompliceChecker {
public:
    Discloser(sim::StrategyContext context, Height margin_blocks)
        : AccompliceChecker(std::move(context)), margin_blocks_(margin_blocks) {}

    bool commits(const sim::TaskView& view) override {
        const Height window_end =
            view.task.posted_at + context().rules.config.challenge_window_blocks;
        return view.state.head.height + margin_blocks_ >= window_end;
    }

private:
    Height margin_blocks_;
};

std::unique_ptr<sim::ProviderStrategy> make_erring_provider(const Parameters& parameters,
                                                            const sim::StrategyContext& context) {
    return std::make_unique<CheatingProvider>(parameters.ppm("error_ppm"), context.random);
}

std::unique_ptr<sim::ChallengerStrategy> make_discloser(const Parameters& parameters,
                                                        const sim::StrategyContext& context) {
    return std::make_unique<Discloser>(context,
                                       static_cast<Height>(parameters.get("margin_blocks")));
}

constexpr std::array kForcedErrorParameters{
    StrategyParameter{"error_ppm", 0, 1'000'000, 200'000, "ppm",
                      "share of the provider's answers that are wrong on purpose"},
    StrategyParameter{"margin_blocks", 1, 1'000'000, 5, "blocks",
                      "before the end of the window, in which its challenger proves the rest"},
};

}  // namespace

const StrategyRow kForcedErrorRow{
    .name = "forced_error",
    .id = "A56",
    .doc = "errs on purpose so that checking pays, and proves at the end what nobody has found",
    .parameters = kForcedErrorParameters,
    .provider = make_erring_provider,
    .challenger = make_discloser};

}  // namespace aivm::scenarios
