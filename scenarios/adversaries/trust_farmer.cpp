// A33 trust_farmer: real hardware and true answers for a while, then lies that its score lets
// consumers use at once.
//
// Stresses the score: points describe a machine, not the intentions of its owner, so a high score
// allows early use of the first lie as of the hundredth true answer, and only the bond deters it.
// Observe ttu_mean, n_fraud_posted and the slashes that follow.
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class TrustFarmer final : public sim::ProviderStrategy {
public:
    explicit TrustFarmer(const Parameters& parameters)
        : honest_answers_left_(static_cast<std::uint64_t>(parameters.get("farm"))) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        if (honest_answers_left_ == 0) return wrong_answer(view);
        --honest_answers_left_;
        return true_answer(view);
    }

private:
    std::uint64_t honest_answers_left_;
};

std::unique_ptr<sim::ProviderStrategy> make_trust_farmer(const Parameters& parameters,
                                                         const sim::StrategyContext&) {
    return std::make_unique<TrustFarmer>(parameters);
}

constexpr std::array kFarmParameters{
    StrategyParameter{"farm", 0, 1'000'000, 10, "tasks",
                      "tasks answered correctly before the lies"},
};

}  // namespace

const StrategyRow kTrustFarmerRow{.name = "trust_farmer",
                                  .id = "A33",
                                  .doc = "earns trust with correct answers, and then lies",
                                  .parameters = kFarmParameters,
                                  .provider = make_trust_farmer};

}  // namespace aivm::scenarios
