// A32 dust_spammer: floods the chain with tasks that pay the least fee, to exhaust those who check
// and to lock the bonds of those who answer. As a provider of the same owner it lies where the
// flood hides it.
//
// Stresses the fee floor and the checkers' capacity: every dust task is answered, and every answer
// takes a checker's time, so wrong answers hide in the queue until their window is over. The
// provider counts the results that wait for a check, of which it believes checks_per_block to be
// checked in order of posting, and answers the tasks of others wrongly when those that wait take
// longer than the window; a lie about its owner's own dust would risk a slash for nothing. Every
// answer also locks a result bond for that window, and a provider without free bond is not drawn.
// The flood costs the least fee per task, which vm.lock_fee_bps raises by a share of the result
// bond, and ends when the spammer's money is spent. Observe n_fraud_missed, unchecked_share and
// attacker_net against vm.fee_floor; ttf_mean and locked_mean against vm.lock_fee_bps.
#include "core/tasks/admission.h"
#include "scenarios/adversaries/lies.h"
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

class HiddenLiar final : public sim::ProviderStrategy {
public:
    HiddenLiar(const Parameters& parameters, sim::StrategyContext context)
        : context_(std::move(context)),
          checks_per_block_(static_cast<std::uint64_t>(parameters.get("checks_per_block"))) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        const bool lies = hidden() && !context_.is_accomplice(view.task.requester);
        return lies ? wrong_answer(view) : true_answer(view);
    }
    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        waiting_ -= std::min(waiting_, checks_per_block_);
        for (const VmEvent& e : view.tip.events)
            waiting_ += std::holds_alternative<event::ResultPosted>(e) ? 1 : 0;
        return {};
    }

private:
    // The next block has the answer, and one more is a margin.
    [[nodiscard]] bool hidden() const {
        const std::uint64_t blocks = context_.rules.config.challenge_window_blocks + 2;
        return waiting_ >= blocks * checks_per_block_;
    }

    sim::StrategyContext context_;
    std::uint64_t checks_per_block_;
    std::uint64_t waiting_ = 0;  // results, for a check
};

std::unique_ptr<sim::ProviderStrategy> make_hidden_liar(const Parameters& parameters,
                                                        const sim::StrategyContext& context) {
    return std::make_unique<HiddenLiar>(parameters, context);
}

std::unique_ptr<sim::RequesterStrategy> make_dust_spammer(const Parameters& parameters,
                                                          const sim::StrategyContext& context) {
    return std::make_unique<DustSpammer>(parameters, context);
}

constexpr std::array kDustParameters{
    StrategyParameter{"per_block", 1, 100'000, 10, "tasks", "submitted in every block interval"},
    StrategyParameter{"count", 0, 10'000'000, 1000, "tasks",
                      "total number of tasks; at least its share of the workload"},
    StrategyParameter{"checks_per_block", 1, 1'000'000, 2, "results",
                      "as a provider: checked per block, as it believes"},
};

}  // namespace

const StrategyRow kDustSpammerRow{.name = "dust_spammer",
                                  .id = "A32",
                                  .doc =
                                      "floods the chain with tasks at the least fee, and lies "
                                      "where checks take too long for that",
                                  .parameters = kDustParameters,
                                  .provider = make_hidden_liar,
                                  .requester = make_dust_spammer,
                                  .only_attacks = true};

}  // namespace aivm::scenarios
