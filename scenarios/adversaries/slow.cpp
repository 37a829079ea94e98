// slow: an honest provider that computes everything several times over before it answers.
//
// The group key `speed` is the speed of a machine; this is how its owner uses it, and the extra
// steps are paid for. Observe the time to finality, and timeouts when it is too slow.
#include <algorithm>
#include <limits>

#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class Slow final : public sim::ProviderStrategy {
public:
    explicit Slow(const Parameters& parameters)
        : factor_(static_cast<std::uint64_t>(parameters.get("factor"))) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override {
        constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
        return static_cast<std::uint32_t>(std::min(factor_ * view.model.steps, kMost));
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        return run_model(view.kernels, view.model, view.task.input_row);
    }

private:
    std::uint64_t factor_;
};

std::unique_ptr<sim::ProviderStrategy> make_slow(const Parameters& parameters,
                                                 const sim::StrategyContext&) {
    return std::make_unique<Slow>(parameters);
}

constexpr std::array kSlowParameters{
    StrategyParameter{"factor", 1, 1'000'000, 10, "times",
                      "number of times that it repeats each computation"},
};

}  // namespace

const StrategyRow kSlowRow{.name = "slow",
                           .honest = true,
                           .doc = "computes everything several times over before it answers",
                           .parameters = kSlowParameters,
                           .provider = make_slow};

}  // namespace aivm::scenarios
