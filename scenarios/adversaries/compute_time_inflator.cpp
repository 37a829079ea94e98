// A38 compute_time_inflator: computes honestly and reports more computing time than it used.
//
// Stresses the tiered reward schedule under the policy self_reported_compute: a report in a higher
// tier mints a multiple of the base reward. With the registered time (the default) or the mint cap
// per_burn the report changes nothing. Observe the net of its principals beside that of honest
// providers.
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class ComputeTimeInflator final : public sim::ProviderStrategy {
public:
    explicit ComputeTimeInflator(const Parameters& parameters)
        : reported_ms_(static_cast<std::uint32_t>(parameters.get("reported_ms"))) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override { return true_answer(view); }
    std::uint32_t reported_time_ms(const sim::TaskView&) override { return reported_ms_; }

private:
    std::uint32_t reported_ms_;
};

std::unique_ptr<sim::ProviderStrategy> make_compute_time_inflator(const Parameters& parameters,
                                                                  const sim::StrategyContext&) {
    return std::make_unique<ComputeTimeInflator>(parameters);
}

constexpr std::array kInflatorParameters{
    StrategyParameter{"reported_ms", 0, 4'000'000'000, 10'000, "ms",
                      "computing time reported for every answer"},
};

}  // namespace

const StrategyRow kComputeTimeInflatorRow{.name = "compute_time_inflator",
                                          .id = "A38",
                                          .doc = "reports more computing time than it used",
                                          .parameters = kInflatorParameters,
                                          .provider = make_compute_time_inflator};

}  // namespace aivm::scenarios
