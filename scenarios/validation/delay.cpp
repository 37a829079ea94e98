// V68, V69: N false challenges of every answer, each opened, revealed and played as late as the
// rules allow, against a provider that is right and also moves late. Disputes run side by side, so
// N is no part of either prediction.
#include <fmt/format.h>

#include "scenarios/validation/case_table.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint32_t kAttackedAnswers = 4;
constexpr std::uint32_t kDisputesMax = 1000;
constexpr std::uint32_t kRevealBlocksMax = 10'000;
constexpr std::uint32_t kMoveBlocksMax = 1000;
constexpr std::uint32_t kGameStepsMax = 1024;

sim::Scenario attacked(const ValidationCase& c) {
    sim::Scenario s = market(kAttackedAnswers, 1);
    s.vm.config.challenge_window_blocks = c.whole("W", 1, kSimulatedBlocksMax);
    s.vm.policy.challenge_reveal_blocks = c.whole("R", 1, kRevealBlocksMax);
    sim::ActorGroup attackers =
        members(sim::Role::kChallenger, "attackers", c.whole("N", 1, kDisputesMax),
                "delay_attacker", {{"reveal", 1}});
    attackers.stake = lux(100'000);
    s.actors = {members(sim::Role::kProvider, "provider", 1, "clock_waiter", {{"cheat_ppm", 0}}),
                attackers};
    return s;
}

// How many disputes were opened and lost.
class LostDisputes final : public sim::Probe {
public:
    void on_block(const Executed& block, sim::SimTime) override {
        for (const VmEvent& e : block.events) {
            const auto* closed = std::get_if<event::DisputeClosed>(&e);
            count_ += closed != nullptr && !closed->challenger_won ? 1 : 0;
        }
    }
    [[nodiscard]] std::uint32_t count() const { return count_; }

private:
    std::uint32_t count_ = 0;
};

// The most blocks from an answer to its settlement. A run in which not all of the attackers had a
// dispute on every answer proves nothing.
Result<Sample> longest_delay(const ValidationCase& c, const RunContext& context,
                             const sim::Scenario& scenario) {
    LostDisputes lost;
    AIVM_ASSIGN(const auto played, play(context, scenario, &lost));
    const std::uint32_t wanted = kAttackedAnswers * c.whole("N", 1, kDisputesMax);
    if (lost.count() != wanted) {
        return fail(ErrorCode::kWrongState,
                    fmt::format("{} disputes were lost, and not {}", lost.count(), wanted));
    }
    return Sample{longest_settlement(*played), 1};
}

}  // namespace

Result<Sample> delay_by_reexecutions(const ValidationCase& c, const RunContext& context) {
    return longest_delay(c, context, attacked(c));
}

Result<Sample> delay_by_games(const ValidationCase& c, const RunContext& context) {
    sim::Scenario s = attacked(c);
    s.workload.steps = c.whole("n", 2, kGameStepsMax);
    s.vm.policy.dispute_game = DisputeGame::kBisection;
    s.vm.policy.dispute_move_blocks = c.whole("D", 1, kMoveBlocksMax);
    return longest_delay(c, context, s);
}

}  // namespace aivm::scenarios
