// A15 checker_briber: posts wrong answers and offers every checker money to stay silent; the
// checker that accepts it; and who comes only for the bribe and never checks.
//
// Stresses the challenger's reward, which is the price of silence: a checker sells for `price_ppm`
// of the reward it would get. The briber pays each of them when the answer has become final, so it
// must pay the price once per checker, and one that does not sell makes the bribes worthless. It
// cannot tell who would have checked, so anyone may enter and sell what costs nothing: with k
// sellers a lie pays while its value exceeds k bribes.
// Offers, acceptances and payments are made outside the chain (SideChannel); the accounting reports
// payments as cost and receipts as bribes. Observe n_fraud_missed, and attacker_net beside
// tasks.value_at_risk.
#include <map>

#include "scenarios/adversaries/checker_bribes.h"
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class Briber final : public sim::ProviderStrategy {
public:
    Briber(const Parameters& parameters, sim::StrategyContext context)
        : context_(std::move(context)),
          bribe_(Amount(static_cast<std::uint64_t>(parameters.get("bribe")))) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        const Answer lie = wrong_answer(view);
        context_.side->post({context_.self.address, std::string(kBribeOffered), view.index,
                             view.task.assignments, lie, bribe_});
        offered_[view.index] = view.task.assignments;
        return lie;
    }
    std::vector<OperationBody> on_block(const sim::NodeView& node) override {
        for (const VmEvent& e : node.tip.events) {
            if (const auto* done = std::get_if<event::TaskCompleted>(&e))
                pay_for(node.state(), done->task);
        }
        return {};
    }

private:
    void pay_for(const State& state, TaskIndex task) {
        const auto offered = offered_.find(task);
        if (offered == offered_.end() || offered->second != state.task(task).assignments) return;
        for (const sim::Notice& notice : context_.side->notices()) {
            if (notice.topic != kBribeAccepted || notice.task != task ||
                notice.assignment != offered->second)
                continue;
            context_.side->pay(context_.self.address, notice.from, notice.amount);
        }
        offered_.erase(offered);
    }

    sim::StrategyContext context_;
    Amount bribe_;
    // the assignment whose answer it bought silence for
    std::map<TaskIndex, std::uint32_t> offered_;
};

class BribableChecker final : public sim::ChallengerStrategy {
public:
    BribableChecker(const Parameters& parameters, sim::StrategyContext context)
        : context_(std::move(context)), price_ppm_(parameters.ppm("price_ppm")) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        return view.model.steps;
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        const Answer truth = true_answer(view);
        if (answers_agree(context_.rules.policy, view.task.provisional, truth) || sells(view))
            return std::nullopt;
        return truth;
    }

private:
    // Takes an offer for this answer when it is as good as its share of the reward for the proof.
    bool sells(const sim::TaskView& view) {
        const Policy& policy = context_.rules.policy;
        const Amount reward =
            view.task.seats.front().locked.bps(policy.slash_bps).bps(policy.challenger_share_bps);
        for (const sim::Notice& notice : context_.side->notices()) {
            if (notice.topic != kBribeOffered || notice.task != view.index ||
                notice.assignment != view.task.assignments) {
                continue;
            }
            __extension__ using Wide = unsigned __int128;
            if (Wide(notice.amount.nlux()) * 1'000'000 < Wide(reward.nlux()) * price_ppm_) continue;
            context_.side->post({context_.self.address, std::string(kBribeAccepted), view.index,
                                 view.task.assignments, view.task.provisional, notice.amount});
            return true;
        }
        return false;
    }

    sim::StrategyContext context_;
    std::uint32_t price_ppm_;
};

// Accepts every offer, unseen.
class BribeSeeker final : public sim::ChallengerStrategy {
public:
    explicit BribeSeeker(sim::StrategyContext context) : context_(std::move(context)) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView&) override {
        return std::nullopt;
    }
    std::optional<Answer> claim(const sim::TaskView&) override { return std::nullopt; }
    std::vector<OperationBody> on_block(const sim::NodeView&) override {
        // By index: an acceptance is a notice, too.
        for (; read_ < context_.side->notices().size(); ++read_) {
            sim::Notice notice = context_.side->notices()[read_];
            if (notice.topic != kBribeOffered) continue;
            notice.from = context_.self.address;
            notice.topic = kBribeAccepted;
            context_.side->post(std::move(notice));
        }
        return {};
    }

private:
    sim::StrategyContext context_;
    std::size_t read_ = 0;  // notices so far
};

std::unique_ptr<sim::ProviderStrategy> make_checker_briber(const Parameters& parameters,
                                                           const sim::StrategyContext& context) {
    return std::make_unique<Briber>(parameters, context);
}

std::unique_ptr<sim::ChallengerStrategy> make_bribable_checker(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<BribableChecker>(parameters, context);
}

std::unique_ptr<sim::ChallengerStrategy> make_bribe_seeker(const Parameters&,
                                                           const sim::StrategyContext& context) {
    return std::make_unique<BribeSeeker>(context);
}

constexpr std::array kBribeParameters{
    StrategyParameter{"bribe", 0, 1'000'000'000'000'000, 45'000'000'000, "nLUX",
                      "offered to each checker for each answer"},
};

constexpr std::array kBribableParameters{
    StrategyParameter{"price_ppm", 0, 1'000'000'000, 1'000'000, "ppm",
                      "price of its silence, relative to the reward for the proof"},
};

}  // namespace

const StrategyRow kCheckerBriberRow{.name = "checker_briber",
                                    .id = "A15",
                                    .doc = "posts wrong answers and pays checkers to stay silent",
                                    .parameters = kBribeParameters,
                                    .provider = make_checker_briber};

const StrategyRow kBribableCheckerRow{.name = "bribable_checker",
                                      .id = "A15",
                                      .honest_as = sim::Role::kChallenger,
                                      .doc = "checks everything, and stays silent for money",
                                      .parameters = kBribableParameters,
                                      .challenger = make_bribable_checker};

const StrategyRow kBribeSeekerRow{.name = "bribe_seeker",
                                  .id = "A15",
                                  .honest_as = sim::Role::kChallenger,
                                  .doc = "checks nothing, and accepts every offer of silence",
                                  .challenger = make_bribe_seeker};

}  // namespace aivm::scenarios
