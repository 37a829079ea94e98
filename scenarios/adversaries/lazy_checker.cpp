// A04 lazy_checker: checks a result with probability q, and sees a wrong one with probability d.
//
// Stresses what keeps checkers checking: a check costs (tasks.check_cost), and pays only when there is fraud to find, so
// checkers check less the less fraud there is (V07, V08). n of them that decide each for themselves miss a wrong answer
// with probability (1 - q d)^n (V01). Observe unchecked_share and p_final_corrupt.
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class LazyChecker final : public sim::ChallengerStrategy {
public:
    LazyChecker(const Parameters& parameters, sim::RandomStream random)
        : random_(random), check_ppm_(parameters.ppm("check_ppm")), power_ppm_(parameters.ppm("power_ppm")) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        // Both draws for every result, so that another q leaves the others' luck alone.
        const bool checks = random_.bernoulli_ppm(check_ppm_);
        would_see_it_ = random_.bernoulli_ppm(power_ppm_);
        return checks ? std::optional(view.model.steps) : std::nullopt;
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        const Answer truth = true_answer(view);
        return would_see_it_ && truth != view.task.provisional ? std::optional(truth) : std::nullopt;
    }

private:
    sim::RandomStream random_;
    std::uint32_t check_ppm_;
    std::uint32_t power_ppm_;
    bool would_see_it_ = false;  // of the result being checked
};

}  // namespace

std::unique_ptr<sim::ChallengerStrategy> make_lazy_checker(const Parameters& parameters, const sim::Part& part) {
    return std::make_unique<LazyChecker>(parameters, part.random);
}

}  // namespace aivm::scenarios
