// composed_requester: a requester of the attacker's own, which submits nothing by default.
//
// It buys tasks beside the demand of others: from its own owner's providers, to occupy providers
// and checkers, or to earn what is minted for work. The search for profitable deviations (aivmsim
// profit) chooses how many, how fast and at which fee.
#include <algorithm>

#include "core/tasks/admission.h"
#include "scenarios/adversaries/composed.h"

namespace aivm::scenarios {
namespace {

class ComposedRequester final : public sim::RequesterStrategy {
public:
    ComposedRequester(const Parameters& parameters, const sim::StrategyContext& context)
        : self_(context.self.address),
          fee_(std::max(required_fee(context.rules, 0),
                        Amount(static_cast<std::uint64_t>(parameters.get("fee"))))),
          per_block_(static_cast<std::uint32_t>(parameters.get("tasks_per_block"))),
          count_(static_cast<std::uint32_t>(parameters.get("tasks"))) {}

    bool takes_part() const override { return per_block_ > 0; }
    std::uint32_t submissions(const sim::DemandView& view) override {
        const std::uint64_t affordable =
            fee_.is_zero() ? per_block_ : view.node.state().balance(self_).nlux() / fee_.nlux();
        // Its share of the workload is part of them.
        const std::uint32_t wanted = std::min(per_block_, std::max(count_, view.left));
        const auto bought = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, affordable));
        count_ -= std::min(count_, bought);
        return bought;
    }
    void compose(op::SubmitTask& task, const sim::NodeView&) override { task.fee = fee_; }
    bool goes_on(const sim::NodeView&) override { return per_block_ > 0 && count_ > 0; }

private:
    Address self_;
    Amount fee_;
    std::uint32_t per_block_;
    std::uint32_t count_;
};

std::unique_ptr<sim::RequesterStrategy> make_composed_requester(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<ComposedRequester>(parameters, context);
}

constexpr std::array kComposedRequesterParameters{
    StrategyParameter{"tasks_per_block", 0, 100'000, 0, "tasks",
                      "submitted in every block interval; 0: it does not take part"},
    StrategyParameter{"tasks", 0, 1'000'000, 300, "tasks",
                      "total number of tasks; at least its share of the workload"},
    money("fee", "paid for a task; at least what the chain asks for"),
};

}  // namespace

const StrategyRow kComposedRequesterRow{
    .name = "composed_requester",
    .doc = "a requester made of primitive actions, for the search for profit",
    .parameters = kComposedRequesterParameters,
    .requester = make_composed_requester,
    .only_attacks = true};

}  // namespace aivm::scenarios
