// threshold_check: an honest challenger that checks the more often the more is at stake: always
// from a fee of `full_mlux` on, below it in proportion to the fee.
//
// A checker with costs behaves like this, and small tasks escape it. Observe unchecked_share and
// n_fraud_missed.
#include <algorithm>

#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class ThresholdCheck final : public sim::ChallengerStrategy {
public:
    ThresholdCheck(const Parameters& parameters, const sim::StrategyContext& context)
        : random_(context.random),
          policy_(context.rules.policy),
          full_(millilux(static_cast<std::uint64_t>(parameters.get("full_mlux")))) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        __extension__ using Wide = unsigned __int128;
        const Wide share_ppm = Wide(view.task.fee.nlux()) * kWhole / full_.nlux();
        const auto check_ppm = static_cast<std::uint32_t>(std::min(share_ppm, Wide(kWhole)));
        if (!random_.bernoulli_ppm(check_ppm)) return std::nullopt;
        return view.model.steps;
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        const Answer truth = run_model(view.kernels, view.model, view.task.input_row);
        if (answers_agree(policy_, view.task.provisional, truth)) return std::nullopt;
        return truth;
    }

private:
    static constexpr std::uint32_t kWhole = 1'000'000;

    sim::RandomStream random_;
    Policy policy_;
    Amount full_;
};

std::unique_ptr<sim::ChallengerStrategy> make_threshold_check(const Parameters& parameters,
                                                              const sim::StrategyContext& context) {
    return std::make_unique<ThresholdCheck>(parameters, context);
}

constexpr std::array kThresholdParameters{
    StrategyParameter{"full_mlux", 1, 1'000'000'000, 1000, "mLUX",
                      "the fee from which it checks everything"},
};

}  // namespace

const StrategyRow kThresholdCheckRow{
    .name = "threshold_check",
    .honest = true,
    .doc = "re-executes a posted result with a probability that grows with the fee",
    .parameters = kThresholdParameters,
    .challenger = make_threshold_check};

}  // namespace aivm::scenarios
