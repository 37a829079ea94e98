// A33 trust_farmer: real hardware and true answers for a while, then lies that its score lets
// consumers use at once.
//
// Stresses the score: points say what a machine is, never what its owner will do, so a high score
// buys early use for the first lie as for the hundredth truth, and only the bond stands against it.
// Observe ttu_mean, n_fraud_posted and the slashes that follow.
#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class TrustFarmer final : public sim::ProviderStrategy {
public:
    explicit TrustFarmer(const Parameters& parameters)
        : honest_answers_left_(static_cast<std::uint64_t>(parameters.get("farm"))) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        const Answer truth = run_model(view.kernels, view.model, view.task.input_row);
        if (honest_answers_left_ == 0) return static_cast<Answer>(truth + 1);
        --honest_answers_left_;
        return truth;
    }

private:
    std::uint64_t honest_answers_left_;
};

}  // namespace

std::unique_ptr<sim::ProviderStrategy> make_trust_farmer(const Parameters& parameters,
                                                         const sim::StrategyContext&) {
    return std::make_unique<TrustFarmer>(parameters);
}

}  // namespace aivm::scenarios
