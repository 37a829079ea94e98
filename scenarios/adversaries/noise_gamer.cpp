// A36 noise_gamer: skips as much of the computing as the tolerance of the chain hides.
//
// Stresses vm.answer_tolerance: what spares honest noise (nondeterministic, accelerators) spares
// cheap answers as well. Of the copies of the model with some bits kept of every weight it serves
// the one that is worth most: what the dropped bits cost is saved, and an answer beyond the
// tolerance is found wrong as often as believed_check_ppm says (V05; V25 is the rate at which a
// committee slashes the honest noise that it hides among). Without a tolerance, and with enough
// checks, that is the model itself. Observe n_cheats_missed and its gain over honest play against
// the tolerance.
#include <array>
#include <map>

#include "scenarios/adversaries/cheap_answers.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

constexpr unsigned kAllBits = 8;

class NoiseGamer final : public sim::ProviderStrategy {
public:
    NoiseGamer(const Parameters& parameters, const sim::StrategyContext& context)
        : context_(context), believed_check_ppm_(parameters.ppm("believed_check_ppm")) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override {
        return coarse_steps(view.model.steps, best_of(view).kept_bits);
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        return run_model(view.kernels, best_of(view).model, view.task.input_row);
    }
    std::vector<InferenceTraceStep> trace(const sim::TaskView& view, Answer) override {
        return trace_model(view.kernels, best_of(view).model, view.task.input_row);
    }

private:
    struct Served {
        Model model;
        unsigned kept_bits = kAllBits;
    };

    const Served& best_of(const sim::TaskView& view) {
        const auto known = served_.find(view.model.id);
        if (known != served_.end()) return known->second;
        Served best{view.model, kAllBits};
        SignedNlux best_worth = 0;
        for (unsigned bits = kAllBits - 1; bits > 0; --bits) {
            Model copy = coarse_copy(view.model, bits);
            const SignedNlux worth =
                answer_of_copy(context_, view, copy, bits).worth(believed_check_ppm_);
            if (worth <= best_worth) continue;
            best_worth = worth;
            best = {std::move(copy), bits};
        }
        return served_.emplace(view.model.id, std::move(best)).first->second;
    }

    sim::StrategyContext context_;
    std::uint32_t believed_check_ppm_;
    std::map<std::string, Served> served_;  // by the model's id
};

std::unique_ptr<sim::ProviderStrategy> make_noise_gamer(const Parameters& parameters,
                                                        const sim::StrategyContext& context) {
    return std::make_unique<NoiseGamer>(parameters, context);
}

constexpr std::array kNoiseParameters{
    StrategyParameter{"believed_check_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of the results that it believes to be checked"},
};

}  // namespace

const StrategyRow kNoiseGamerRow{.name = "noise_gamer",
                                 .id = "A36",
                                 .doc = "skips as much of the computing as the tolerance hides",
                                 .parameters = kNoiseParameters,
                                 .provider = make_noise_gamer};

}  // namespace aivm::scenarios
