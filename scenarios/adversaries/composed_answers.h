// What a composed provider answers: to each assignment one of these plays, by shares that add up.
#pragma once

#include <map>
#include <string>

#include "scenarios/adversaries/composed_conditions.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {

class ComposedAnswers {
public:
    ComposedAnswers(const Parameters& parameters, const sim::StrategyContext& context);

    void observe(const sim::NodeView& view);
    void observe_pending(const SignedOperation& operation);
    // Chooses the play; called once per assignment, before answer().
    [[nodiscard]] std::uint32_t steps(const sim::TaskView& view);
    // Whether the answer must wait for somebody else's.
    [[nodiscard]] bool waits_for_copy(const sim::TaskView& view) const;
    [[nodiscard]] std::optional<Answer> answer(const sim::TaskView& view);
    [[nodiscard]] std::vector<InferenceTraceStep> trace(const sim::TaskView& view, Answer answer);

    [[nodiscard]] std::uint64_t count() const { return conditions_.answers(); }

private:
    enum class Play : std::uint8_t {
        kTrue,
        kWrong,     // computed, and changed
        kInvented,  // wrong, without computing
        kGuess,     // the model's most common answer, without computing
        kCopied,    // of the same task, the first that it sees
        kSilent,
        kCoarse,  // of a coarser copy of the model
    };
    using Assignment = std::pair<TaskIndex, std::uint32_t>;
    struct Models {
        std::optional<Model> coarse;
        std::optional<Answer> common;
    };

    [[nodiscard]] Play choose(const sim::TaskView& view);
    [[nodiscard]] Play play_of(const sim::TaskView& view) const;
    [[nodiscard]] const Model& coarse(const sim::TaskView& view);
    [[nodiscard]] Answer common(const sim::TaskView& view);

    Policy policy_;
    Conditions conditions_;
    // shares of the assignments, one after the other on the scale of the coin
    std::array<std::pair<Play, std::uint32_t>, 5> shares_;
    unsigned kept_bits_;
    std::map<Assignment, Play> plays_;
    std::map<std::string, Answer> seen_;    // the first answer, by job
    std::map<std::string, Models> models_;  // by the model's id
};

}  // namespace aivm::scenarios
