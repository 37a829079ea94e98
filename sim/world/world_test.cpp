#include "sim/world/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "sim/testing/test_world.h"

namespace aivm::sim::test {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kS = 1'000'000'000;

Outcome run(const Scenario& scenario, const WorldOptions& options = {}) {
    return play(scenario, options)->outcome;
}

std::uint64_t count(const Outcome& outcome, std::string_view metric) {
    return static_cast<std::uint64_t>(std::get<std::int64_t>(outcome.metric(metric)));
}

FaultPlan fault(FaultKind kind, std::uint64_t at_s, std::uint64_t seconds,
                std::vector<std::uint32_t> validators) {
    FaultPlan plan;
    plan.kind = kind;
    plan.at_ns = at_s * kS;
    plan.duration_ns = seconds * kS;
    plan.validators = std::move(validators);
    return plan;
}

TEST(World, RunsItsWorkToTheEndAndCatchesEveryLie) {
    const Outcome outcome = run(small_scenario());
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(count(outcome, "tasks"), 20U);
    EXPECT_GT(count(outcome, "n_fraud_posted"), 0U);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0U);
    EXPECT_GT(outcome.invariant_checks, 1000U);
}

TEST(World, TheSameSeedYieldsTheSameDigestAndAnotherSeedAnother) {
    WorldOptions options;
    const Outcome first = run(small_scenario(), options);
    EXPECT_EQ(run(small_scenario(), options).digest, first.digest);
    options.seed = 2;
    EXPECT_NE(run(small_scenario(), options).digest, first.digest);
}

TEST(World, ExecutingEveryBlockTwiceChangesNothing) {
    WorldOptions options;
    const Outcome shared = run(small_scenario(), options);
    options.paranoid = true;
    const Outcome paranoid = run(small_scenario(), options);
    EXPECT_EQ(verdict(paranoid), "clean");
    EXPECT_EQ(paranoid.digest, shared.digest);
}

TEST(World, WatchingAndTracingChangeNothing) {
    WorldOptions options;
    const Outcome watched = run(small_scenario(), options);
    options.invariants = false;
    EXPECT_EQ(run(small_scenario(), options).digest, watched.digest);
    options.trace = false;
    const Outcome bare = run(small_scenario(), options);
    EXPECT_EQ(bare.events, watched.events);
    EXPECT_EQ(bare.virtual_time, watched.virtual_time);
}

TEST(World, RecordedChoicesReplayToTheSameDigest) {
    WorldOptions options;
    const Outcome first = run(small_scenario(), options);
    ASSERT_FALSE(first.choices.empty());
    options.choices = &first.choices;
    EXPECT_EQ(run(small_scenario(), options).digest, first.digest);
}

TEST(World, TwoWorldsOnTwoThreadsAreTheWorldsOfOneThreadEach) {
    Outcome one;
    Outcome two;
    WorldOptions second;
    second.seed = 2;
    std::thread a([&] { one = run(small_scenario()); });
    std::thread b([&] { two = run(small_scenario(), second); });
    a.join();
    b.join();
    EXPECT_EQ(one.digest, run(small_scenario()).digest);
    EXPECT_EQ(two.digest, run(small_scenario(), second).digest);
}

// Which of a validator's first messages are lost, by their numbers.
std::vector<std::uint64_t> losses(const Outcome& outcome, ActorId actor, std::uint64_t below) {
    std::vector<std::uint64_t> out;
    for (const ChoiceAnswer& choice : outcome.choices) {
        const bool wanted = choice.id.kind == ChoiceKind::kMessageLoss && choice.id.actor == actor;
        if (wanted && choice.id.ordinal < below) out.push_back(choice.id.ordinal);
    }
    return out;
}

TEST(World, MoreProvidersDoNotShiftWhichMessagesOfAValidatorAreLost) {
    Scenario larger = small_scenario();
    larger.actors.push_back(group_of("provider", 2));
    larger.actors.back().name = "more";
    const Outcome small = run(small_scenario());
    const Outcome large = run(larger);
    EXPECT_NE(small.digest, large.digest);
    for (ActorId validator = 0; validator < 5; ++validator) {
        EXPECT_EQ(losses(small, validator, 500), losses(large, validator, 500));
        EXPECT_FALSE(losses(small, validator, 500).empty());
    }
}

TEST(World, ADifferentLossRateKeepsWhatIsLostAtBoth) {
    Scenario calmer = small_scenario();
    calmer.network.resends = 0;  // which change what is sent next
    Scenario rougher = calmer;
    rougher.network.loss_ppm *= 2;
    const std::vector<std::uint64_t> few = losses(run(calmer), 0, 500);
    const std::vector<std::uint64_t> many = losses(run(rougher), 0, 500);
    EXPECT_GT(many.size(), few.size());
    EXPECT_TRUE(std::ranges::includes(many, few))
        << "common random numbers: the same draws against another threshold";
}

TEST(World, ASequencerRunsTheSameWork) {
    Scenario s = small_scenario();
    s.chain.consensus = ConsensusKind::kSequencer;
    const Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0U);
}

TEST(World, ASequencerThatAlwaysCensorsLetsEveryLieBecomeFinal) {
    Scenario s = small_scenario();
    s.chain.consensus = ConsensusKind::kSequencer;
    s.chain.censorship = CensorshipModel::kIid;
    s.chain.censoring_ppm = 1'000'000;
    const Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(count(outcome, "n_fraud_posted"), 0U);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), count(outcome, "n_fraud_posted"));
    EXPECT_GT(count(outcome, "censored_proofs"), 0U);
}

TEST(World, AModestShareOfCensorsDelaysProofsAndDoesNotStopThem) {
    for (const auto model :
         {CensorshipModel::kIid, CensorshipModel::kPermuted, CensorshipModel::kSticky}) {
        Scenario s = small_scenario();
        s.chain.consensus = ConsensusKind::kSequencer;
        s.chain.censorship = model;
        s.chain.censoring_ppm = 300'000;
        s.vm.config.challenge_window_blocks = 40;
        s.vm.policy.challenge_reveal_blocks = 40;
        std::uint64_t censored = 0;
        for (WorldOptions options; options.seed <= 6; ++options.seed) {
            const Outcome outcome = run(s, options);
            EXPECT_EQ(verdict(outcome), "clean");
            EXPECT_EQ(count(outcome, "n_fraud_missed"), 0U);
            censored += count(outcome, "censored_proofs");
        }
        EXPECT_GT(censored, 0U) << static_cast<int>(model);
    }
}

std::string refusal(const Scenario& scenario) {
    const auto world = World::make(setting_of(scenario), {});
    return world ? "accepted" : world.error().text();
}

TEST(World, WhatIsNotBuiltIsRefusedLoudly) {
    Scenario s = small_scenario();
    s.chain.censorship = CensorshipModel::kSticky;
    s.chain.censoring_ppm = 1000;
    EXPECT_THAT(refusal(s), HasSubstr("snowman decides itself"));
    s.chain.censorship = CensorshipModel::kIid;
    EXPECT_EQ(refusal(s), "accepted");
}

TEST(World, ParametersThatTheEngineRefusesAndStrategiesNobodyKnowsAreErrors) {
    Scenario s = small_scenario();
    s.chain.alpha_preference = 9;
    EXPECT_NE(refusal(s), "accepted");
    s = small_scenario();
    s.actors.push_back(group_of("challenger", 1, "nobody"));
    EXPECT_THAT(refusal(s), HasSubstr("no such challenger"));
}

// A size of zero is the encoding, with a signature of each voter. Another one is only that: who
// sends what stays the same, but on a narrow line it takes longer.
TEST(World, CertificatesTakeTheBytesThatTheScenarioSays) {
    Scenario s = small_scenario();
    s.chain.consensus = ConsensusKind::kBft;
    s.workload.tasks = 5;
    const auto digest_with = [&](std::uint32_t bytes, std::uint64_t bandwidth_bps) {
        s.chain.certificate_bytes = bytes;
        s.network.bandwidth_bps = bandwidth_bps;
        const Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean") << bytes;
        return outcome.digest;
    };
    EXPECT_EQ(digest_with(0, 0), digest_with(100'000, 0)) << "an unlimited line";
    constexpr std::uint64_t kNarrow = 10'000'000;
    EXPECT_EQ(digest_with(123, kNarrow), digest_with(123, kNarrow));
    EXPECT_NE(digest_with(123, kNarrow), digest_with(0, kNarrow));
    EXPECT_NE(digest_with(123, kNarrow), digest_with(33'000, kNarrow));
}

TEST(World, OneWayBlocksAndSlowNodesAreSurvived) {
    Scenario s = small_scenario();
    s.faults = {fault(FaultKind::kOneWay, 20, 20, {4}), fault(FaultKind::kSlowNode, 10, 60, {3})};
    s.faults[1].delay_ns = 700'000'000;
    EXPECT_EQ(verdict(run(s)), "clean");
}

TEST(World, CloggedFlappingAndEclipsedValidatorsAreSurvived) {
    Scenario s = small_scenario();
    s.faults = {fault(FaultKind::kClogged, 10, 40, {4}), fault(FaultKind::kFlapping, 12, 30, {3}),
                fault(FaultKind::kEclipse, 50, 20, {1, 2})};
    s.faults[0].bandwidth_bps = 200'000;
    s.faults[1].period_ns = 4 * kS;
    EXPECT_EQ(verdict(run(s)), "clean");
}

TEST(World, ClocksThatAreWrongWithinTheBoundAreSurvived) {
    Scenario s = small_scenario();
    s.faults = {fault(FaultKind::kClock, 5, 60, {0}), fault(FaultKind::kClock, 10, 60, {1})};
    s.faults[0].skew_ns = 20 * kS;
    s.faults[1].skew_ns = 10 * kS;
    s.faults[1].drift_ppm = 50'000;
    s.faults[1].behind = true;
    EXPECT_EQ(verdict(run(s)), "clean");
    s.chain.consensus = ConsensusKind::kSequencer;
    EXPECT_EQ(verdict(run(s)), "clean") << "the sequencer itself is early, then late";
}

TEST(World, ANodeWhoseWriteFailsStopsAndComesBack) {
    for (const FaultKind kind : {FaultKind::kFailedWrite, FaultKind::kTornWrite}) {
        Scenario s = small_scenario();
        s.faults = {fault(kind, 12, 20, {1, 3})};
        const auto played = play(s);
        EXPECT_EQ(verdict(played->outcome), "clean");
        EXPECT_EQ(count(played->outcome, "tasks"), 20U);
    }
}

TEST(World, ASlowDiskMakesItsNodeLate) {
    Scenario s = small_scenario();
    s.chain.consensus = ConsensusKind::kSequencer;
    const Outcome quick = run(s);
    s.faults = {fault(FaultKind::kSlowDisk, 1, 120, {0})};
    s.faults[0].delay_ns = 2 * kS;
    const Outcome slow = run(s);
    EXPECT_EQ(verdict(slow), "clean");
    const auto mean = [](const Outcome& o) { return std::get<double>(o.metric("ttf_mean")); };
    EXPECT_GT(mean(slow), mean(quick) + 0.5);
}

TEST(World, ANodeWithARottenDiskComesBackWithANewOneAndLearnsTheChainAgain) {
    for (WorldOptions options; options.seed <= 4; ++options.seed) {
        Scenario s = small_scenario();
        s.faults = {fault(FaultKind::kBitRot, 15, 10, {2})};
        EXPECT_EQ(verdict(run(s, options)), "clean") << options.seed;
    }
}

TEST(World, AnEclipseOfTheCheckersLetsLiesThrough) {
    for (const Fidelity fidelity : {Fidelity::kFull, Fidelity::kEconomic}) {
        Scenario s = small_scenario();
        s.run.fidelity = fidelity;
        const Outcome watched = run(s);
        s.faults = {fault(FaultKind::kEclipse, 0, 200, {})};
        s.faults[0].groups = {{"honest challenger"}};
        const Outcome blind = run(s);
        EXPECT_EQ(verdict(blind), "clean");
        EXPECT_EQ(count(watched, "n_fraud_missed"), 0U);
        EXPECT_GT(count(blind, "n_fraud_missed"), 0U);
    }
}

TEST(World, ClientsHearWhatTheyMissedAfterAnEclipse) {
    for (const Fidelity fidelity : {Fidelity::kFull, Fidelity::kEconomic}) {
        Scenario s = small_scenario();
        s.run.fidelity = fidelity;
        s.vm.config.challenge_window_blocks = 30;
        s.faults = {fault(FaultKind::kEclipse, 0, 40, {})};
        s.faults[0].groups = {{"honest challenger"}};
        const Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean");
        EXPECT_GT(count(outcome, "n_fraud_posted"), 0U);
        EXPECT_EQ(count(outcome, "n_fraud_missed"), 0U);
    }
}

TEST(World, ACrashedMajorityStopsTheChainAndTheRestBringsItBack) {
    Scenario s = small_scenario();
    // Between two blocks. With a block undecided, one validator may have accepted it, and so many
    // of the others forget their votes for it that they may accept another: beyond the fault
    // budget.
    s.faults = {fault(FaultKind::kCrash, 21, 99, {1, 2, 3, 4})};
    const auto played = play(s);
    EXPECT_EQ(verdict(played->outcome), "clean");
    // A poll under way may still finish in the first seconds.
    std::uint64_t during = 0;
    for (const ChainStatRow& block : played->rows.rows<ChainStatRow>()) {
        during += block.time_ns > 30 * kS && block.time_ns < 119 * kS ? 1 : 0;
    }
    EXPECT_EQ(during, 0U);
    EXPECT_EQ(count(played->outcome, "tasks"), 20U);
    EXPECT_GT(played->outcome.virtual_time, SimTime(120 * kS));
}

TEST(World, CrashesOneAfterTheOtherAreRecoveredFromTheirOwnDisks) {
    Scenario s = small_scenario();
    for (std::uint32_t i = 0; i < 5; ++i)
        s.faults.push_back(fault(FaultKind::kCrash, 10 + 12 * i, 8, {i}));
    for (WorldOptions options; options.seed <= 10; ++options.seed)
        EXPECT_EQ(verdict(run(s, options)), "clean") << options.seed;
}

TEST(World, APartitionedMinorityFinalisesNothingAndConvergesAfterIt) {
    Scenario s = small_scenario();
    s.faults = {fault(FaultKind::kPartition, 15, 40, {0, 1})};
    const auto played = play(s);
    EXPECT_EQ(verdict(played->outcome), "clean");
    const auto faults = played->rows.rows<FaultRow>();
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_EQ(faults[0].targets, "validator[0] validator[1]");
}

// The heights of the blocks that became final in a span of virtual time.
std::uint64_t blocks_between(const Played& played, std::uint64_t from_s, std::uint64_t to_s) {
    std::uint64_t count = 0;
    for (const ChainStatRow& block : played.rows.rows<ChainStatRow>())
        count += block.time_ns >= from_s * kS && block.time_ns < to_s * kS ? 1 : 0;
    return count;
}

TEST(World, AMachineThatCrashesAgainWhileItIsDownStaysDownUntilTheFirstFaultEnds) {
    Scenario s = small_scenario();
    s.chain.consensus = ConsensusKind::kSequencer;  // the crashed node builds every block
    s.faults = {fault(FaultKind::kCrash, 20, 60, {0}), fault(FaultKind::kCrash, 30, 5, {0})};
    const auto played = play(s);
    EXPECT_EQ(blocks_between(*played, 22, 79), 0U);
    s.faults.resize(1);
    EXPECT_EQ(played->outcome.blocks, play(s)->outcome.blocks);
}

TEST(World, APausedNodeMissesNothing) {
    Scenario s = small_scenario();
    s.faults = {fault(FaultKind::kPause, 12, 15, {1}), fault(FaultKind::kPause, 20, 15, {1, 2})};
    EXPECT_EQ(verdict(run(s)), "clean");
    s.chain.consensus = ConsensusKind::kSequencer;
    s.faults = {fault(FaultKind::kPause, 12, 20, {0})};
    const auto played = play(s);
    EXPECT_EQ(verdict(played->outcome), "clean");
    EXPECT_EQ(blocks_between(*played, 13, 32), 0U) << "the sequencer itself is paused";
    EXPECT_GT(blocks_between(*played, 32, 60), 0U);
}

TEST(World, ClocksThatJumpAreSurvived) {
    Scenario s = small_scenario();
    s.faults = {fault(FaultKind::kClockJumps, 5, 60, {0}),
                fault(FaultKind::kClockJumps, 9, 60, {3})};
    for (FaultPlan& plan : s.faults) {
        plan.skew_ns = 20 * kS;
        plan.period_ns = 7 * kS;
    }
    s.faults[1].behind = true;
    EXPECT_EQ(verdict(run(s)), "clean");
}

TEST(World, MessagesThatAreLostDuplicatedHeldBackOrCorruptedByFaultsAreSurvived) {
    for (const FaultKind kind :
         {FaultKind::kLoss, FaultKind::kDuplicate, FaultKind::kReorder, FaultKind::kCorrupt}) {
        Scenario s = small_scenario();
        s.faults = {fault(kind, 10, 60, {1, 2})};
        s.faults[0].rate_ppm = 200'000;
        const Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean") << word(kind);
        EXPECT_EQ(count(outcome, "tasks"), 20U) << word(kind);
    }
}

TEST(World, EveryFaultOfADiskIsSurvivedAndTheNodeComesBack) {
    for (const FaultTraits& traits : kFaultTraits) {
        if (!traits.stops_node) continue;
        for (WorldOptions options; options.seed <= 3; ++options.seed) {
            Scenario s = small_scenario();
            s.faults = {fault(traits.kind, 12, 20, {1})};
            const auto played = play(s, options);
            EXPECT_EQ(verdict(played->outcome), "clean") << traits.word << " " << options.seed;
            EXPECT_EQ(count(played->outcome, "tasks"), 20U) << traits.word;
        }
    }
}

TEST(World, FaultsOfOneDiskMayOverlap) {
    for (WorldOptions options; options.seed <= 4; ++options.seed) {
        Scenario s = small_scenario();
        s.faults = {fault(FaultKind::kCrash, 12, 20, {1}), fault(FaultKind::kBitRot, 15, 10, {1}),
                    fault(FaultKind::kLostWrites, 10, 30, {1}),
                    fault(FaultKind::kFailedRead, 20, 30, {1}),
                    fault(FaultKind::kSilentRot, 14, 5, {1})};
        EXPECT_EQ(verdict(run(s, options)), "clean") << options.seed;
    }
}

TEST(World, ALostMessageIsSentAgainSoThatTheChainSurvivesTwentyPercentLoss) {
    Scenario s = small_scenario();
    s.network.loss_ppm = 200'000;
    const Outcome lossy = run(s);
    EXPECT_EQ(verdict(lossy), "clean");
    const auto resent = [](const Outcome& outcome) {
        return std::ranges::count_if(outcome.choices, [](const ChoiceAnswer& choice) {
            return choice.id.kind == ChoiceKind::kResendLoss;
        });
    };
    EXPECT_GT(resent(lossy), 100) << "some were lost twice";
    WorldOptions replayed;
    replayed.choices = &lossy.choices;
    EXPECT_EQ(run(s, replayed).digest, lossy.digest);
    s.network.resends = 0;
    const Outcome datagrams = run(s);
    EXPECT_EQ(resent(datagrams), 0);
    EXPECT_NE(datagrams.digest, lossy.digest);
}

TEST(World, ACorruptedMessageIsDroppedByItsReceiver) {
    Scenario s = small_scenario();
    s.network.loss_ppm = 0;
    const Outcome clean = run(s);
    s.network.corrupt_ppm = 1'000;
    const Outcome corrupted = run(s);
    EXPECT_EQ(verdict(corrupted), "clean");
    EXPECT_NE(corrupted.digest, clean.digest);
}

TEST(World, LinksHaveSettingsOfTheirOwn) {
    Scenario s = small_scenario();
    s.network.loss_ppm = 0;
    LinkRule lossy;
    lossy.to_validators = {4};
    lossy.from = {"validator"};
    lossy.loss_ppm = 1'000'000;
    s.network.resends = 0;
    s.links = {lossy};
    const Outcome outcome = run(s);
    std::set<std::uint32_t> senders;
    for (const ChoiceAnswer& choice : outcome.choices) senders.insert(choice.id.actor);
    EXPECT_EQ(senders, (std::set<std::uint32_t>{0, 1, 2, 3})) << "only messages to the fifth";
}

TEST(World, APartitionMayHaveThreeGroups) {
    Scenario s = small_scenario();
    s.faults = {fault(FaultKind::kPartition, 15, 40, {})};
    s.faults[0].groups = {{"0", "1"}, {"2", "3"}, {"honest provider"}};
    const auto played = play(s);
    EXPECT_EQ(blocks_between(*played, 25, 54), 0U) << "no side has a majority";
    const auto faults = played->rows.rows<FaultRow>();
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_THAT(faults[0].targets, HasSubstr("provider[1]"));
}

TEST(World, TheSwarmDrawsFaultsFromTheSeedAndItsRunsAreReplayed) {
    Scenario s = small_scenario();
    s.swarm.enabled = true;
    s.swarm.from_ns = 10 * kS;
    s.swarm.until_ns = 60 * kS;
    s.chain.consensus = ConsensusKind::kSequencer;
    std::set<std::string> kinds;
    for (WorldOptions options; options.seed <= 6; ++options.seed) {
        const auto played = play(s, options);
        for (const FaultRow& row : played->rows.rows<FaultRow>()) kinds.insert(row.kind);
        WorldOptions replayed;
        replayed.seed = options.seed;
        replayed.choices = &played->outcome.choices;
        EXPECT_EQ(run(s, replayed).digest, played->outcome.digest) << options.seed;
        EXPECT_GE(played->outcome.virtual_time, SimTime(10 * kS));
    }
    EXPECT_GT(kinds.size(), kFaultKinds / 2);
}

TEST(World, WorkThatCannotBeDoneInTimeIsAViolationOfL1) {
    Scenario s = small_scenario();
    s.run.max_time_ns = 15 * kS;
    const Outcome outcome = run(s);
    ASSERT_EQ(outcome.violations.size(), 1U);
    EXPECT_EQ(outcome.violations[0].invariant, "L1");
    EXPECT_TRUE(outcome.violations[0].liveness);
    EXPECT_EQ(outcome.status, RunStatus::kViolated);
    s.expected_violations = {"L1"};
    EXPECT_TRUE(run(s).clean());
    s.expected_violations = {"L1", "E3"};
    EXPECT_EQ(run(s).missing_violations, std::vector<std::string>{"E3"});
}

// How often the invariant compared something.
std::uint64_t checks_of(const Outcome& outcome, std::string_view invariant) {
    const auto found = std::ranges::find(outcome.invariants, invariant);
    if (found == outcome.invariants.end()) return 0;
    return outcome.checks_of.at(static_cast<std::size_t>(found - outcome.invariants.begin()));
}

TEST(World, QueuesAreWatchedInBothFidelities) {
    for (const Fidelity fidelity : {Fidelity::kFull, Fidelity::kEconomic}) {
        Scenario s = small_scenario();
        s.run.fidelity = fidelity;
        const Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean") << word(fidelity);
        EXPECT_GT(checks_of(outcome, "E8b"), 0U) << word(fidelity);
        EXPECT_GT(checks_of(outcome, "L4"), 0U) << word(fidelity);
    }
}

TEST(World, AQueueWithoutRoomForAllChallengersViolatesE8bInBothFidelities) {
    for (const Fidelity fidelity : {Fidelity::kFull, Fidelity::kEconomic}) {
        Scenario s = small_scenario();
        s.run.fidelity = fidelity;
        s.chain.mempool_limit = 5;
        s.actors.back().count = 6;
        const Outcome outcome = run(s);
        ASSERT_FALSE(outcome.violations.empty()) << word(fidelity);
        EXPECT_EQ(outcome.violations[0].invariant, "E8b") << verdict(outcome);
    }
}

TEST(World, ProgressIsReportedEveryTenVirtualSecondsAndMayInterrupt) {
    std::vector<SimTime> reported;
    WorldOptions options;
    options.progress = [&](SimTime now, std::uint64_t) {
        reported.push_back(now);
        return reported.size() < 3;
    };
    const Outcome outcome = run(small_scenario(), options);
    EXPECT_EQ(reported, (std::vector<SimTime>{10 * kSecond, 20 * kSecond, 30 * kSecond}));
    EXPECT_EQ(outcome.status, RunStatus::kInterrupted);
}

}  // namespace
}  // namespace aivm::sim::test
