// Byzantine faults in worlds: a validator deviates while one is in force, counts as deviating for
// the whole run, and the network goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/engine/choice_sources.h"
#include "sim/faults/swarm.h"
#include "sim/testing/test_world.h"

namespace aivm::sim::test {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kS = 1'000'000'000;

// Sends nothing, and counts what it would send.
class Mute final : public ValidatorStrategy {
public:
    explicit Mute(std::uint64_t& kept) : kept_(kept) {}
    bool includes(const SignedOperation&) override { return true; }
    void sends(ActorId, Outgoing& outgoing) override {
        ++kept_;
        outgoing.drop = true;
    }

private:
    std::uint64_t& kept_;
};

// Signs two of everything.
class Double final : public ValidatorStrategy {
public:
    bool includes(const SignedOperation&) override { return true; }
    bool builds_twice() override { return true; }
    bool votes_twice() override { return true; }
    bool reports_equivocation() override { return false; }
};

// Sends beside each block one with another state root.
class Forger final : public ValidatorStrategy {
public:
    bool includes(const SignedOperation&) override { return true; }
    bool reports_equivocation() override { return false; }
    std::optional<ForgedBlock> forges(const OwnBlock& own) override {
        const auto all = block_mutations();
        const auto root = std::ranges::find(all, "another_state_root", &BlockMutation::name);
        return ForgedBlock{root->apply(own), root->name, root->refused_with};
    }
};

// The strategies of the other tests, and those that deviate: an equivocator signs two of
// everything, a forger forges, all others are mute.
class WithDeviations final : public StrategyFactory {
public:
    Result<std::unique_ptr<ProviderStrategy>> provider(
        const ActorGroup& group, const StrategyContext& context) const override {
        return kSmallStrategies.provider(group, context);
    }
    Result<std::unique_ptr<ChallengerStrategy>> challenger(
        const ActorGroup& group, const StrategyContext& context) const override {
        return kSmallStrategies.challenger(group, context);
    }
    Result<std::unique_ptr<RequesterStrategy>> requester(
        const ActorGroup& group, const StrategyContext& context) const override {
        return kSmallStrategies.requester(group, context);
    }
    Result<std::unique_ptr<ValidatorStrategy>> validator(
        const ActorGroup& group, const StrategyContext& context) const override {
        if (group.strategy == "honest") return kSmallStrategies.validator(group, context);
        if (group.strategy == "nobody") return fail(ErrorCode::kConfig, "no such validator");
        if (group.strategy == "equivocator") return std::make_unique<Double>();
        if (group.strategy == "forger") return std::make_unique<Forger>();
        return std::make_unique<Mute>(kept);
    }
    bool is_honest(const ActorGroup& group) const override { return group.strategy == "honest"; }

    mutable std::uint64_t kept = 0;  // messages that mute validators did not send
};

FaultPlan byzantine(std::string strategy, std::uint64_t at_s, std::uint64_t seconds,
                    std::vector<std::uint32_t> validators) {
    FaultPlan plan;
    plan.kind = FaultKind::kByzantine;
    plan.strategy = std::move(strategy);
    plan.at_ns = at_s * kS;
    plan.duration_ns = seconds * kS;
    plan.validators = std::move(validators);
    return plan;
}

struct Watched {
    std::unique_ptr<Played> played = std::make_unique<Played>();
    std::vector<std::uint64_t> kept;  // after every ten virtual seconds
};

Watched watch(const Scenario& scenario, std::uint64_t seed = 1, const ChoiceList* choices = nullptr,
              const decltype(WorldOptions::execute)& execute = {}) {
    WithDeviations strategies;
    Watched out;
    Setting setting = setting_of(scenario);
    setting.strategies = &strategies;
    WorldOptions options;
    options.seed = seed;
    options.choices = choices;
    options.execute = execute;
    options.progress = [&](SimTime, std::uint64_t) {
        out.kept.push_back(strategies.kept);
        return true;
    };
    auto world = World::make(setting, options);
    if (!world) {
        ADD_FAILURE() << world.error().text();
        return out;
    }
    out.played->outcome = (*world)->run();
    (*world)->write_results(out.played->rows, 0, out.played->outcome);
    return out;
}

TEST(Byzantine, AValidatorDeviatesWhileTheFaultIsInForceAndTheNetworkGoesOn) {
    for (const ConsensusKind consensus : {ConsensusKind::kSnowman, ConsensusKind::kBft,
                                          ConsensusKind::kHotstuff, ConsensusKind::kAvalanche}) {
        Scenario s = small_scenario();
        s.chain.consensus = consensus;
        s.faults = {byzantine("mute", 20, 20, {4})};
        const Watched run = watch(s);
        EXPECT_EQ(verdict(run.played->outcome), "clean") << word(consensus);
        EXPECT_EQ(figure(run.played->outcome, "tasks"), 20) << word(consensus);
        ASSERT_GT(run.kept.size(), 4U);
        EXPECT_EQ(run.kept[1], 0U) << word(consensus) << ": before the fault";
        EXPECT_GT(run.kept[2], 0U) << word(consensus);
        EXPECT_GT(run.kept[3], run.kept[2]) << word(consensus);
        EXPECT_EQ(run.kept.back(), run.kept[3]) << word(consensus) << ": after the fault";
    }
}

TEST(Byzantine, ACrashDoesNotEndTheDeviation) {
    Scenario s = small_scenario();
    FaultPlan crash = byzantine("", 25, 5, {4});
    crash.kind = FaultKind::kCrash;
    s.faults = {byzantine("mute", 20, 60, {4}), crash};
    const Watched run = watch(s);
    EXPECT_EQ(verdict(run.played->outcome), "clean");
    ASSERT_GT(run.kept.size(), 7U);
    EXPECT_GT(run.kept[6], run.kept[3]) << "it has restarted, and sends nothing still";
    EXPECT_EQ(run.kept.back(), run.kept[7]);
}

TEST(Byzantine, AStakeThatIsTakenForADeviationIsNotTakenFromTheInnocent) {
    for (const ConsensusKind consensus : {ConsensusKind::kSnowman, ConsensusKind::kBft}) {
        Scenario s = small_scenario();
        s.chain.consensus = consensus;
        s.faults = {byzantine("equivocator", 5, 60, {3})};
        const Outcome outcome = watch(s).played->outcome;
        EXPECT_EQ(verdict(outcome), "clean") << word(consensus);
        EXPECT_GT(figure(outcome, "slash_taken"), 1'000'000'000'000) << word(consensus);
        EXPECT_EQ(figure(outcome, "honest_false_slash"), 0) << word(consensus);
    }
}

// With a node that says the wrong thing of a root in the second run.
TEST(Byzantine, AForgedBlockIsAnsweredByEachHonestNodeAsItDeserves) {
    Scenario s = small_scenario();
    s.faults = {byzantine("forger", 5, 60, {3})};
    const Outcome right = watch(s).played->outcome;
    EXPECT_EQ(verdict(right), "clean");
    const auto s27 = std::ranges::find(right.invariants, "S27") - right.invariants.begin();
    EXPECT_GT(right.checks_of.at(static_cast<std::size_t>(s27)), 0U);
    const auto wrong = [](const State& parent, const BlockPtr& block,
                          const Rules& rules) -> Result<ExecutedPtr> {
        auto executed = execute_block(parent, block, rules);
        if (!executed && executed.error().code == ErrorCode::kBadRoot)
            return fail(ErrorCode::kBadNonce, "planted");
        return executed;
    };
    const Outcome outcome = watch(s, 1, nullptr, wrong).played->outcome;
    ASSERT_FALSE(outcome.violations.empty());
    EXPECT_EQ(outcome.violations[0].invariant, "S27");
    EXPECT_THAT(outcome.violations[0].message, HasSubstr("(another_state_root) of validator[3]"));
}

TEST(Byzantine, TheRecoveryLimitCountsTheRoundsOfThoseThatDeviated) {
    const auto limit = [](std::vector<std::uint32_t> validators) {
        Scenario s = small_scenario();
        s.chain.consensus = ConsensusKind::kBft;
        s.chain.validators = 7;
        FaultPlan pause = byzantine("", 20, 20, {0});
        pause.kind = FaultKind::kPause;
        s.faults = {pause};
        if (!validators.empty()) s.faults.push_back(byzantine("mute", 20, 20, validators));
        return watch(s).played->outcome.recovery_limit.value_or(0);
    };
    const SimTime honest = limit({});
    EXPECT_GT(honest, 0);
    EXPECT_GT(limit({5}), honest);
    EXPECT_EQ(limit({5, 6}) - limit({5}), limit({5}) - honest) << "one more round each";
}

TEST(Byzantine, DrawnFaultsAreReplayedAndAreTheSameWhenTheyAreScheduled) {
    Scenario s = small_scenario();
    s.chain.consensus = ConsensusKind::kBft;
    s.chain.validators = 7;
    s.swarm.enabled = true;
    s.swarm.kinds = {"byzantine"};
    s.swarm.presence_ppm = kPpm;
    s.swarm.from_ns = 10 * kS;
    s.swarm.until_ns = 60 * kS;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const Outcome drawn = watch(s, seed).played->outcome;
        EXPECT_EQ(verdict(drawn), "clean") << seed;
        EXPECT_EQ(watch(s, seed, &drawn.choices).played->outcome.digest, drawn.digest) << seed;
        ReplayChoices answers(drawn.choices);
        Scenario scheduled = s;
        scheduled.faults = draw_faults(s, setting_of(s).stakes, answers);
        scheduled.swarm = {};
        ASSERT_FALSE(scheduled.faults.empty()) << seed;
        EXPECT_EQ(watch(scheduled, seed).played->outcome.digest, drawn.digest) << seed;
    }
}

TEST(Byzantine, AFaultRecordsItsTargetsAndAnUnknownStrategyIsAnError) {
    Scenario s = small_scenario();
    s.faults = {byzantine("mute", 20, 20, {2})};
    const auto rows = watch(s).played->rows.rows<FaultRow>();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].kind, "byzantine");
    EXPECT_EQ(rows[0].targets, "validator[2]");
    s.faults[0].strategy = "nobody";
    const WithDeviations strategies;
    Setting setting = setting_of(s);
    setting.strategies = &strategies;
    const auto world = World::make(setting, {});
    ASSERT_FALSE(world);
    EXPECT_THAT(world.error().text(), HasSubstr("no such validator"));
}

}  // namespace
}  // namespace aivm::sim::test
