// A02 model_downgrade: serves a quantised copy of the model in place of the model, where that pays.
//
// Stresses the power of detection: the copy agrees with the model on most inputs when few bits are
// dropped, so most answers pass every check, and each of them saves the dropped share of the
// computing cost. If a share a of the results is checked and the copy differs on a share d of the
// inputs, an answer is proven wrong with the probability p = a d, and is worth
// (1 - p) * saved - p * (slash + pay - saved) over an honest one (V05), and d - p times
// tasks.value_at_risk. It serves the copy only if that is not negative with believed_check_ppm for
// a; with a belief of 0 it always does. Observe the share of results that are wrong, and its gain
// over honest play when a step costs something (tasks.step_cost).
#include <map>

#include "scenarios/adversaries/cheap_answers.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class ModelDowngrade final : public sim::ProviderStrategy {
public:
    ModelDowngrade(const Parameters& parameters, const sim::StrategyContext& context)
        : context_(context),
          kept_bits_(static_cast<unsigned>(parameters.get("kept_bits"))),
          believed_check_ppm_(parameters.ppm("believed_check_ppm")) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override {
        return serves_copy(view) ? coarse_steps(view.model.steps, kept_bits_) : view.model.steps;
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        return run_model(view.kernels, served(view), view.task.input_row);
    }
    std::vector<InferenceTraceStep> trace(const sim::TaskView& view, Answer) override {
        return trace_model(view.kernels, served(view), view.task.input_row);
    }

private:
    struct Copy {
        Model model;
        bool pays = false;
    };

    bool serves_copy(const sim::TaskView& view) { return copy_of(view).pays; }
    const Model& served(const sim::TaskView& view) {
        const Copy& copy = copy_of(view);
        return copy.pays ? copy.model : view.model;
    }
    // Decided at the first task of a model; the fees of a run do not differ much.
    const Copy& copy_of(const sim::TaskView& view) {
        const auto known = copies_.find(view.model.id);
        if (known != copies_.end()) return known->second;
        Copy copy{coarse_copy(view.model, kept_bits_), false};
        copy.pays =
            answer_of_copy(context_, view, copy.model, kept_bits_).worth(believed_check_ppm_) >= 0;
        return copies_.emplace(view.model.id, std::move(copy)).first->second;
    }

    sim::StrategyContext context_;
    unsigned kept_bits_;
    std::uint32_t believed_check_ppm_;
    std::map<std::string, Copy> copies_;  // by the model's id
};

std::unique_ptr<sim::ProviderStrategy> make_model_downgrade(const Parameters& parameters,
                                                            const sim::StrategyContext& context) {
    return std::make_unique<ModelDowngrade>(parameters, context);
}

constexpr std::array kDowngradeParameters{
    StrategyParameter{"kept_bits", 1, 8, 4, "bits",
                      "bits kept of every weight, which cost an eighth of the steps each; 8 is the "
                      "model itself"},
    StrategyParameter{"believed_check_ppm", 0, 1'000'000, 0, "ppm",
                      "share of the results that it believes to be checked; it serves the copy "
                      "only where that pays"},
};

}  // namespace

const StrategyRow kModelDowngradeRow{.name = "model_downgrade",
                                     .id = "A02",
                                     .doc = "serves a coarser copy of the model where that pays",
                                     .parameters = kDowngradeParameters,
                                     .provider = make_model_downgrade};

}  // namespace aivm::scenarios
