// What a whole run says about its own correctness: executions that were really made separately, the
// replay at its end, recovery from faults, and its budgets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "sim/testing/test_world.h"

namespace aivm::sim::test {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kSecondNs = 1'000'000'000;

FaultPlan plan_of(FaultKind kind, std::uint64_t at_s, std::uint64_t seconds,
                  std::vector<std::uint32_t> validators) {
    FaultPlan plan;
    plan.kind = kind;
    plan.at_ns = at_s * kSecondNs;
    plan.duration_ns = seconds * kSecondNs;
    plan.validators = std::move(validators);
    return plan;
}

Outcome outcome_of(const Scenario& scenario, const WorldOptions& options = {}) {
    return play(scenario, options)->outcome;
}

// Without the accounting, which does not survive every planted error.
Outcome outcome_without_rows(const Scenario& scenario, const WorldOptions& options) {
    const auto world = World::make(setting_of(scenario), options);
    EXPECT_TRUE(world);
    return (*world)->run();
}

std::uint64_t comparisons_of(const Outcome& outcome, std::string_view invariant) {
    const auto found = std::ranges::find(outcome.invariants, invariant);
    EXPECT_NE(found, outcome.invariants.end()) << invariant;
    return outcome.checks_of.at(static_cast<std::size_t>(found - outcome.invariants.begin()));
}

// --- Separate executions, without --paranoid ---

// An error in the execution of a block, made in one execution of many.
struct StateBug {
    const char* name;
    std::function<Result<ExecutedPtr>(const ExecutedPtr&)> plant;
};

ExecutedPtr changed(const ExecutedPtr& right, const std::function<void(Executed&)>& change) {
    auto out = std::make_shared<Executed>(*right);
    change(*out);
    return out;
}

const StateBug kStateBugs[] = {
    {"AnotherRoot",
     [](const ExecutedPtr& right) -> Result<ExecutedPtr> {
         return changed(right, [](Executed& e) { e.state.state_root.bytes[0] ^= 1; });
     }},
    {"ARecordThatOnlyMemoryHas",
     [](const ExecutedPtr& right) -> Result<ExecutedPtr> {
         return changed(right, [](Executed& e) { e.state.validators.edit(0).stake += lux(1); });
     }},
    {"ATotalThatOnlyMemoryHas",
     [](const ExecutedPtr& right) -> Result<ExecutedPtr> {
         return changed(right, [](Executed& e) { e.state.head.totals.tasks_completed += 1; });
     }},
    {"AnotherRecordOnDisk",
     [](const ExecutedPtr& right) -> Result<ExecutedPtr> {
         return changed(right, [](Executed& e) {
             WriteBatch batch = *e.batch;
             batch.put(Bytes{0xFF, 0x01}, Bytes{0x01});
             e.batch = std::make_shared<const WriteBatch>(std::move(batch));
         });
     }},
    {"AnEventTooFew",
     [](const ExecutedPtr& right) -> Result<ExecutedPtr> {
         return changed(right, [](Executed& e) {
             if (!e.events.empty()) e.events.pop_back();
         });
     }},
    {"ARefusal",
     [](const ExecutedPtr&) -> Result<ExecutedPtr> {
         return fail(ErrorCode::kBadRoot, "planted");
     }},
};

TEST(World, AmountsThatDoNotAddUpViolateE1InsteadOfEndingTheProgram) {
    WorldOptions options;
    std::uint64_t calls = 0;
    options.execute = [&](const State& parent, const BlockPtr& block,
                          const Rules& rules) -> Result<ExecutedPtr> {
        if (++calls > 20) static_cast<void>(Amount(1) - Amount(2));
        return execute_block(parent, block, rules);
    };
    const Outcome outcome = outcome_without_rows(small_scenario(), options);
    ASSERT_EQ(outcome.violations.size(), 1U);
    EXPECT_EQ(outcome.violations[0].invariant, "E1");
    EXPECT_THAT(outcome.violations[0].message, HasSubstr("core/base/amount.h"));
}

TEST(World, AnotherFailedCheckIsNoViolation) {
    WorldOptions options;
    options.execute = [](const State&, const BlockPtr&, const Rules&) -> Result<ExecutedPtr> {
        AIVM_UNREACHABLE("planted");
    };
    const auto world = World::make(setting_of(small_scenario()), options);
    ASSERT_TRUE(world);
    EXPECT_THROW((*world)->run(), CheckFailure);
}

class PlantedStateBug : public ::testing::TestWithParam<StateBug> {};

TEST_P(PlantedStateBug, InOneOfTheExecutionsIsFoundWithoutParanoia) {
    // Of the sharing nodes, and of the other one; not in block 16, which R1 would judge first.
    for (const std::uint64_t first : {14U, 15U}) {
        std::uint64_t calls = 0;
        WorldOptions options;
        options.execute = [&](const State& parent, const BlockPtr& block,
                              const Rules& rules) -> Result<ExecutedPtr> {
            Result<ExecutedPtr> right = execute_block(parent, block, rules);
            if (++calls < first || calls % 2 != first % 2 || !right) return right;
            return GetParam().plant(*right);
        };
        const Outcome outcome = outcome_without_rows(small_scenario(), options);
        EXPECT_FALSE(outcome.clean()) << first;
        ASSERT_FALSE(outcome.violations.empty()) << first;
        EXPECT_THAT((std::set<std::string>{"S14", "S15", "S17"}),
                    ::testing::Contains(outcome.violations[0].invariant))
            << outcome.violations[0].message;
    }
}

INSTANTIATE_TEST_SUITE_P(World, PlantedStateBug, ::testing::ValuesIn(kStateBugs),
                         [](const auto& bug) { return std::string(bug.param.name); });

TEST(SeparateExecution, IsComparedForEveryBlockAndChangesNothing) {
    Scenario s = small_scenario();
    const Outcome one = outcome_of(s);
    EXPECT_EQ(verdict(one), "clean");
    EXPECT_GE(comparisons_of(one, "S14"), 3 * one.blocks);
    s.run.alone_one_in = 1;
    const Outcome all = outcome_of(s);
    EXPECT_EQ(verdict(all), "clean");
    EXPECT_EQ(all.digest, one.digest);
    EXPECT_GT(comparisons_of(all, "S14"), comparisons_of(one, "S14"));
}

TEST(KernelCalls, ThatAreComparedCountForBothInvariantsOfKernels) {
    const Outcome outcome = outcome_of(small_scenario());
    EXPECT_GT(comparisons_of(outcome, "K1"), 0U);
    EXPECT_GT(comparisons_of(outcome, "K2"), 0U) << "the borders of each call are looked at";
}

// --- The replay at the end of a run ---

TEST(SoloReplay, ExecutesEveryAcceptedBlockOnceMoreUnlessItIsSwitchedOff) {
    Scenario s = small_scenario();
    const Outcome with = outcome_of(s);
    s.run.solo_replay = false;
    const Outcome without = outcome_of(s);
    EXPECT_EQ(with.digest, without.digest);
    EXPECT_EQ(comparisons_of(with, "S14"), comparisons_of(without, "S14") + with.blocks);
}

TEST(SoloReplay, ExecutesWhatSharesNothingInReversedOrder) {
    Scenario s = small_scenario();
    const Outcome with = outcome_of(s);
    s.run.solo_replay = false;
    EXPECT_GT(comparisons_of(with, "R3"), 0U) << "requesters, providers and challengers";
    EXPECT_EQ(comparisons_of(outcome_of(s), "R3"), 0U);
}

// The accepted block is on the disk, and the node stopped before it could say so.
TEST(RestartedNodes, MayHaveAcceptedMoreThanAnybodyHeard) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        Scenario s = small_scenario();
        s.chain.consensus = ConsensusKind::kSequencer;
        s.chain.finality_delay_ns = 3'500'000'000;
        s.faults = {plan_of(FaultKind::kTornWrite, 23, 2, {0})};
        WorldOptions options;
        options.seed = seed;
        EXPECT_EQ(verdict(outcome_of(s, options)), "clean") << seed;
    }
}

// All executions of the run add the same stake to a validator in memory, under the right root; the
// replay does not.
TEST(SoloReplay, FindsARunWhoseNodesAllAgreeOnAWrongState) {
    std::set<Height> last_seen;
    Scenario s = small_scenario();
    const Height blocks = outcome_of(s).blocks;
    s.expected_violations = {"E1", "E2", "R1"};  // which see the state before the replay does
    bool over = false;
    WorldOptions options;
    options.execute = [&](const State& parent, const BlockPtr& block,
                          const Rules& rules) -> Result<ExecutedPtr> {
        Result<ExecutedPtr> right = execute_block(parent, block, rules);
        over |= block->height() == 1 && !last_seen.empty() && *last_seen.rbegin() >= blocks;
        last_seen.insert(block->height());
        if (over || block->height() != blocks || !right) return right;
        return changed(*right, [](Executed& e) { e.state.validators.edit(0).stake += lux(1); });
    };
    const Outcome outcome = outcome_without_rows(s, options);
    const auto reported = [&](std::string_view invariant) {
        return std::ranges::find(outcome.violations, invariant, &Violation::invariant) !=
               outcome.violations.end();
    };
    EXPECT_TRUE(reported("S14"));
    EXPECT_TRUE(reported("E1")) << "the audit of the last state";
}

// --- Recovery ---

TEST(RecoveryOfARun, IsMeasuredAndWithinTheLimit) {
    Scenario s = small_scenario();
    s.faults = {plan_of(FaultKind::kPartition, 15, 40, {0, 1})};
    const auto played = play(s);
    EXPECT_EQ(verdict(played->outcome), "clean");
    ASSERT_TRUE(played->outcome.recovery_time.has_value());
    ASSERT_TRUE(played->outcome.recovery_limit.has_value());
    EXPECT_GT(*played->outcome.recovery_time, 0);
    EXPECT_LT(*played->outcome.recovery_time, *played->outcome.recovery_limit);
    EXPECT_DOUBLE_EQ(std::get<double>(played->outcome.metric("recovery_seconds")),
                     static_cast<double>(*played->outcome.recovery_time) / kSecondNs);
    EXPECT_GT(comparisons_of(played->outcome, "L3"), 0U);
    EXPECT_GT(comparisons_of(played->outcome, "L6"), 0U);
}

TEST(RecoveryOfARun, IsNoFigureOfARunWithoutFaults) {
    const Outcome outcome = outcome_of(small_scenario());
    EXPECT_FALSE(outcome.recovery_time.has_value());
    EXPECT_FALSE(outcome.recovery_limit.has_value());
    const auto row = std::ranges::find(outcome.metrics, "recovery_seconds", &MetricRow::name);
    ASSERT_NE(row, outcome.metrics.end());
    EXPECT_FALSE(row->value.has_value());
    EXPECT_EQ(row->n, 0U);
}

TEST(RecoveryOfARun, AQuietPeriodThatNoChainCanKeepEndsTheRun) {
    Scenario s = small_scenario();
    s.faults = {plan_of(FaultKind::kPartition, 15, 40, {0, 1})};
    const Outcome whole = outcome_of(s);
    s.run.quiet_period_ns = 1;
    const Outcome outcome = outcome_of(s);
    ASSERT_FALSE(outcome.violations.empty());
    EXPECT_TRUE(outcome.violations[0].liveness) << outcome.violations[0].message;
    EXPECT_EQ(outcome.virtual_time, 60 * kSecond) << "the first sample after the fault";
    EXPECT_LT(outcome.virtual_time, whole.virtual_time);
    s.run.quiet_period_ns = 365 * 24 * 3600 * kSecondNs;
    EXPECT_EQ(outcome_of(s).digest, whole.digest);
}

TEST(RecoveryOfARun, AMajorityThatNeverComesBackIsAViolationAtTheLimitAndNotAtTheEnd) {
    Scenario s = small_scenario();
    s.faults = {plan_of(FaultKind::kPartition, 15, 40, {0, 1, 2})};
    s.run.max_time_ns = 50 * kSecondNs;  // the fault is still in force
    const Outcome early = outcome_of(s);
    EXPECT_TRUE(early.violations.empty()) << verdict(early);
    EXPECT_EQ(early.status, RunStatus::kBudget);
    ASSERT_TRUE(early.budget_end.has_value());
    EXPECT_EQ(early.budget_end->budget, "run.max_time");
}

// With so few polls a side of four of nine validators finalises blocks. The others are apart, so
// that nobody contradicts it.
TEST(Minority, ThatFinalisesIsFoundWhicheverSideTheFaultNames) {
    Scenario s = small_scenario();
    s.chain.validators = 9;
    s.chain.k = 3;
    s.chain.alpha_preference = 2;
    s.chain.alpha_confidence = 2;
    s.chain.beta = 2;
    s.chain.concurrent_polls = 2;
    s.expected_violations = {"S1", "L6"};
    const std::vector<std::vector<std::string>> others{{"4"}, {"5"}, {"6"}, {"7"}, {"8"}};
    std::vector<std::vector<std::string>> all = others;
    all.push_back({"0", "1", "2", "3"});
    for (const auto& named : {all, others}) {
        s.faults = {plan_of(FaultKind::kPartition, 15, 60, {})};
        s.faults.front().groups = named;
        const Outcome outcome = outcome_of(s);
        const auto breach = std::ranges::find(outcome.violations, "L6", &Violation::invariant);
        ASSERT_NE(breach, outcome.violations.end()) << verdict(outcome);
        EXPECT_THAT(breach->message, HasSubstr("finalised a block by polls while cut off"));
        EXPECT_FALSE(breach->liveness);
    }
}

// --- Budgets ---

TEST(Budget, ARunThatEndsOnItsEventsSaysWhatFilledItsLastSecond) {
    Scenario s = small_scenario();
    s.run.max_events = 5000;
    const Outcome outcome = outcome_of(s);
    EXPECT_EQ(outcome.status, RunStatus::kBudget);
    EXPECT_EQ(outcome.events, 5000U);
    ASSERT_TRUE(outcome.budget_end.has_value());
    EXPECT_EQ(outcome.budget_end->budget, "run.max_events");
    ASSERT_FALSE(outcome.budget_end->kinds.empty());
    EXPECT_EQ(outcome.budget_end->kinds[0].name, "delivery");
    EXPECT_THAT(outcome.budget_end->text(), HasSubstr("validator["));
}

TEST(Budget, WallTimeAndMemoryEndARunAndReachNoResult) {
    Scenario s = small_scenario();
    const Outcome free = outcome_of(s);
    WorldOptions options;
    std::uint64_t clock = 0;
    options.wall_clock_ns = [&clock] { return clock += 1000; };
    options.memory_bytes = [] { return std::uint64_t{1'000'000}; };
    s.run.max_wall_time_ns = kSecondNs;
    s.run.max_memory_bytes = 2'000'000;
    EXPECT_EQ(outcome_of(s, options).digest, free.digest);
    s.workload.tasks = 400;
    s.run.max_memory_bytes = 1'000'000;
    EXPECT_EQ(outcome_of(s, options).budget_end.value().budget, "run.max_memory");
    s.run.max_memory_bytes = 0;
    s.run.max_wall_time_ns = 1500;
    EXPECT_EQ(outcome_of(s, options).budget_end.value().budget, "run.max_wall_time");
}

}  // namespace
}  // namespace aivm::sim::test
