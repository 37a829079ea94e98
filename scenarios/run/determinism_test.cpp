#include "scenarios/run/determinism.h"

#include <gtest/gtest.h>

#include <atomic>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/run/setting.h"

namespace aivm::scenarios {
namespace {

sim::Scenario small_scenario() {
    sim::Scenario scenario;
    scenario.name = "small";
    scenario.chain.validators = 5;
    scenario.chain.k = 8;
    scenario.chain.alpha_preference = 5;
    scenario.chain.alpha_confidence = 6;
    scenario.chain.beta = 12;
    scenario.network.latency = "lan";
    scenario.network.loss_ppm = 10'000;
    scenario.workload.tasks = 12;
    scenario.workload.tasks_per_block = 2;
    scenario.workload.requesters = 1;
    sim::ActorGroup providers;
    providers.role = sim::Role::kProvider;
    providers.name = "workers";
    providers.count = 3;
    sim::ActorGroup challengers;
    challengers.role = sim::Role::kChallenger;
    challengers.name = "watchers";
    scenario.actors = {providers, challengers};
    return scenario;
}

// A provider that sometimes stays silent, by a counter that outlives the run, as a forgotten global
// variable would.
class LeakyProvider final : public sim::ProviderStrategy {
public:
    using Silent = bool (*)(std::uint32_t answers_given);

    LeakyProvider(std::unique_ptr<sim::ProviderStrategy> inner,
                  std::atomic<std::uint32_t>& answers_given, Silent silent)
        : inner_(std::move(inner)), answers_given_(answers_given), silent_(silent) {}
    std::uint32_t steps_to_compute(const sim::TaskView& view) override {
        return inner_->steps_to_compute(view);
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        return silent_(answers_given_++) ? std::nullopt : inner_->answer(view);
    }

private:
    std::unique_ptr<sim::ProviderStrategy> inner_;
    std::atomic<std::uint32_t>& answers_given_;
    Silent silent_;
};

class LeakyFactory final : public sim::StrategyFactory {
public:
    explicit LeakyFactory(LeakyProvider::Silent silent) : silent_(silent) {}

    Result<std::unique_ptr<sim::ProviderStrategy>> provider(
        const sim::ActorGroup& group, const sim::StrategyContext& part) const override {
        AIVM_ASSIGN(auto inner, table_.provider(group, part));
        return std::make_unique<LeakyProvider>(std::move(inner), answers_given_, silent_);
    }
    Result<std::unique_ptr<sim::ChallengerStrategy>> challenger(
        const sim::ActorGroup& group, const sim::StrategyContext& part) const override {
        return table_.challenger(group, part);
    }
    Result<std::unique_ptr<sim::RequesterStrategy>> requester(
        const sim::ActorGroup& group, const sim::StrategyContext& part) const override {
        return table_.requester(group, part);
    }
    Result<std::unique_ptr<sim::ValidatorStrategy>> validator(
        const sim::ActorGroup& group, const sim::StrategyContext& part) const override {
        return table_.validator(group, part);
    }
    bool is_honest(const sim::ActorGroup& group) const override { return table_.is_honest(group); }

private:
    StrategyTable table_;
    mutable std::atomic<std::uint32_t> answers_given_{0};
    LeakyProvider::Silent silent_;
};

sim::Setting setting_of(const sim::Scenario& scenario) {
    auto setting = make_setting(scenario);
    EXPECT_TRUE(setting) << setting.error().text();
    return std::move(*setting);
}

DeterminismReport verified(const sim::Setting& setting, const DeterminismOptions& options = {}) {
    sim::NullSink nowhere;
    auto report = verify_determinism(setting, options, nowhere);
    EXPECT_TRUE(report) << report.error().text();
    return std::move(*report);
}

TEST(Determinism, TwoRunsOfASoundSettingAreOneHistory) {
    sim::VectorSink rows;
    const auto report = verify_determinism(setting_of(small_scenario()), {}, rows);
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_TRUE(report->same());
    EXPECT_FALSE(report->difference);
    EXPECT_TRUE(report->first.clean());
    EXPECT_EQ(rows.rows<sim::TaskRow>().size(), 12u);
}

TEST(Determinism, RunsSideBySideOnTwoThreadsAreTheHistoryOfOneAlone) {
    const auto setting = setting_of(small_scenario());
    DeterminismOptions two_threads;
    two_threads.side_by_side = true;
    const auto report = verified(setting, two_threads);
    EXPECT_TRUE(report.same());
    EXPECT_EQ(report.first.digest, verified(setting).first.digest);
}

TEST(Determinism, AGlobalCounterInAStrategyIsCaughtAndTheFirstEventThatDiffersIsNamed) {
    const LeakyFactory leaky([](std::uint32_t answers_given) { return answers_given % 11 == 5; });
    auto setting = setting_of(small_scenario());
    setting.strategies = &leaky;
    const auto report = verified(setting);
    ASSERT_FALSE(report.same());
    ASSERT_TRUE(report.difference);
    ASSERT_TRUE(report.difference->position);
    EXPECT_GE(*report.difference->position, report.difference->interval.first);
    EXPECT_LT(*report.difference->position, report.difference->interval.last);
    ASSERT_TRUE(report.difference->first && report.difference->second);
    EXPECT_NE(report.difference->first->record, report.difference->second->record);
    EXPECT_FALSE(report.difference->first->kind.empty());
}

TEST(Determinism, ADifferenceThatDoesNotHappenAgainIsStillReportedWithItsInterval) {
    const LeakyFactory leaky([](std::uint32_t answers_given) { return answers_given == 5; });
    auto setting = setting_of(small_scenario());
    setting.strategies = &leaky;
    const auto report = verified(setting);
    ASSERT_FALSE(report.same());
    ASSERT_TRUE(report.difference);
    EXPECT_FALSE(report.difference->position);
    EXPECT_LT(report.difference->interval.first, report.difference->interval.last);
}

TEST(Determinism, AnInterruptionEndsTheComparison) {
    DeterminismOptions options;
    options.progress = [](sim::SimTime, std::uint64_t) { return false; };
    const auto report = verified(setting_of(small_scenario()), options);
    EXPECT_EQ(report.first.status, sim::RunStatus::kInterrupted);
    EXPECT_FALSE(report.difference);
}

}  // namespace
}  // namespace aivm::scenarios
