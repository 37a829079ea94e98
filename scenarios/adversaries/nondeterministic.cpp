// nondeterministic: an honest provider whose machine errs at random, each time differently.
//
// Stresses the rules for honest mistakes: in the redundant mode a provider that errs alone is
// outside the quorum and is slashed, although it did its work (V25). With the largest error_ppm
// it is always wrong.
#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class Nondeterministic final : public sim::ProviderStrategy {
public:
    Nondeterministic(const Parameters& parameters, sim::RandomStream random)
        : random_(random), error_ppm_(parameters.ppm("error_ppm")) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        const Answer truth = run_model(view.kernels, view.model, view.task.input_row);
        // Both draws for every task, so that another rate leaves the others' luck alone.
        const bool errs = random_.bernoulli_ppm(error_ppm_);
        const auto by = static_cast<Answer>(1 + random_.below(255));
        return errs ? static_cast<Answer>(truth + by) : truth;
    }

private:
    sim::RandomStream random_;
    std::uint32_t error_ppm_;
};

std::unique_ptr<sim::ProviderStrategy> make_nondeterministic(const Parameters& parameters,
                                                             const sim::StrategyContext& context) {
    return std::make_unique<Nondeterministic>(parameters, context.random);
}

constexpr std::array kNondeterministicParameters{
    StrategyParameter{"error_ppm", 0, 1'000'000, 10'000, "ppm",
                      "share of the tasks on which its machine errs"},
};

}  // namespace

const StrategyRow kNondeterministicRow{
    .name = "nondeterministic",
    .honest = true,
    .doc = "computes honestly on a machine that errs from time to time",
    .parameters = kNondeterministicParameters,
    .provider = make_nondeterministic};

}  // namespace aivm::scenarios
