// late_answers: answers what it is asked, but late; where votes are signed, it votes late.
//
// Stresses time-outs: an answer that comes just before a poll times out makes the poll slow, and
// one that comes just after it is no vote. Polls wait twice as long as answers take on average, so
// a few late validators must neither stop the chain nor set everybody's time-out. Others that catch
// up have its answers late as well. Observe the time to finality.
#include "scenarios/adversaries/strategy_table.h"
#include "sim/consensus/avalanche/messages.h"
#include "sim/consensus/bootstrap_messages.h"
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
        const bool is_late = is_one_of<sim::Chits, sim::VertexChits>(message) ||
                             outgoing.is_signed_vote() ||
                             is_one_of<sim::Frontier, sim::AcceptedFrontier, sim::Confirm>(message);
        if (is_late) outgoing.delay = delay_;
    }

private:
    template <class... Kinds>
    static bool is_one_of(const sim::Message& message) {
        return ((message.get_if<Kinds>() != nullptr) || ...);
    }

    sim::SimTime delay_;
};

std::unique_ptr<sim::ValidatorStrategy> make_late_answers(const Parameters& parameters,
                                                          const sim::StrategyContext&) {
    return std::make_unique<LateAnswers>(parameters);
}

constexpr std::array kLateAnswersParameters{
    StrategyParameter{"delay_ms", 1, 60'000, 1'900, "ms", "how late its answers and votes are"},
};

}  // namespace

const StrategyRow kLateAnswersRow{.name = "late_answers",
                                  .doc = "answers and votes late, about when polls time out",
                                  .parameters = kLateAnswersParameters,
                                  .validator = make_late_answers,
                                  .on_machines = true,
                                  .on_dag = OnDag::kToo};

}  // namespace aivm::scenarios
