// A05 silent_selected: takes a seat and never answers; crash_faulty is the honest provider whose
// machine fails sometimes.
//
// Stresses the penalty for absence: silent members cost a committee its quorum with probability
// binom_cdf(M-1, N, 1-a) (V24), each miss another round (V30). Observe quorum_fail, reassign_rounds
// and the slashes of cause silent (committees) or timeout (single providers).
#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class SilentSelected final : public sim::ProviderStrategy {
public:
    SilentSelected(const Parameters& parameters, const sim::StrategyContext& context)
        : random_(context.random), silent_ppm_(parameters.ppm("silent_ppm")) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override {
        silent_ = random_.bernoulli_ppm(silent_ppm_);
        return silent_ ? 0 : view.model.steps;
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        if (silent_) return std::nullopt;
        return run_model(view.kernels, view.model, view.task.input_row);
    }

private:
    sim::RandomStream random_;
    std::uint32_t silent_ppm_;
    bool silent_ = false;  // on the current task; an actor computes one after the other
};

std::unique_ptr<sim::ProviderStrategy> make_silent_selected(const Parameters& parameters,
                                                            const sim::StrategyContext& context) {
    return std::make_unique<SilentSelected>(parameters, context);
}

constexpr std::array kCrashParameters{
    StrategyParameter{"silent_ppm", 0, 1'000'000, 100'000, "ppm",
                      "share of its tasks on which it is down"},
};

constexpr std::array kSilentParameters{
    StrategyParameter{"silent_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its tasks that it does not answer"},
};

}  // namespace

const StrategyRow kCrashFaultyRow{.name = "crash_faulty",
                                  .honest = true,
                                  .doc = "answers correctly, and sometimes not at all",
                                  .parameters = kCrashParameters,
                                  .provider = make_silent_selected};

const StrategyRow kSilentSelectedRow{.name = "silent_selected",
                                     .id = "A05",
                                     .doc = "takes a seat and never answers",
                                     .parameters = kSilentParameters,
                                     .provider = make_silent_selected};

}  // namespace aivm::scenarios
