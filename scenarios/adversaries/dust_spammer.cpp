// A32 dust_spammer: floods the chain with tasks that pay the least fee, to exhaust those who check
// and to lock the bonds of those who answer.
//
// Stresses the fee floor and the checkers' capacity: every dust task is answered, and every answer
// takes a checker's time, so wrong answers hide in the queue until their window is over. Every
// answer also locks a result bond for that window, and a provider without free bond is not drawn.
// The flood costs the least fee per task, which vm.lock_fee_bps raises by a share of the result
// bond, and ends when the spammer's money is spent. Observe n_fraud_missed, unchecked_share and
// attacker_net against vm.fee_floor; ttf_mean and locked_mean against vm.lock_fee_bps.
#include "core/tasks/admission.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class DustSpammer final : public sim::RequesterStrategy {
public:
    DustSpammer(const Parameters& parameters, const sim::StrategyContext& context)
        : self_(context.self.address),
          fee_(least_fee(context.rules)),
          per_block_(static_cast<std::uint32_t>(parameters.get("per_block"))),
          count_(static_cast<std::uint32_t>(parameters.get("count"))) {}

    std::uint32_t submissions(const sim::DemandView& view) override {
        const std::uint64_t affordable =
            fee_.is_zero() ? per_block_ : view.node.state().balance(self_).nlux() / fee_.nlux();
        // Its share of the workload is part of the flood.
        const std::uint32_t wanted = std::min(per_block_, std::max(count_, view.left));
        const auto flood = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, affordable));
        count_ -= std::min(count_, flood);
        return flood;
    }
    void compose(op::SubmitTask& task, const sim::NodeView&) override { task.fee = fee_; }
    bool goes_on(const sim::NodeView&) override { return count_ > 0; }

private:
    // What the chain asks for while its queue of tasks is nearly empty.
    static Amount least_fee(const VmParameters& rules) { return required_fee(rules, 0); }

    Address self_;
    Amount fee_;
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
                                  .doc = "floods the chain with tasks at the least fee",
                                  .parameters = kDustParameters,
                                  .requester = make_dust_spammer,
                                  .only_attacks = true};

}  // namespace aivm::scenarios
