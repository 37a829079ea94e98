// Accelerators with faults in whole runs, in both fidelities: what the honest strategy posts from
// them, and what the tolerance of re-execution makes of it.
#include <gtest/gtest.h>

#include "scenarios/run/run.h"
#include "sim/scenario/check_scenario.h"

namespace aivm::scenarios {
namespace {

using sim::Accumulation;
using sim::DeviceClass;
using sim::Fidelity;

sim::Scenario device_market(Fidelity fidelity) {
    sim::Scenario s;
    s.name = "devices";
    s.run.fidelity = fidelity;
    s.run.max_time_ns = 3'600'000'000'000;
    s.chain.consensus = sim::ConsensusKind::kSequencer;
    s.chain.validators = fidelity == Fidelity::kFull ? 3 : 1;
    s.network.latency = "lan";
    s.workload.tasks = 60;
    s.workload.tasks_per_block = 3;
    s.workload.feature_rows = 64;
    s.vm.config.challenge_window_blocks = 6;
    s.vm.config.max_tasks_per_provider = 100;
    s.vm.policy.result_bond = lux(10);
    sim::ActorGroup provider;
    provider.name = "provider";
    provider.count = 3;
    provider.stake = lux(20'000);
    provider.bond = lux(10'000);
    sim::ActorGroup challenger;
    challenger.name = "watcher";
    challenger.role = sim::Role::kChallenger;
    s.actors = {provider, challenger};
    return s;
}

sim::Outcome run_devices(const sim::Scenario& scenario) {
    for (const sim::ScenarioProblem& problem : sim::check_scenario(scenario))
        EXPECT_EQ(problem.kind, sim::ProblemKind::kNote) << problem.message;
    auto outcome = run_scenario(scenario, {});
    EXPECT_TRUE(outcome) << outcome.error().text();
    EXPECT_TRUE(outcome->clean());
    return *outcome;
}

std::int64_t metric_of(const sim::Outcome& outcome, std::string_view metric) {
    return std::get<std::int64_t>(outcome.metric(metric));
}
double mean_seconds(const sim::Outcome& outcome) {
    return std::get<double>(outcome.metric("ttf_mean"));
}

class Devices : public ::testing::TestWithParam<Fidelity> {};

TEST_P(Devices, NoiseIsSlashedWithoutAToleranceAndSparedWithin) {
    sim::Scenario s = device_market(GetParam());
    s.actors[0].accelerator = {.accumulation = Accumulation::kFp16,
                               .sum_order = sim::SumOrder::kShuffled};
    const sim::Outcome strict = run_devices(s);
    EXPECT_GT(metric_of(strict, "n_noise_posted"), 0);
    EXPECT_EQ(metric_of(strict, "n_honest_slashed"), metric_of(strict, "n_noise_posted"));
    EXPECT_EQ(metric_of(strict, "n_fraud_missed"), 0);
    s.vm.policy.answer_tolerance = 20;
    const sim::Outcome lenient = run_devices(s);
    EXPECT_GT(metric_of(lenient, "n_noise_posted"), 0);
    EXPECT_EQ(metric_of(lenient, "n_honest_slashed"), 0);
    EXPECT_EQ(metric_of(lenient, "n_fraud_missed"), metric_of(lenient, "n_noise_posted"))
        << "answers that are not exactly true became final";
    EXPECT_EQ(metric_of(lenient, "n_cheats_posted"), 0);
}

TEST_P(Devices, CheatsWithinTheToleranceAreMissedAndCounted) {
    sim::Scenario s = device_market(GetParam());
    s.actors[0].strategy = "noise_gamer";
    s.actors[0].parameters = {{"believed_check_ppm", 0}};
    s.workload.steps = 8;
    s.workload.step_cost = millilux(20);
    s.workload.check_time_ns = 20'000'000;  // one watcher checks the answers of three
    const sim::Outcome strict = run_devices(s);
    EXPECT_GT(metric_of(strict, "n_cheats_posted"), 0);
    EXPECT_EQ(metric_of(strict, "n_cheats_missed"), 0);
    EXPECT_EQ(metric_of(strict, "n_honest_slashed"), 0);
    s.vm.policy.answer_tolerance = 64;
    s.actors[0].parameters = {{"believed_check_ppm", 1'000'000}};
    const sim::Outcome lenient = run_devices(s);
    EXPECT_GT(metric_of(lenient, "n_cheats_missed"), 0);
}

TEST_P(Devices, AFlippingCheckerAccusesTheHonestAndPaysForIt) {
    sim::Scenario s = device_market(GetParam());
    s.actors[1].accelerator.bit_flips_ppm = 200'000;
    const sim::Outcome outcome = run_devices(s);
    EXPECT_EQ(metric_of(outcome, "n_noise_posted"), 0);
    EXPECT_EQ(metric_of(outcome, "n_honest_slashed"), 0);
    EXPECT_GT(metric_of(outcome, "grief_victim_loss"), 0) << "challengers that lost their bonds";
}

TEST_P(Devices, TheClassAndTheFaultsOfADeviceDecideItsTimes) {
    sim::Scenario s = device_market(GetParam());
    s.workload.step_operations = 20'000'000;
    s.actors[0].device = DeviceClass::kCpuScalar;
    const double scalar = mean_seconds(run_devices(s));
    s.actors[0].device = DeviceClass::kH100;
    const double gpu = mean_seconds(run_devices(s));
    EXPECT_GT(scalar, gpu + 10) << "26 s a task against 0.2 s";
    s.actors[0].accelerator = {.resets_ppm = 500'000, .reset_time_ns = 60'000'000'000};
    EXPECT_GT(mean_seconds(run_devices(s)), gpu + 10);
    s.actors[0].accelerator = {};
    s.actors[0].device = DeviceClass::kCpuScalar;
    s.actors[0].accelerator = {.throttling_ppm = 1'000'000, .throttled_speed_ppm = 500'000};
    EXPECT_GT(mean_seconds(run_devices(s)), scalar + 10);
}

TEST_P(Devices, BatchesShareTheCostOfACall) {
    sim::Scenario s = device_market(GetParam());
    s.workload.tasks_per_block = 30;
    s.workload.step_operations = 1;
    s.actors[0].device = DeviceClass::kH100;
    s.actors[0].speed_ppm = 10;  // a call of one task takes 4 s
    s.actors[0].count = 1;
    const double alone = mean_seconds(run_devices(s));
    s.actors[0].batch = 30;
    EXPECT_LT(mean_seconds(run_devices(s)), alone);
}

TEST_P(Devices, AStaleModelIsAnotherModel) {
    sim::Scenario s = device_market(GetParam());
    s.actors[0].accelerator.stale_weights_ppm = 500'000;
    EXPECT_GT(metric_of(run_devices(s), "n_honest_slashed"), 0);
}

INSTANTIATE_TEST_SUITE_P(Fidelity, Devices, ::testing::Values(Fidelity::kFull, Fidelity::kEconomic),
                         [](const auto& one) { return std::string(word(one.param)); });

// The keys named by the problem that keeps the changed scenario from running.
template <class Change>
std::string refused_key(Change&& change) {
    sim::Scenario s = device_market(Fidelity::kEconomic);
    change(s);
    for (const sim::ScenarioProblem& problem : sim::check_scenario(s))
        if (problem.kind != sim::ProblemKind::kNote) return problem.keys.front();
    return "";
}

TEST(DeviceKeys, WhatHasNoEffectOrNoMeaningIsRefused) {
    EXPECT_EQ(refused_key([](sim::Scenario&) {}), "");
    EXPECT_EQ(refused_key([](sim::Scenario& s) { s.actors[0].batch = 2; }),
              "provider.provider.batch");
    EXPECT_EQ(refused_key([](sim::Scenario& s) {
                  s.actors[1].device = DeviceClass::kH100;
                  s.actors[1].batch = 2;
              }),
              "challenger.watcher.batch");
    EXPECT_EQ(refused_key([](sim::Scenario& s) {
                  s.actors[0].accelerator.sum_order = sim::SumOrder::kPairwise;
              }),
              "provider.provider.sum_order");
    EXPECT_EQ(refused_key([](sim::Scenario& s) {
                  s.actors[1].role = sim::Role::kRequester;
                  s.actors[1].accelerator.bit_flips_ppm = 1;
              }),
              "requester.watcher.device");
    EXPECT_EQ(refused_key([](sim::Scenario& s) {
                  s.vm.policy.answer_tolerance = 1;
                  s.vm.policy.dispute_game = DisputeGame::kBisection;
              }),
              "vm.answer_tolerance");
    EXPECT_EQ(refused_key([](sim::Scenario& s) {
                  s.vm.policy.answer_tolerance = 1;
                  s.workload.steps = 65;
              }),
              "tasks.steps");
}

}  // namespace
}  // namespace aivm::scenarios
