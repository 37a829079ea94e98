// A06 last_revealer: commits to a guess, waits for the others' reveals, and reveals only if it
// turned out right.
//
// Stresses the penalty for withholding a reveal against that for a divergent one: where
// vm.slash_unrevealed_bps is below vm.slash_divergent_bps, waiting pays the difference.
// Observe the slashes of cause unrevealed and divergent, and the net of its principals.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class LastRevealer final : public sim::ProviderStrategy {
public:
    explicit LastRevealer(const sim::StrategyContext& context)
        : random_(context.random), rules_(context.rules) {}

    std::uint32_t steps_to_compute(const sim::TaskView&) override { return 0; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        const Answer guess = random_.bernoulli_ppm(kHalf) ? kLeast : kGreatest;
        guessed_[view.index] = guess;
        return guess;
    }
    bool reveals(const sim::TaskView& view) override {
        if (view.height() + 1 < reveal_end(view.task, rules_.policy)) return false;
        const Answer mine = guessed_.at(view.index);
        std::uint32_t agree = 0;
        for (const Seat& seat : view.task.seats) {
            if (seat.status == SeatStatus::kPosted && seat.answer == mine) ++agree;
        }
        return agree + 1 >= rules_.config.redundancy_factor;
    }

private:
    static constexpr std::uint32_t kHalf = 500'000;
    // The saturated answers, which are more common than all others together: -128 and 127.
    static constexpr Answer kLeast = 0x80;
    static constexpr Answer kGreatest = 0x7f;

    sim::RandomStream random_;
    VmParameters rules_;
    std::map<TaskIndex, Answer> guessed_;
};

std::unique_ptr<sim::ProviderStrategy> make_last_revealer(const Parameters&,
                                                          const sim::StrategyContext& context) {
    return std::make_unique<LastRevealer>(context);
}

}  // namespace

const StrategyRow kLastRevealerRow{
    .name = "last_revealer",
    .id = "A06",
    .doc = "commits to a guess and reveals it only if it turns out right",
    .provider = make_last_revealer};

}  // namespace aivm::scenarios
