// What a grinder can still gain: the scenario of the catalogue, simulated over many seeds, against
// the share of the work that theory predicts when withholding blocks is all that is left.
#include <gtest/gtest.h>

#include "scenarios/cli/catalog.h"
#include "scenarios/file/load.h"
#include "scenarios/run/run.h"
#include "scenarios/statistics/intervals.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::uint32_t kRuns = 64;

// Every task pays its provider the same, so the share of the providers' revenue is the share of the
// work.
double grinders_share(const sim::Outcome& outcome) {
    double ours = 0;
    double all = 0;
    for (std::size_t i = 0; i < outcome.principals.size(); ++i) {
        const auto revenue = static_cast<double>(outcome.payoffs[i].revenue.nlux());
        all += revenue;
        if (outcome.principals[i].label == "grinder") ours += revenue;
    }
    return ours / all;
}

Interval share_over_runs(const sim::Scenario& scenario) {
    Moments shares;
    for (std::uint32_t seed = 1; seed <= kRuns; ++seed) {
        RunOptions options;
        options.seed = seed;
        const auto outcome = run_scenario(scenario, options);
        EXPECT_TRUE(outcome && outcome->clean()) << seed;
        if (outcome) shares.add(grinders_share(*outcome));
    }
    return t_interval(shares, 0.99);
}

TEST(SelectionGrinder, GainsByWithholdingWhatTheoryPredictsAndNoMore) {
    const auto loaded = load_scenario_file(scenario_path("selection_grinder"));
    ASSERT_TRUE(loaded) << to_text(loaded.error());
    // x = f + (1 - f) s x: an unfavourable draw is thrown again if its proposer withholds.
    constexpr double kProviders = 1.0 / 6;
    constexpr double kProposers = 7.0 / 21;
    constexpr double kTheory = kProviders / (1 - kProposers * (1 - kProviders));
    const Interval share = share_over_runs(loaded->scenario);
    EXPECT_LE(share.low, kTheory);
    EXPECT_GE(share.high, kTheory);
    // So narrow that a single withheld draw per task, or no grinding, would be refused.
    EXPECT_GT(share.low, kProviders + kProposers * kProviders * (1 - kProviders));
    EXPECT_LT(share.width(), kTheory / 8);

    sim::Scenario honest = loaded->scenario;
    for (sim::ActorGroup& group : honest.actors) {
        if (group.role == sim::Role::kValidator) group.strategy = "honest";
    }
    const Interval fair = share_over_runs(honest);
    EXPECT_LE(fair.low, kProviders);
    EXPECT_GE(fair.high, kProviders);
    EXPECT_LT(fair.high, kTheory) << "without grinding the comparison fails";
}

}  // namespace
}  // namespace aivm::scenarios::cli
