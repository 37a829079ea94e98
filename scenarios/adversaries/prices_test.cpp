// What it costs to take the places of others for nothing useful, and that others are still served:
// the queue of tasks (A42), slots of the kernel's tables (A42), bonds of providers (A32), in both
// fidelities.
#include <algorithm>
#include <functional>

#include "scenarios/run/setting.h"
#include "scenarios/testing/test_small.h"
#include "sim/world/probe.h"
#include "sim/world/world.h"

namespace aivm::scenarios {
namespace {

class OnEveryBlock final : public sim::Probe {
public:
    explicit OnEveryBlock(std::function<void(const Executed&)> call) : call_(std::move(call)) {}
    void on_block(const Executed& block, sim::SimTime) override { call_(block); }

private:
    std::function<void(const Executed&)> call_;
};

// The run's rows are in `rows`; `on_block` sees every block.
sim::Outcome run_seen(const sim::Scenario& scenario, sim::VectorSink& rows,
                      std::function<void(const Executed&)> on_block) {
    auto setting = make_setting(scenario, nullptr);
    if (!setting) throw std::runtime_error(setting.error().text());
    OnEveryBlock probe(std::move(on_block));
    sim::WorldOptions options;
    options.probe = &probe;
    auto world = sim::World::make(*setting, options);
    if (!world) throw std::runtime_error(world.error().text());
    sim::Outcome outcome = (*world)->run();
    (*world)->write_results(rows, 0, outcome);
    return outcome;
}

sim::ActorGroup named(std::string name, sim::ActorGroup group, Amount stake,
                      std::string principal = "") {
    group.name = std::move(name);
    group.stake = stake;
    group.principal = std::move(principal);
    return group;
}

class Prices : public ::testing::TestWithParam<sim::Fidelity> {
protected:
    // Ten seats of a provider, for a window of 30 blocks.
    static sim::Scenario scenario() {
        sim::Scenario s = small();
        s.run.fidelity = GetParam();
        s.network.loss_ppm = 0;
        s.vm.config.challenge_window_blocks = 30;
        s.vm.config.max_tasks_per_provider = 10;
        return s;
    }
};
INSTANTIATE_TEST_SUITE_P(Fidelities, Prices,
                         ::testing::Values(sim::Fidelity::kFull, sim::Fidelity::kEconomic),
                         [](const auto& one) {
                             return one.param == sim::Fidelity::kFull ? "Full" : "Economic";
                         });

// --- A42 queue_holder ---

// A queue for 64 tasks, and customers who offer 1 LUX.
sim::Scenario held(sim::Scenario s, std::int64_t offers) {
    s.workload.tasks = 60;
    s.workload.tasks_per_block = 2;
    s.workload.feature_rows = 16;
    s.vm.config.max_task_queue_size = 64;
    const std::map<std::string, std::int64_t> parameters{
        {"hold", 64}, {"per_block", 4}, {"offers", offers}};
    s.actors = {
        named("honest", group("provider", 3), lux(5000)),
        named("idle", group("provider", 1, "queue_holder", parameters), lux(1100), "holder"),
        named("watcher", group("challenger", 1), lux(5000)),
        named("customers", group("requester", 1), lux(1000)),
        named("queue", group("requester", 1, "queue_holder", parameters), lux(3000), "holder")};
    return s;
}

std::size_t tasks_of(const State& state, std::string_view job_prefix) {
    std::size_t out = 0;
    state.tasks.for_each([&](std::size_t, const Task& task) {
        out += task.job_id.starts_with(job_prefix) ? 1U : 0U;
    });
    return out;
}

// F4: the queue was held full for 0 LUX.
TEST_P(Prices, F4HoldingTheQueueBurnsATenthAndOthersAreServedAllTheSame) {
    std::uint32_t waiting_max = 0;
    sim::VectorSink rows;
    const sim::Outcome outcome = run_seen(held(scenario(), 1), rows, [&](const Executed& block) {
        waiting_max = std::max(waiting_max, block.state.waiting_tasks);
    });
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GE(waiting_max, 60U);
    // A tenth of 4,096 x 64 / 1,000 LUX of fees, the first time alone.
    EXPECT_LT(count(outcome, "attacker_net"), -26 * kLux);
    EXPECT_EQ(count(outcome, "honest_false_slash"), 0);
    std::uint64_t served = 0;
    for (const sim::TaskRow& task : rows.rows<sim::TaskRow>()) {
        if (task.fee == lux(1) && task.outcome == sim::TaskOutcome::kFinalOk) ++served;
    }
    EXPECT_GE(served, 30U) << "the customers' share of the tasks";
}

TEST_P(Prices, F4WithoutAProviderNoTaskIsAccepted) {
    sim::Scenario s = held(scenario(), 0);
    std::size_t accepted = 0;
    std::size_t accepted_of_others = 0;
    sim::VectorSink rows;
    const sim::Outcome outcome = run_seen(s, rows, [&](const Executed& block) {
        accepted = tasks_of(block.state, "job-1");
        accepted_of_others = tasks_of(block.state, "job-0");
    });
    EXPECT_TRUE(outcome.clean());
    EXPECT_EQ(accepted, 0U);
    EXPECT_EQ(accepted_of_others, 30U);
    EXPECT_EQ(count(outcome, "attacker_net"), -kLux) << "the fee for its model";
}

// --- A42 slot_spammer ---

// F5: 512 free models and 1,024 free attestations filled the tables for everybody and for ever.
TEST_P(Prices, F5SlotsCostAFeeADepositAndABondAndOthersStillRegister) {
    sim::Scenario s = scenario();
    s.vm.config.verification_mode = VerificationMode::kTee;
    s.vm.config.max_tasks_per_provider = 100;
    sim::ActorGroup honest = named("honest", group("provider", 2), lux(5000));
    sim::ActorGroup devices = named(
        "devices", group("provider", 1, "slot_spammer", {{"devices", 20}}), lux(5000), "spam");
    honest.hardware = devices.hardware = "H100";
    s.actors = {honest, devices, named("watcher", group("challenger", 1), lux(5000)),
                named("models", group("challenger", 1, "slot_spammer"), lux(335), "spam"),
                named("newcomer",
                      group("requester", 1, "model_owner", {{"at_block", 20}, {"until_block", 30}}),
                      lux(1000))};
    std::size_t models = 0;
    std::size_t slots = 0;
    bool newcomer_registered = false;
    sim::VectorSink rows;
    const sim::Outcome outcome = run_seen(s, rows, [&](const Executed& block) {
        models = block.state.model_status.size();
        for (const VmEvent& e : block.events)
            newcomer_registered |= std::holds_alternative<event::ModelRetired>(e);
        block.state.providers.for_each([&](std::size_t, const Provider& provider) {
            slots = std::max<std::size_t>(slots, provider.attestation_keys.size());
        });
    });
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(models, 1U + 30U + 1U) << "that of the workload, 335 / 11, and the newcomer's";
    EXPECT_TRUE(newcomer_registered) << "only what is registered can be retired";
    EXPECT_EQ(slots, 8U);
    EXPECT_LE(count(outcome, "attacker_net"), -5 * kLux) << "30 LUX, less what its provider earns";
    // The customer's tasks cost 30 LUX; of the model only the fee is lost.
    EXPECT_EQ(payoff(outcome, "newcomer").net_nlux, -31 * kLux);
}

// --- A32 dust_spammer ---

std::uint64_t failed_tasks(const sim::VectorSink& rows, Amount fee) {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(rows.rows<sim::TaskRow>(), [&](const sim::TaskRow& task) {
            return task.fee == fee && task.outcome == sim::TaskOutcome::kExpired;
        }));
}

sim::Scenario dusty(sim::Scenario s, std::uint32_t lock_fee_bps) {
    s.workload.tasks = 40;
    s.workload.tasks_per_block = 1;
    s.workload.fee = lux(5);
    s.vm.config.challenge_window_blocks = 100;
    s.vm.policy.lock_fee_bps = lock_fee_bps;
    s.actors = {
        named("honest", group("provider", 4), lux(1100)),
        named("watcher", group("challenger", 1), lux(5000)),
        named("customers", group("requester", 1), lux(1000)),
        named("spammer", group("requester", 1, "dust_spammer", {{"per_block", 30}, {"count", 300}}),
              lux(21))};
    s.actors[0].bond = lux(1000);
    return s;
}

// F22: dust for 0.1 LUX locked the bonds of ten providers, and honest tasks failed.
TEST_P(Prices, F22DustLocksBondsForNothingUnlessItPaysForThem) {
    sim::VectorSink cheap;
    const sim::Outcome free = run_seen(dusty(scenario(), 0), cheap, [](const Executed&) {});
    EXPECT_EQ(verdict(free), "clean");
    EXPECT_GT(failed_tasks(cheap, lux(5)), 0U);
    EXPECT_GT(count(free, "attacker_net"), -kLux);

    sim::VectorSink priced;
    const sim::Outcome paid = run_seen(dusty(scenario(), 100), priced, [](const Executed&) {});
    EXPECT_EQ(verdict(paid), "clean");
    EXPECT_EQ(failed_tasks(priced, lux(5)), 0U);
    EXPECT_EQ(count(paid, "attacker_net"), -20 * kLux - 20 * kLux / 1000) << "20 tasks for 21 LUX";
}

// --- F28 ---

// F28: a full table of anchors ended anchoring, after 4.5 hours of an anchor per block.
TEST(AnchorsInEveryBlock, F28MoreThanTheTableHasAreAllMadeAndRecorded) {
    sim::Scenario s = small_economic();
    s.vm.config.merkle_anchor_freq = 1;
    s.run.max_time_ns = 6ULL * 3600 * 1'000'000'000;
    s.workload.arrivals = sim::ArrivalLaw::kPoisson;
    s.workload.tasks = 420;
    s.workload.mean_gap_ns = 40ULL * 1'000'000'000;
    s.vm.config.challenge_window_blocks = 20;
    std::uint32_t archives = 0;
    Height height = 0;
    bool has_root = false;
    sim::VectorSink rows;
    const sim::Outcome outcome = run_seen(s, rows, [&](const Executed& block) {
        archives = block.state.head.anchor_archives;
        has_root = !block.state.head.anchor_archive_root.is_zero();
        height = block.state.head.height;
    });
    EXPECT_EQ(verdict(outcome), "clean");
    ASSERT_GT(height, 4096U);
    EXPECT_EQ(archives, 1U);
    EXPECT_TRUE(has_root);
    EXPECT_EQ(rows.rows<sim::AnchorRow>().size(), height);
}

}  // namespace
}  // namespace aivm::scenarios
