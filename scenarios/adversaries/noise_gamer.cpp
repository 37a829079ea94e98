// A36 noise_gamer: posts answers that are off by one, disguised as noise; nondeterministic is the
// honest provider whose machine really errs.
//
// Stresses exact comparison: the chain cannot distinguish the two, and slashes both, with
// probability e * binom_sf(M, N-1, 1-e) per seat of a committee (V25). A policy that is lenient to
// the second is equally lenient to the first. Observe honest_false_slash, the slashes of cause
// divergent, and the net of both beside an honest provider's.
#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class NoiseGamer final : public sim::ProviderStrategy {
public:
    NoiseGamer(const Parameters& parameters, const sim::StrategyContext& context)
        : random_(context.random), error_ppm_(parameters.ppm("error_ppm")) {}

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

std::unique_ptr<sim::ProviderStrategy> make_noise_gamer(const Parameters& parameters,
                                                        const sim::StrategyContext& context) {
    return std::make_unique<NoiseGamer>(parameters, context);
}

constexpr std::array kNoiseParameters{
    StrategyParameter{"error_ppm", 0, 1'000'000, 20'000, "ppm",
                      "share of its answers that are off by one"},
};

}  // namespace

const StrategyRow kNoiseGamerRow{
    .name = "noise_gamer",
    .id = "A36",
    .doc = "posts answers that are off by one from time to time, disguised as noise",
    .parameters = kNoiseParameters,
    .provider = make_noise_gamer};

}  // namespace aivm::scenarios
