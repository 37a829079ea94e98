// late_answers: answers what it is asked, but late.
//
// Stresses time-outs: an answer that comes just before a poll times out makes the poll slow, and
// one that comes just after it is no vote. Polls wait twice as long as answers take on average, so
// a few late validators must neither stop the chain nor set everybody's time-out. Observe the time
// to finality.
#include "scenarios/adversaries/strategy_table.h"
#include "sim/consensus/avalanche/messages.h"
#include "sim/consensus/snowman/messages.h"

namespace aivm::scenarios {
namespace {

class LateAnswers final : public sim::ValidatorStrategy {
public:
    explicit LateAnswers(const Parameters& parameters)
        : delay_(parameters.get("delay_ms") * sim::kMillisecond) {}

    bool includes(const SignedOperation&) override { return true; }
    void sends(sim::ActorId, sim::Outgoing& outgoing) override {
        const sim::Message& message = outgoing.message;
        const bool is_answer = message.get_if<sim::Chits>() != nullptr ||
                               message.get_if<sim::VertexChits>() != nullptr;
        if (is_answer) outgoing.delay = delay_;
    }

private:
    sim::SimTime delay_;
};

std::unique_ptr<sim::ValidatorStrategy> make_late_answers(const Parameters& parameters,
                                                          const sim::StrategyContext&) {
    return std::make_unique<LateAnswers>(parameters);
}

constexpr std::array kLateAnswersParameters{
    StrategyParameter{"delay_ms", 1, 60'000, 1'900, "ms", "how late its answers to polls are"},
};

}  // namespace

const StrategyRow kLateAnswersRow{.name = "late_answers",
                                  .doc = "answers polls late, about when they time out",
                                  .parameters = kLateAnswersParameters,
                                  .validator = make_late_answers,
                                  .polled = true,
                                  .on_dag = OnDag::kToo};

}  // namespace aivm::scenarios
