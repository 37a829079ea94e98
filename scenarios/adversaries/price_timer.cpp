// A53 price_timer: lies when its bond is worth least.
//
// Stresses bonds in LUX under a falling price (section [price]): what a lie brings is worth an
// amount of the reference currency, what a proven one costs is an amount of LUX. With a share p of
// the results checked, gain G, slash S and the price x relative to the start, honesty pays while
// x S > G (1 - p) / p. Observe n_fraud_posted against price_low; validation case V77 predicts how
// often a run has no lie at all under a geometric Brownian motion.
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/adversaries/worth.h"

namespace aivm::scenarios {
namespace {

class PriceTimer final : public sim::ProviderStrategy {
public:
    PriceTimer(const Parameters& parameters, const sim::StrategyContext& context)
        : context_(context), checked_ppm_(parameters.ppm("believed_check_ppm")) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        CheapAnswer lie;
        lie.lie_value = as_signed(context_.in_lux(context_.lie_value));
        lie.at_stake = as_signed(slash_of(context_.rules));
        lie.wrong_ppm = lie.provable_ppm = kCertain;
        return lie.worth(checked_ppm_) > 0 ? wrong_answer(view) : true_answer(view);
    }

private:
    sim::StrategyContext context_;
    std::uint32_t checked_ppm_;
};

std::unique_ptr<sim::ProviderStrategy> make_price_timer(const Parameters& parameters,
                                                        const sim::StrategyContext& context) {
    return std::make_unique<PriceTimer>(parameters, context);
}

constexpr std::array kPriceTimerParameters{
    StrategyParameter{"believed_check_ppm", 0, kCertain, 500'000, "ppm",
                      "share of the results that it takes to be re-executed"},
};

}  // namespace

const StrategyRow kPriceTimerRow{.name = "price_timer",
                                 .id = "A53",
                                 .doc = "lies when the bond is worth less than a lie",
                                 .parameters = kPriceTimerParameters,
                                 .provider = make_price_timer};

}  // namespace aivm::scenarios
