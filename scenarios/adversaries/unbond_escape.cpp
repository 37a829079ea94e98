// A25 unbond_escape: posts a wrong result and asks to leave the moment it is accepted.
//
// Stresses the cooldown against the obligations that the bond backs: where only a cooldown shorter
// than the challenge window delays the withdrawal, the bond is gone when the slash is due. In a
// committee it asks to leave in the very block of the draw, commits and never reveals, and a
// cooldown of both windows is one block too short (V58). Observe E3 and slash_escape.
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class UnbondEscape final : public sim::ProviderStrategy {
public:
    UnbondEscape(const Parameters& parameters, const sim::StrategyContext& context)
        : id_(context.self.provider_id),
          honest_answers_left_(static_cast<std::uint64_t>(parameters.get("cheat_at"))),
          committee_(parameters.get("committee") != 0),
          cooldown_(context.rules.policy.unbond_cooldown_blocks) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }

    std::optional<Answer> answer(const sim::TaskView& view) override {
        if (honest_answers_left_ > 0) {
            --honest_answers_left_;
            return true_answer(view);
        }
        cheated_ = true;
        return wrong_answer(view);
    }

    bool reveals(const sim::TaskView&) override { return !committee_; }

    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        const auto index = view.state().find_provider(id_);
        if (!index) return {};
        const Provider& self = view.state().provider(*index);
        // The result is posted once the provider has an obligation and nothing left to answer.
        const bool posted = cheated_ && self.obligations > 0 && self.open_tasks == 0;
        if (self.active() && !leaving_ && (committee_ ? draws_next(view) : posted)) {
            leaving_ = true;
            return {op::DeregisterProvider{self.id}};
        }
        if (self.status != ProviderStatus::kUnbonding || view.height() < next_try_) return {};
        if (committee_ && view.height() + 1 < self.unbonding_since + cooldown_) return {};
        next_try_ = view.height() + kTryEveryBlocks;
        return {op::WithdrawBond{self.id}};
    }

private:
    static constexpr Height kTryEveryBlocks = 4;

    // Whether a committee is drawn first thing in the next block; what it sends now comes after the
    // draw.
    static bool draws_next(const sim::NodeView& view) {
        bool found = false;
        view.state().tasks.for_each([&](std::size_t, const Task& task) {
            found =
                found || (task.status == TaskStatus::kPending && task.draw_at == view.height() + 1);
        });
        return found;
    }

    std::string id_;
    std::uint64_t honest_answers_left_;
    bool committee_;
    Height cooldown_;
    bool cheated_ = false;
    bool leaving_ = false;
    Height next_try_ = 0;
};

std::unique_ptr<sim::ProviderStrategy> make_unbond_escape(const Parameters& parameters,
                                                          const sim::StrategyContext& context) {
    return std::make_unique<UnbondEscape>(parameters, context);
}

constexpr std::array kEscapeParameters{
    StrategyParameter{"cheat_at", 0, 1'000'000, 0, "tasks",
                      "tasks answered honestly before the wrong one"},
    StrategyParameter{"committee", 0, 1, 0, "",
                      "1: leaves in the block of its draw, commits and never reveals"},
};

}  // namespace

const StrategyRow kUnbondEscapeRow{.name = "unbond_escape",
                                   .id = "A25",
                                   .doc = "posts a wrong result and asks to leave at once",
                                   .parameters = kEscapeParameters,
                                   .provider = make_unbond_escape};

}  // namespace aivm::scenarios
