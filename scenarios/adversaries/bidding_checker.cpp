// bidding_checker: an honest challenger that checks everything and, where blocks are sold without
// fraud proofs (A18, A20), bids for the inclusion of its own: up to the share `bid_ppm` of what the
// proof would earn it for a challenge, and up to that and its challenger bond for a reveal, which
// it would lose otherwise.
//
// Several checkers of one result share one reward: their bids add up to it when their shares add up
// to the whole.
#include <map>

#include "core/verification/reexecution.h"
#include "scenarios/adversaries/block_market.h"

namespace aivm::scenarios {
namespace {

class BiddingChecker final : public sim::ChallengerStrategy {
public:
    BiddingChecker(const Parameters& parameters, const sim::StrategyContext& context)
        : context_(context),
          worth_(challenger_reward(context.rules).nlux() / kWholePpm * parameters.ppm("bid_ppm")) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        return view.model.steps;
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        const Answer truth = run_model(view.kernels, view.model, view.task.input_row);
        if (answers_agree(context_.rules.policy, view.task.provisional, truth)) return std::nullopt;
        return truth;
    }
    bool commits(const sim::TaskView& view) override {
        waiting_[view.index] = view.task.posted_at;
        bid(kBidForChallenge, view.index, worth_);
        return true;
    }
    std::vector<OperationBody> on_block(const sim::NodeView& node) override {
        for (const VmEvent& e : node.tip.events) {
            if (const auto* opened = std::get_if<event::ChallengeOpened>(&e)) {
                if (is_mine(node.state(), opened->dispute)) challenge_is_in(opened->task);
            } else if (const auto* shown = std::get_if<event::ChallengeRevealed>(&e)) {
                if (is_mine(node.state(), shown->dispute)) withdraw(node.state(), shown->dispute);
            } else if (const auto* closed = std::get_if<event::DisputeClosed>(&e)) {
                if (is_mine(node.state(), closed->dispute)) withdraw(node.state(), closed->dispute);
            }
        }
        std::erase_if(waiting_, [&](const auto& one) {
            const Task& task = node.state().task(one.first);
            const bool open =
                task.posted_at == one.second && !task.proven_wrong &&
                node.height() < one.second + context_.rules.config.challenge_window_blocks;
            if (!open) bid(kBidForChallenge, one.first, Amount());
            return !open;
        });
        return {};
    }

private:
    static constexpr std::uint64_t kWholePpm = 1'000'000;

    [[nodiscard]] bool is_mine(const State& state, DisputeIndex dispute) const {
        return state.dispute(dispute).challenger == context_.self.address;
    }
    void challenge_is_in(TaskIndex task) {
        waiting_.erase(task);
        bid(kBidForChallenge, task, Amount());
        bid(kBidForClock, task, worth_ + context_.rules.policy.challenger_bond);
    }
    void withdraw(const State& state, DisputeIndex dispute) {
        bid(kBidForClock, state.dispute(dispute).task, Amount());
    }
    void bid(std::string_view topic, TaskIndex task, Amount amount) {
        sim::Notice notice;
        notice.from = context_.self.address;
        notice.topic = topic;
        notice.task = task;
        notice.amount = amount;
        context_.side->post(std::move(notice));
    }

    sim::StrategyContext context_;
    Amount worth_;
    std::map<TaskIndex, Height> waiting_;  // challenges sent and not in a block, by posted_at
};

std::unique_ptr<sim::ChallengerStrategy> make_bidding_checker(const Parameters& parameters,
                                                              const sim::StrategyContext& context) {
    return std::make_unique<BiddingChecker>(parameters, context);
}

constexpr std::array kBidParameters{
    StrategyParameter{"bid_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of the reward for a proof that it bids at most"},
};

}  // namespace

const StrategyRow kBiddingCheckerRow{
    .name = "bidding_checker",
    .honest = true,
    .doc = "checks every answer, and outbids buyers of silence as long as a proof pays for it",
    .parameters = kBidParameters,
    .challenger = make_bidding_checker};

}  // namespace aivm::scenarios
