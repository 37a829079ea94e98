// A01 lazy_guess: returns the most common answer without computing.
//
// Stresses the slash against the answer's entropy: a guess is right as often as the most common
// answer occurs, so a model that returns one answer to a share m of the inputs needs 1 / (1 - m)
// times the deterrent of one that never repeats an answer. Observe the share of fraud that was
// challenged, and the net of its principals beside that of honest providers.
#include <map>
#include <string>
#include <vector>

#include "scenarios/adversaries/cheap_answers.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class LazyGuess final : public sim::ProviderStrategy {
public:
    LazyGuess(const Parameters& parameters, sim::RandomStream random)
        : random_(random),
          guess_ppm_(parameters.ppm("guess_ppm")),
          sample_(static_cast<std::uint32_t>(parameters.get("sample"))) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override {
        if (!random_.bernoulli_ppm(guess_ppm_)) return view.model.steps;
        guessing_.push_back(view.index);  // by task: several machines compute several at a time
        return 0;
    }

    std::optional<Answer> answer(const sim::TaskView& view) override {
        if (std::erase(guessing_, view.index) == 0)
            return run_model(view.kernels, view.model, view.task.input_row);
        const auto [known, is_new] = most_common_.try_emplace(view.model.id, Answer{0});
        if (is_new) known->second = most_common_answer(view.kernels, view.model, sample_).answer;
        return known->second;
    }

private:
    sim::RandomStream random_;
    std::uint32_t guess_ppm_;
    std::uint32_t sample_;
    std::vector<TaskIndex> guessing_;
    std::map<std::string, Answer> most_common_;  // by model
};

std::unique_ptr<sim::ProviderStrategy> make_lazy_guess(const Parameters& parameters,
                                                       const sim::StrategyContext& context) {
    return std::make_unique<LazyGuess>(parameters, context.random);
}

constexpr std::array kLazyParameters{
    StrategyParameter{"guess_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of tasks that are guessed, not computed"},
    StrategyParameter{"sample", 1, 4096, 256, "rows",
                      "rows computed once, to learn the most common answer"},
};

}  // namespace

const StrategyRow kLazyGuessRow{.name = "lazy_guess",
                                .id = "A01",
                                .doc = "returns the most common answer without computing",
                                .parameters = kLazyParameters,
                                .provider = make_lazy_guess};

}  // namespace aivm::scenarios
