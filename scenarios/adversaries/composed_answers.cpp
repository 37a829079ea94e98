#include "scenarios/adversaries/composed_answers.h"

#include "core/verification/redundant.h"
#include "scenarios/adversaries/cheap_answers.h"
#include "scenarios/adversaries/composed.h"
#include "scenarios/adversaries/lies.h"

namespace aivm::scenarios {
namespace {

constexpr unsigned kWholeModel = 8;  // bits of a weight

}  // namespace

ComposedAnswers::ComposedAnswers(const Parameters& parameters, const sim::StrategyContext& context)
    : policy_(context.rules.policy),
      conditions_(parameters, context),
      shares_{{{Play::kWrong, parameters.ppm("wrong_ppm")},
               {Play::kInvented, parameters.ppm("invented_ppm")},
               {Play::kGuess, parameters.ppm("guess_ppm")},
               {Play::kCopied, parameters.ppm("copy_ppm")},
               {Play::kSilent, parameters.ppm("silent_ppm")}}},
      kept_bits_(kWholeModel - static_cast<unsigned>(parameters.get("bits_dropped"))) {}

void ComposedAnswers::observe(const sim::NodeView& view) {
    conditions_.observe(view);
    for (const VmEvent& e : view.tip.events) {
        if (const auto* shown = std::get_if<event::ResultRevealed>(&e))
            seen_.try_emplace(view.state().task(shown->task).job_id, shown->answer);
        // the next committee starts from the beginning
        if (const auto* back = std::get_if<event::TaskReturned>(&e))
            seen_.erase(view.state().task(back->task).job_id);
    }
}

void ComposedAnswers::observe_pending(const SignedOperation& operation) {
    const auto* posted = std::get_if<op::SubmitResult>(&operation.body());
    if (posted != nullptr) seen_.try_emplace(posted->job_id, posted->answer);
}

ComposedAnswers::Play ComposedAnswers::choose(const sim::TaskView& view) {
    if (!conditions_.hold(view)) return Play::kTrue;
    const std::uint32_t coin = shared_coin_ppm(view.task);
    std::uint64_t end = 0;
    for (const auto& [play, share] : shares_) {
        end += share;
        if (coin < end) return play;
    }
    return kept_bits_ < kWholeModel ? Play::kCoarse : Play::kTrue;
}

ComposedAnswers::Play ComposedAnswers::play_of(const sim::TaskView& view) const {
    const auto chosen = plays_.find({view.index, view.task.assignments});
    return chosen == plays_.end() ? Play::kTrue : chosen->second;
}

std::uint32_t ComposedAnswers::steps(const sim::TaskView& view) {
    const Play play = choose(view);
    plays_[{view.index, view.task.assignments}] = play;
    if (play == Play::kCoarse) return coarse_steps(view.model.steps, kept_bits_);
    return play == Play::kTrue || play == Play::kWrong ? view.model.steps : 0;
}

// Until there is something to copy, or the last block in which it could still be posted.
bool ComposedAnswers::waits_for_copy(const sim::TaskView& view) const {
    if (play_of(view) != Play::kCopied || seen_.contains(view.task.job_id)) return false;
    return view.task.mode == VerificationMode::kRedundant &&
           view.height() + 1 < commit_end(view.task, policy_);
}

std::optional<Answer> ComposedAnswers::answer(const sim::TaskView& view) {
    Play& play = plays_[{view.index, view.task.assignments}];
    // The conditions may have changed while it computed.
    if (play == Play::kTrue || play == Play::kWrong)
        play = choose(view) == Play::kWrong ? Play::kWrong : Play::kTrue;
    conditions_.note_answer();
    switch (play) {
        case Play::kTrue:
            return true_answer(view);
        case Play::kWrong:
            return wrong_answer(view);
        case Play::kInvented:
            return static_cast<Answer>(view.task.input_row);
        case Play::kGuess:
            return common(view);
        case Play::kCopied: {
            const auto copied = seen_.find(view.task.job_id);
            return copied == seen_.end() ? std::nullopt : std::optional(copied->second);
        }
        case Play::kCoarse:
            return run_model(view.kernels, coarse(view), view.task.input_row);
        case Play::kSilent:
            break;
    }
    return std::nullopt;
}

std::vector<InferenceTraceStep> ComposedAnswers::trace(const sim::TaskView& view, Answer answer) {
    const Model& model = play_of(view) == Play::kCoarse ? coarse(view) : view.model;
    std::vector<InferenceTraceStep> trace = trace_model(view.kernels, model, view.task.input_row);
    trace.back().output = answer;
    return trace;
}

const Model& ComposedAnswers::coarse(const sim::TaskView& view) {
    std::optional<Model>& known = models_[view.model.id].coarse;
    if (!known) known = coarse_copy(view.model, kept_bits_);
    return *known;
}

Answer ComposedAnswers::common(const sim::TaskView& view) {
    std::optional<Answer>& known = models_[view.model.id].common;
    if (!known) known = most_common_answer(view.kernels, view.model, kSampleRows).answer;
    return *known;
}

}  // namespace aivm::scenarios
