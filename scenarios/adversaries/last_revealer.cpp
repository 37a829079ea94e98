// A06 last_revealer: commits to the model's most common answer without computing, waits for the
// others' reveals, and reveals only if it turned out right.
//
// Stresses the penalty for withholding a reveal against that for a divergent one: where
// vm.slash_unrevealed_bps is below vm.slash_divergent_bps, waiting costs less than being wrong in
// the open. If the guess is wrong to a share w of the inputs, it pays where the cost of computing
// exceeds w times the slash for the withheld reveal and the pay of a seat. Observe the slashes of
// cause unrevealed and divergent, and its gain over honest play against tasks.step_cost.
#include "scenarios/adversaries/cheap_answers.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class LastRevealer final : public sim::ProviderStrategy {
public:
    explicit LastRevealer(const sim::StrategyContext& context) : rules_(context.rules) {}

    std::uint32_t steps_to_compute(const sim::TaskView&) override { return 0; }
    std::optional<Answer> answer(const sim::TaskView& view) override { return guess(view); }
    bool reveals(const sim::TaskView& view) override {
        if (view.height() + 1 < reveal_end(view.task, rules_.policy)) return false;
        const Answer mine = guess(view);
        std::uint32_t agree = 0;
        for (const Seat& seat : view.task.seats) {
            if (seat.status == SeatStatus::kPosted && seat.answer == mine) ++agree;
        }
        return agree + 1 >= rules_.config.redundancy_factor;
    }

private:
    Answer guess(const sim::TaskView& view) {
        const auto [known, is_new] = guess_.try_emplace(view.model.id);
        if (is_new) {
            known->second = most_common_answer(view.kernels, view.model, kSampleRows).answer;
        }
        return known->second;
    }

    VmParameters rules_;
    std::map<std::string, Answer> guess_;  // by the model's id
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
