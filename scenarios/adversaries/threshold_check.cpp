// threshold_check: an honest challenger that checks the more often the more is at stake: always
// from a fee of `full_mlux` on, below it in proportion to the fee.
//
// What a checker with costs does, and what small tasks can hide behind. Observe unchecked_share and
// n_fraud_missed.
#include <algorithm>

#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class ThresholdCheck final : public sim::ChallengerStrategy {
public:
    ThresholdCheck(const Parameters& parameters, const sim::StrategyContext& part)
        : random_(part.random),
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
        return truth == view.task.provisional ? std::nullopt : std::optional(truth);
    }

private:
    static constexpr std::uint32_t kWhole = 1'000'000;

    sim::RandomStream random_;
    Amount full_;
};

}  // namespace

std::unique_ptr<sim::ChallengerStrategy> make_threshold_check(const Parameters& parameters,
                                                              const sim::StrategyContext& part) {
    return std::make_unique<ThresholdCheck>(parameters, part);
}

}  // namespace aivm::scenarios
