// A32 dust_spammer: floods the chain with tasks that pay next to nothing, to exhaust those who
// check.
//
// Stresses the fee floor and the checkers' capacity: every dust task is answered, and every answer
// takes a checker's time, so wrong answers hide in the queue until their window is over. The flood
// costs the fee floor per task, and ends when the spammer's money is spent. Observe n_fraud_missed,
// unchecked_share and attacker_net against vm.fee_floor.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class DustSpammer final : public sim::RequesterStrategy {
public:
    DustSpammer(const Parameters& parameters, const sim::StrategyContext& context)
        : self_(context.self.address),
          fee_floor_(context.rules.policy.fee_floor),
          per_block_(static_cast<std::uint32_t>(parameters.get("per_block"))),
          count_(static_cast<std::uint32_t>(parameters.get("count"))) {}

    std::uint32_t submissions(const sim::DemandView& view) override {
        const std::uint64_t affordable =
            fee_floor_.is_zero() ? per_block_
                                 : view.node.state().balance(self_).nlux() / fee_floor_.nlux();
        // Its share of the workload is part of the flood.
        const std::uint32_t wanted = std::min(per_block_, std::max(count_, view.left));
        const auto flood = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, affordable));
        count_ -= std::min(count_, flood);
        return flood;
    }
    void compose(op::SubmitTask& task, const sim::NodeView&) override { task.fee = fee_floor_; }
    bool goes_on(const sim::NodeView&) override { return count_ > 0; }

private:
    Address self_;
    Amount fee_floor_;
    std::uint32_t per_block_;
    std::uint32_t count_;
};

std::unique_ptr<sim::RequesterStrategy> make_dust_spammer(const Parameters& parameters,
                                                          const sim::StrategyContext& context) {
    return std::make_unique<DustSpammer>(parameters, context);
}

constexpr std::array kDustParameters{
    StrategyParameter{"per_block", 1, 100'000, 10, "tasks", "submitted in every block interval"},
    StrategyParameter{"count", 0, 10'000'000, 1000, "tasks",
                      "total number of tasks; at least its share of the workload"},
};

}  // namespace

const StrategyRow kDustSpammerRow{.name = "dust_spammer",
                                  .id = "A32",
                                  .doc = "floods the chain with tasks at the fee floor",
                                  .parameters = kDustParameters,
                                  .requester = make_dust_spammer};

}  // namespace aivm::scenarios
