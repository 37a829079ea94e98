// The bond that results lock, in the scenario bond_reuse played by one provider: jobs arrive as a
// Poisson process, and each locks a slot from its draw until it is settled (V53, Little's law). How
// many jobs find no slot free (V52) is a sweep of bond_reuse.thresholds.json.
#include <gtest/gtest.h>

#include "scenarios/cli/catalog.h"
#include "scenarios/file/load.h"
#include "scenarios/run/setting.h"
#include "scenarios/statistics/intervals.h"
#include "sim/world/world.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::uint64_t kRunsOfSlots = 8;
constexpr double kJobsPerBlock = 0.2;
constexpr double kHeldBlocks = 50;  // the block of the draw, the window of 48, its settlement
constexpr double kBondLux = 100;

// The mean over time of what the providers have locked, in LUX. Without work no block is built, so
// every value counts for the time until the next block.
class MeanLocked final : public sim::Probe {
public:
    MeanLocked(sim::SimTime from, sim::SimTime to) : from_(from), to_(to) {}
    void on_block(const Executed& block, sim::SimTime now) override {
        const sim::SimTime begin = std::max(since_, from_);
        const sim::SimTime end = std::min(now, to_);
        if (end > begin) sum_ += lux_ * static_cast<double>(end - begin);
        since_ = now;
        lux_ = 0;
        block.state.providers.for_each([&](std::size_t, const Provider& provider) {
            lux_ += static_cast<double>(provider.locked.nlux()) / 1e9;
        });
    }
    [[nodiscard]] double mean() const { return sum_ / static_cast<double>(to_ - from_); }

private:
    sim::SimTime from_;
    sim::SimTime to_;
    sim::SimTime since_ = 0;
    double lux_ = 0;
    double sum_ = 0;
};

sim::Scenario one_locker() {
    std::vector<Override> overrides;
    for (const char* one :
         {"provider.reusers.count=1", "provider.reusers.parameters.burst=1",
          "provider.reusers.bond=4000 LUX", "provider.reusers.stake=4000 LUX",
          "provider.honest.bond=999 LUX", "challenger.watchers.strategy=threshold_check",
          "challenger.watchers.parameters.full_mlux=1000000000", "tasks.arrivals=poisson",
          "tasks.mean_gap=20s", "tasks.count=700", "run.max_time=10h",
          "vm.max_tasks_per_provider=100", "vm.challenge_window_blocks=48"}) {
        overrides.push_back(*parse_override(one));
    }
    const auto loaded = load_scenario_file(scenario_path("bond_reuse"), overrides);
    if (!loaded) throw std::runtime_error(to_text(loaded.error()));
    return loaded->scenario;
}

double mean_locked(const sim::Scenario& scenario, std::uint64_t seed) {
    const auto block = static_cast<sim::SimTime>(scenario.chain.block_interval_ns);
    // From when the load has settled until before the last job arrives.
    MeanLocked locked(200 * block, 3000 * block);
    sim::WorldOptions options;
    options.seed = seed;
    options.probe = &locked;
    options.invariants = false;
    const sim::Setting setting = make_setting(scenario).value();
    const std::unique_ptr<sim::World> world = sim::World::make(setting, options).value();
    EXPECT_TRUE(world->run().clean());
    return locked.mean();
}

TEST(BondSlots, V53TheMeanLockedBondIsTheLoadTimesTheBond) {
    const sim::Scenario scenario = one_locker();
    Moments means;
    for (std::uint64_t seed = 1; seed <= kRunsOfSlots; ++seed)
        means.add(mean_locked(scenario, seed));
    const double theory = kJobsPerBlock * kHeldBlocks * kBondLux;
    const Interval interval = t_interval(means, 0.99);
    EXPECT_LT(interval.width() / 2, theory / 10);
    EXPECT_NEAR(means.mean(), theory, theory / 20 + interval.width() / 2);
}

}  // namespace
}  // namespace aivm::scenarios::cli
