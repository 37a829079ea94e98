// A03 free_rider: computes nothing and posts the first answer to the same task that it sees, in a
// block or in the queue.
//
// Stresses commit-reveal: without it (vm.commit_reveal = false) the copier is paid like those it
// copied, and copies wrong answers as well as right ones: a share b/(h+b) with b wrong and h right
// answers before it (V27). With it there is nothing to copy, and it stays silent. Observe the net
// of its principals under both policies.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class FreeRider final : public sim::ProviderStrategy {
public:
    explicit FreeRider(const sim::StrategyContext& context) : policy_(context.rules.policy) {}

    std::uint32_t steps_to_compute(const sim::TaskView&) override { return 0; }

    // Until there is something to copy or the last block in which it could still be posted.
    bool waits(const sim::TaskView& view) override {
        if (seen_.contains(view.task.job_id)) return false;
        if (view.task.mode != VerificationMode::kRedundant) return false;
        return view.height() + 1 < commit_end(view.task, policy_);
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        const auto copied = seen_.find(view.task.job_id);
        return copied == seen_.end() ? std::nullopt : std::optional(copied->second);
    }

    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        for (const VmEvent& e : view.tip.events) {
            const auto* shown = std::get_if<event::ResultRevealed>(&e);
            if (shown != nullptr)
                seen_.try_emplace(view.state().task(shown->task).job_id, shown->answer);
            // the next committee starts from the beginning
            const auto* back = std::get_if<event::TaskReturned>(&e);
            if (back != nullptr) seen_.erase(view.state().task(back->task).job_id);
        }
        return {};
    }
    std::vector<OperationBody> on_pending(const sim::NodeView&,
                                          const SignedOperation& operation) override {
        const auto* posted = std::get_if<op::SubmitResult>(&operation.body());
        if (posted != nullptr) seen_.try_emplace(posted->job_id, posted->answer);
        return {};
    }

private:
    Policy policy_;
    std::map<std::string, Answer> seen_;  // the first answer, by job
};

std::unique_ptr<sim::ProviderStrategy> make_free_rider(const Parameters&,
                                                       const sim::StrategyContext& context) {
    return std::make_unique<FreeRider>(context);
}

}  // namespace

const StrategyRow kFreeRiderRow{.name = "free_rider",
                                .id = "A03",
                                .doc = "posts the first answer that it sees",
                                .provider = make_free_rider,
                                .watches_pending = true};

}  // namespace aivm::scenarios
