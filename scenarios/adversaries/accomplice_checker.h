// A challenger that checks the answers of its own owner's providers only, and proves the wrong
// ones.
#pragma once

#include <utility>

#include "scenarios/adversaries/lies.h"

namespace aivm::scenarios {

class AccompliceChecker : public sim::ChallengerStrategy {
public:
    explicit AccompliceChecker(sim::StrategyContext context) : context_(std::move(context)) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        if (!context_.is_accomplice(answered_by(view))) return std::nullopt;
        return 0;  // its provider has computed the answer already
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        const Answer truth = true_answer(view);
        if (answers_agree(context_.rules.policy, view.task.provisional, truth)) return std::nullopt;
        return truth;
    }

protected:
    [[nodiscard]] const sim::StrategyContext& context() const { return context_; }

private:
    sim::StrategyContext context_;
};

}  // namespace aivm::scenarios
