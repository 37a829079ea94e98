// A24 clock_waiter: makes every move of a dispute at the last moment; as a provider after a wrong
// answer, as a challenger after a false claim.
//
// Stresses the clocks of the bisection: a game over s steps has at most 1 + 2 ceil(log2 s) moves,
// each within dispute_move_blocks, and games on one result run side by side, so this is the longest
// that settlement can be put off. Observe the time to finality, and what either side loses.
#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class WaitingProvider final : public CheatingProvider {
public:
    using CheatingProvider::CheatingProvider;

    std::optional<op::DisputeMove> move(const sim::DisputeView& view) override {
        if (view.blocks_left() > 1) return std::nullopt;
        return CheatingProvider::move(view);
    }
};

class WaitingChallenger final : public sim::ChallengerStrategy {
public:
    WaitingChallenger(const Parameters& parameters, sim::RandomStream random)
        : random_(random), attack_ppm_(parameters.ppm("attack_ppm")) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        if (!random_.bernoulli_ppm(attack_ppm_)) return std::nullopt;
        return view.model.steps;  // it plays with the true trace for as long as that goes
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        return static_cast<Answer>(view.task.provisional + 1);
    }
    bool reveals(const sim::DisputeView& view) override { return view.blocks_left() <= 1; }
    std::optional<op::DisputeMove> move(const sim::DisputeView& view) override {
        if (view.blocks_left() > 1) return std::nullopt;
        return sim::ChallengerStrategy::move(view);
    }

private:
    sim::RandomStream random_;
    std::uint32_t attack_ppm_;
};

std::unique_ptr<sim::ProviderStrategy> make_waiting_provider(const Parameters& parameters,
                                                             const sim::StrategyContext& context) {
    return std::make_unique<WaitingProvider>(parameters.ppm("cheat_ppm"), context.random);
}

std::unique_ptr<sim::ChallengerStrategy> make_waiting_challenger(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<WaitingChallenger>(parameters, context.random);
}

constexpr std::array kWaiterParameters{kCheat, kAttack};

}  // namespace

const StrategyRow kClockWaiterRow{.name = "clock_waiter",
                                  .id = "A24",
                                  .doc = "makes every move of a dispute at the last moment",
                                  .parameters = kWaiterParameters,
                                  .provider = make_waiting_provider,
                                  .challenger = make_waiting_challenger};

}  // namespace aivm::scenarios
