// A30 delay_attacker: challenges correct results falsely in the last block of their window, to keep
// them from being settled. If it reveals, it does so in the last block for it, and plays the game
// that follows with the true trace, every verdict in the last block for that: it agrees with every
// opening, which leaves the larger part.
//
// Stresses parallel disputes: all run side by side, so however many attackers there are, a result
// waits no longer than one reveal (and one game) beyond its window, and each attacker pays its bond
// for it (validation cases V68, V69). A block full of proofs extends every clock by a block, so
// that attackers who fill the lane of every block delay for as long as they pay. Observe the time
// to finality with one attacker and with many, and grief_attacker_cost.
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class DelayAttacker final : public sim::ChallengerStrategy {
public:
    DelayAttacker(const Parameters& parameters, const sim::StrategyContext& context)
        : random_(context.random),
          window_blocks_(context.rules.config.challenge_window_blocks),
          attack_ppm_(parameters.ppm("attack_ppm")),
          reveals_(parameters.get("reveal") != 0) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView&) override {
        if (!random_.bernoulli_ppm(attack_ppm_)) return std::nullopt;
        return 0;  // it does not compute anything
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        return static_cast<Answer>(view.task.provisional + 1 +
                                   random_.below(255));  // any answer but the posted one
    }
    bool commits(const sim::TaskView& view) override {
        return view.height() + 1 >=
               view.task.posted_at + window_blocks_;  // the next block is the last
    }
    bool reveals(const sim::DisputeView& view) override {
        return reveals_ && view.blocks_left() <= 1;
    }
    std::optional<op::DisputeMove> move(const sim::DisputeView& view) override {
        if (view.blocks_left() > 1) return std::nullopt;
        return sim::ChallengerStrategy::move(view);
    }

private:
    sim::RandomStream random_;
    Height window_blocks_;
    std::uint32_t attack_ppm_;
    bool reveals_;
};

std::unique_ptr<sim::ChallengerStrategy> make_delay_attacker(const Parameters& parameters,
                                                             const sim::StrategyContext& context) {
    return std::make_unique<DelayAttacker>(parameters, context);
}

constexpr std::array kDelayParameters{
    kAttack,
    StrategyParameter{"reveal", 0, 1, 0, "",
                      "1: reveals its false claim in the last block; 0: never"},
};

}  // namespace

const StrategyRow kDelayAttackerRow{
    .name = "delay_attacker",
    .id = "A30",
    .doc = "challenges correct results in the last block of their window",
    .parameters = kDelayParameters,
    .challenger = make_delay_attacker};

}  // namespace aivm::scenarios
