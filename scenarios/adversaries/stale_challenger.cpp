// A43 stale_challenger: means well, but part of its copy of the data is out of date, so that it
// disputes results that are right.
//
// Stresses the challenger's bond from the side of mistakes: what honest providers must not lose by
// them, and what they cost whoever makes them. Where its stale answer happens to equal the posted
// one it stays silent. Observe honest_false_slash, grief_attacker_cost and its gain over honest
// play.
#include <algorithm>

#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class StaleChallenger final : public sim::ChallengerStrategy {
public:
    StaleChallenger(const Parameters& parameters, sim::RandomStream random)
        : random_(random), stale_ppm_(parameters.ppm("stale_ppm")) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        return view.model.steps;
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        const Answer mine = run_model(view.kernels, view.model, row_seen(view));
        if (mine == view.task.provisional) return std::nullopt;
        return mine;
    }

private:
    // The row of features that it computes with: the one before, where its copy is out of date. A
    // row is out of date once and for all.
    std::uint32_t row_seen(const sim::TaskView& view) {
        const std::uint32_t row = view.task.input_row;
        const auto known = std::ranges::lower_bound(looked_up_, row, {}, &Row::row);
        bool stale = false;
        if (known != looked_up_.end() && known->row == row) {
            stale = known->stale;
        } else {
            stale = random_.bernoulli_ppm(stale_ppm_);
            looked_up_.insert(known, {row, stale});
        }
        return stale ? (row + view.model.row_count() - 1) % view.model.row_count() : row;
    }

    struct Row {
        std::uint32_t row;
        bool stale;
    };
    sim::RandomStream random_;
    std::uint32_t stale_ppm_;
    std::vector<Row> looked_up_;  // by row
};

std::unique_ptr<sim::ChallengerStrategy> make_stale_challenger(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<StaleChallenger>(parameters, context.random);
}

constexpr std::array kStaleParameters{
    StrategyParameter{"stale_ppm", 0, 1'000'000, 100'000, "ppm",
                      "share of the rows of features of which its copy is out of date"},
};

}  // namespace

const StrategyRow kStaleChallengerRow{
    .name = "stale_challenger",
    .id = "A43",
    .doc = "checks everything, with a copy of the data that is partly out of date",
    .parameters = kStaleParameters,
    .challenger = make_stale_challenger};

}  // namespace aivm::scenarios
