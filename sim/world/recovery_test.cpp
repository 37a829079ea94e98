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

// The same with this mean latency between all regions.
Outcome run_with_latency(const Scenario& scenario, std::uint64_t mean_ns, std::uint64_t seed = 1) {
    Setting setting = setting_of(scenario);
    setting.latency = uniform_latency(mean_ns, setting.latency.regions);
    WorldOptions options;
    options.seed = seed;
    auto world = World::make(std::move(setting), options).value();
    VectorSink rows;
    Outcome outcome = world->run();
    world->write_results(rows, 0, outcome);
    return outcome;
}

// On a local network answers come within half a millisecond.
Outcome run_on_lan(const Scenario& scenario) { return run_with_latency(scenario, 200'000); }

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

// Both clocks are within a minute of the true time, as the protocol assumes, and almost two minutes
// apart: blocks of the first are from the future for the second.
TEST(Recovery, ClocksAtTheBoundOfTheSkewStopNobody) {
    for (const ConsensusKind engine : {ConsensusKind::kSnowman, ConsensusKind::kSequencer}) {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            for (const bool first_is_behind : {false, true}) {
                Scenario s = small_scenario();
                s.chain.consensus = engine;
                ASSERT_EQ(s.vm.policy.max_clock_skew_ns, 60 * kOneSecond);
                s.faults = {during(FaultKind::kClock, 5, 60, {0}),
                            during(FaultKind::kClock, 5, 60, {1})};
                for (FaultPlan& plan : s.faults) plan.skew_ns = 59 * kOneSecond;
                s.faults[first_is_behind ? 0 : 1].behind = true;
                const Outcome outcome = run_of(s, seed);
                EXPECT_EQ(verdict(outcome), "clean") << word(engine) << " " << seed;
                EXPECT_EQ(figure(outcome, "tasks"), 20) << word(engine) << " " << seed;
            }
        }
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

// Its computed chance of a fork is not below 10^-6: each half has the two votes of three that
// decide. The parameters of the deployed network let neither half decide.
TEST(Recovery, ASplitInTwoForksTheChainOfTheWeakestPresetOnly) {
    const auto forks = [](SnowPresetName preset, std::uint64_t seed) {
        Scenario s = small_scenario();
        const std::uint64_t interval = s.chain.block_interval_ns;
        s.chain.validators = 10;
        s.chain.preset = preset;
        apply_preset(s.chain);
        s.chain.block_interval_ns = interval;
        s.expected_violations = {"S1", "S2", "S14", "S17", "L6"};
        s.faults = {during(FaultKind::kPartition, 10, 30, range(0, 5))};
        const Outcome outcome = run_of(s, seed);
        return std::ranges::count(outcome.violations, "S1", &Violation::invariant);
    };
    std::ptrdiff_t weak = 0;
    std::ptrdiff_t deployed = 0;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        weak += forks(SnowPresetName::kLuxLocal, seed);
        deployed += forks(SnowPresetName::kAvalancheMainnet, seed);
    }
    EXPECT_GT(weak, 0);
    EXPECT_EQ(deployed, 0);
}

// With links as slow as between continents, a decision takes longer than a block interval as soon
// as answers are missing.
TEST(Recovery, ALossOfTwentyPercentMakesTheDefaultChainSlowerAndDoesNotStopIt) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        Scenario s = small_scenario();
        s.chain = ChainSettings();
        s.workload.tasks = 10;
        s.actors = {group_of("provider", 2), group_of("challenger", 2)};
        const auto time_to_finality = [&](std::uint32_t loss_ppm) {
            s.network.loss_ppm = loss_ppm;
            const Outcome outcome = run_with_latency(s, 150'000'000, seed);
            EXPECT_EQ(verdict(outcome), "clean") << loss_ppm;
            EXPECT_EQ(figure(outcome, "tasks"), 10) << loss_ppm;
            return std::get<double>(outcome.metric("ttf_mean"));
        };
        EXPECT_GT(time_to_finality(200'000), time_to_finality(0)) << seed;
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
