// A31 restart_griefer: challenges a correct result, loses, and challenges it again, as often as it
// can pay for. It never reveals its claim: a reveal makes the chain re-run the model, and the
// result cannot be challenged any more.
//
// Stresses the rule that a lost challenge never restarts the window: settlement stays where it was,
// and n rounds on one result cost n bonds, or 2^n - 1 under challenge_escalation = "per_lost".
// Observe the time to finality beside that of a run without it, and grief_attacker_cost.
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class RestartGriefer final : public sim::ChallengerStrategy {
public:
    RestartGriefer(const Parameters& parameters, sim::RandomStream random)
        : random_(random),
          attack_ppm_(parameters.ppm("attack_ppm")),
          rounds_(static_cast<std::uint32_t>(parameters.get("rounds"))) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        const bool goes_on = lost_on(view.task) > 0;
        if (!goes_on && !random_.bernoulli_ppm(attack_ppm_)) return std::nullopt;
        return 0;  // it does not compute anything
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        return static_cast<Answer>(view.task.provisional + 1 +
                                   random_.below(255));  // any answer but the posted one
    }
    bool reveals(const sim::DisputeView&) override { return false; }
    bool again(const sim::TaskView& view) override { return lost_on(view.task) < rounds_; }

private:
    static std::uint32_t lost_on(const Task& task) { return task.challenges_lost; }

    sim::RandomStream random_;
    std::uint32_t attack_ppm_;
    std::uint32_t rounds_;
};

std::unique_ptr<sim::ChallengerStrategy> make_restart_griefer(const Parameters& parameters,
                                                              const sim::StrategyContext& context) {
    return std::make_unique<RestartGriefer>(parameters, context.random);
}

constexpr std::array kGrieferParameters{
    kAttack,
    StrategyParameter{"rounds", 1, 64, 3, "challenges",
                      "challenges lost on a result before it stops"},
};

}  // namespace

const StrategyRow kRestartGrieferRow{.name = "restart_griefer",
                                     .id = "A31",
                                     .doc = "challenges a correct result again and again",
                                     .parameters = kGrieferParameters,
                                     .challenger = make_restart_griefer};

}  // namespace aivm::scenarios
