// A36 noise_gamer: is off by one now and then, and calls it noise; nondeterministic is the honest
// machine that really is.
//
// Stresses exact comparison: the chain cannot tell one from the other, and slashes both, e *
// binom_sf(M, N-1, 1-e) of the time on a committee (V25). What a policy forgives the second it
// gives the first. Observe honest_false_slash, the slashes of cause divergent, and the net of both
// beside an honest provider's.
#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class NoiseGamer final : public sim::ProviderStrategy {
public:
    NoiseGamer(const Parameters& parameters, const sim::StrategyContext& part)
        : random_(part.random), error_ppm_(parameters.ppm("error_ppm")) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        const Answer truth = run_model(view.kernels, view.model, view.task.input_row);
        if (!random_.bernoulli_ppm(error_ppm_)) return truth;
        return static_cast<Answer>(truth == 255 ? truth - 1 : truth + 1);
    }

private:
    sim::RandomStream random_;
    std::uint32_t error_ppm_;
};

}  // namespace

std::unique_ptr<sim::ProviderStrategy> make_noise_gamer(const Parameters& parameters,
                                                        const sim::StrategyContext& part) {
    return std::make_unique<NoiseGamer>(parameters, part);
}

}  // namespace aivm::scenarios
