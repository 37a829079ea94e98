// The chain comes back after faults that once stopped it, or the machine that simulated it: the
// bugs B1, B2, B3, B5, B6, B7 and B9 of the audit of consensus.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "sim/testing/test_world.h"

namespace aivm::sim::test {
namespace {

constexpr std::uint64_t kOneSecond = 1'000'000'000;

FaultPlan during(FaultKind kind, std::uint64_t at_s, std::uint64_t seconds,
                 std::vector<std::uint32_t> validators) {
    FaultPlan plan;
    plan.kind = kind;
    plan.at_ns = at_s * kOneSecond;
    plan.duration_ns = seconds * kOneSecond;
    plan.validators = std::move(validators);
    return plan;
}

std::vector<std::uint32_t> range(std::uint32_t first, std::uint32_t count) {
    std::vector<std::uint32_t> out(count);
    std::iota(out.begin(), out.end(), first);
    return out;
}

Outcome run_of(const Scenario& scenario, std::uint64_t seed = 1) {
    WorldOptions options;
    options.seed = seed;
    return play(scenario, options)->outcome;
}

// The same on a local network, where answers come within half a millisecond.
Outcome run_on_lan(const Scenario& scenario) {
    Setting setting = setting_of(scenario);
    setting.latency = uniform_latency(200'000, setting.latency.regions);
    auto world = World::make(std::move(setting), {}).value();
    return world->run();
}

Scenario nine_validators() {
    Scenario s = small_scenario();
    s.chain.validators = 9;
    return s;
}

// B2: every second each waiting block set one more timer, so that they doubled. Later, a validator
// alone with a block from the future asked the others about it as fast as the network answers.
TEST(Recovery, AClockFarAheadCausesNoStormOfTimersOrPolls) {
    Scenario s = small_scenario();
    s.chain.validators = 4;
    s.chain.k = s.chain.alpha_preference = s.chain.alpha_confidence = 2;
    s.chain.beta = 4;
    s.network.loss_ppm = 0;
    s.workload.tasks = 1;
    const Outcome calm = run_on_lan(s);
    s.faults = {during(FaultKind::kClock, 0, 120, {0})};
    s.faults[0].skew_ns = 120 * kOneSecond;
    const Outcome ahead = run_on_lan(s);
    EXPECT_EQ(verdict(ahead), "clean");
    EXPECT_LT(ahead.events, 2 * calm.events);
}

// B1: blocks that waited for their parents were verified, and taken for invalid.
TEST(Recovery, AClockFarBehindIsNoInternalError) {
    for (std::uint64_t at = 10; at < 22; at += 3) {
        Scenario s = nine_validators();
        s.faults = {during(FaultKind::kClock, at, 10, {0})};
        s.faults[0].skew_ns = 70 * kOneSecond;
        s.faults[0].behind = true;
        EXPECT_EQ(verdict(run_of(s)), "clean") << at;
    }
}

// B3: three camps without a majority never agreed.
TEST(Recovery, ThreeEqualCampsComeTogetherAgain) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        Scenario s = nine_validators();
        s.faults = {during(FaultKind::kPartition, 10, 60, range(0, 3)),
                    during(FaultKind::kPartition, 10, 60, range(3, 3))};
        EXPECT_EQ(verdict(run_of(s, seed)), "clean") << seed;
    }
}

// B6: each had signed a block that nobody else had, and lost it.
TEST(Recovery, ATotalEclipseThatEndsInACrashOfAllIsRecoveredFrom) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        Scenario s = nine_validators();
        s.faults = {during(FaultKind::kEclipse, 10, 60, range(0, 9)),
                    during(FaultKind::kCrash, 65, 5, range(0, 9))};
        EXPECT_EQ(verdict(run_of(s, seed)), "clean") << seed;
    }
}

// B5: the only proposer had signed a block, lost it, and could not sign another.
TEST(Recovery, ASequencerThatCrashesBeforeFinalityGoesOn) {
    Scenario s = small_scenario();
    s.chain.consensus = ConsensusKind::kSequencer;
    s.chain.finality_delay_ns = 12 * kOneSecond;
    s.vm.config.challenge_window_blocks = 20;
    s.faults = {during(FaultKind::kCrash, 21, 10, {0})};
    EXPECT_EQ(verdict(run_of(s)), "clean");
}

// B9: it began again at genesis.
TEST(Recovery, ASequencerWhoseDiskIsReplacedLearnsTheChainFirst) {
    Scenario s = small_scenario();
    s.chain.consensus = ConsensusKind::kSequencer;
    s.faults = {during(FaultKind::kBitRot, 21, 10, {0})};
    EXPECT_EQ(verdict(run_of(s)), "clean");
}

// B7: having lost its record of what it signed, it signed again, and was slashed.
TEST(Recovery, AnHonestValidatorIsNotSlashedForALostDisk) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        Scenario s = nine_validators();
        s.network.jitter_ns = 800'000'000;
        s.workload.tasks = 60;
        s.faults = {during(FaultKind::kBitRot, 20, 10, {2, 5})};
        WorldOptions options;
        options.seed = seed;
        const auto played = play(s, options);
        EXPECT_EQ(verdict(played->outcome), "clean") << seed;
        const auto slashes = played->rows.rows<SlashRow>();
        EXPECT_EQ(std::ranges::count(slashes, "equivocation", &SlashRow::cause), 0) << seed;
    }
}

}  // namespace
}  // namespace aivm::sim::test
