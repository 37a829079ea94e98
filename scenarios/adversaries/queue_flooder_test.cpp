// A41 queue_flooder: what a flood of each lane of the queue does to honest participants, in both
// fidelities.
#include <fmt/format.h>

#include "core/vm/mempool.h"
#include "scenarios/run/setting.h"
#include "scenarios/testing/test_small.h"
#include "sim/world/probe.h"
#include "sim/world/world.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kBlockBytes = 16'384;
constexpr std::uint64_t kChallengeBytes = 160;  // a challenge of these worlds is smaller
// From an answer to the challenge in a node's queue, in blocks, when nothing is full.
constexpr std::uint64_t kWithoutFlood = 2;

// The challenges that were revealed, which only honest challengers do here.
class RevealedChallenges final : public sim::Probe {
public:
    std::uint64_t count = 0;
    std::uint64_t delay_max = 0;  // in blocks, from the answer to the challenge

    void on_block(const Executed& block, sim::SimTime) override {
        for (const VmEvent& e : block.events) {
            const auto* revealed = std::get_if<event::ChallengeRevealed>(&e);
            if (revealed == nullptr) continue;
            const Dispute& dispute = block.state.dispute(revealed->dispute);
            count += 1;
            delay_max =
                std::max(delay_max, dispute.opened_at - block.state.task(revealed->task).posted_at);
        }
    }
};

sim::ActorGroup attacker(std::string_view role, std::uint32_t count, Amount stake,
                         std::map<std::string, std::int64_t> parameters) {
    sim::ActorGroup out = group(role, count, "queue_flooder", std::move(parameters));
    out.principal = "attacker";
    out.stake = stake;
    return out;
}

sim::Scenario in_small_blocks(sim::Fidelity fidelity) {
    sim::Scenario s = small();
    s.run.fidelity = fidelity;
    s.chain.max_block_bytes = kBlockBytes;
    s.vm.config.challenge_window_blocks = 40;
    return s;
}

sim::Outcome run_watched(const sim::Scenario& scenario, RevealedChallenges& probe) {
    auto setting = make_setting(scenario, nullptr);
    if (!setting) throw std::runtime_error(setting.error().text());
    sim::WorldOptions options;
    options.probe = &probe;
    auto world = sim::World::make(*setting, options);
    if (!world) throw std::runtime_error(world.error().text());
    sim::Outcome outcome = (*world)->run();
    sim::NullSink sink;
    (*world)->write_results(sink, 0, outcome);
    return outcome;
}

void expect_nobody_honest_loses(const sim::Outcome& outcome) {
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0);
    EXPECT_EQ(count(outcome, "honest_false_slash"), 0);
    EXPECT_EQ(payoff(outcome, "honests").slashed, Amount());
    EXPECT_LT(count(outcome, "attacker_net"), 0);
}

class QueueFlooder : public ::testing::TestWithParam<sim::Fidelity> {};
INSTANTIATE_TEST_SUITE_P(Fidelities, QueueFlooder,
                         ::testing::Values(sim::Fidelity::kFull, sim::Fidelity::kEconomic),
                         [](const auto& one) {
                             return one.param == sim::Fidelity::kFull ? "Full" : "Economic";
                         });

// Kind 0: free accounts; 1: funded dust; 2: the most expensive operations.
TEST_P(QueueFlooder, NoFloodOfALaneDelaysAProofForLongerThanProofDelayMax) {
    for (std::int64_t lane = 0; lane < 3; ++lane) {
        for (std::int64_t kind = 0; kind < 3; ++kind) {
            SCOPED_TRACE(fmt::format("lane {} kind {}", lane, kind));
            const Amount stake = lux(kind == 0 ? 0 : 3000);
            sim::Scenario s = in_small_blocks(GetParam());
            s.actors = {
                group("provider", 2), attacker("provider", 1, lux(5000), {}),
                group("challenger", 1),
                attacker("challenger", 2, stake,
                         {{"lane", lane}, {"kind", kind}, {"per_block", 500}, {"count", 2000}})};
            RevealedChallenges honest;
            const sim::Outcome outcome = run_watched(s, honest);
            expect_nobody_honest_loses(outcome);
            EXPECT_GT(honest.count, 0U);
            // Every challenge that the flooders can pay for may wait before an honest one.
            const std::uint64_t flood = 2 * stake.nlux() / lux(10).nlux() * kChallengeBytes;
            EXPECT_LE(honest.delay_max, proof_delay_max(flood, kBlockBytes) + kWithoutFlood);
        }
    }
}

// 65 wrong answers and more in one block, each under false challenges of ten identities, and one
// honest challenger.
TEST_P(QueueFlooder, SixtyFiveLiesInOneBlockAreAllProven) {
    sim::Scenario s = in_small_blocks(GetParam());
    s.workload.tasks = 100;
    s.workload.tasks_per_block = 100;
    s.vm.config.max_tasks_per_provider = 100;
    s.vm.policy.result_bond = lux(20);
    s.actors = {
        group("provider", 1), attacker("provider", 3, lux(5000), {{"cheat_ppm", 1'000'000}}),
        group("challenger", 1), attacker("challenger", 10, lux(1000), {{"lane", 0}, {"count", 0}})};
    RevealedChallenges honest;
    const sim::Outcome outcome = run_watched(s, honest);
    expect_nobody_honest_loses(outcome);
    EXPECT_GE(count(outcome, "n_fraud_posted"), 65);
    EXPECT_GE(honest.count, 65U);
    EXPECT_GT(payoff(outcome, "honests").rewards, Amount());
}

// 70 false claims at once against each answer of one honest provider, played as bisections.
TEST_P(QueueFlooder, SeventyGamesAgainstOneHonestProviderCostItNothing) {
    sim::Scenario s = in_small_blocks(GetParam());
    s.workload.tasks = 2;
    s.workload.steps = 8;
    s.vm.policy.dispute_game = DisputeGame::kBisection;
    s.vm.policy.dispute_move_blocks = 5;
    s.actors = {group("provider", 1),
                group("challenger", 70, "frivolous_challenger", {{"attack_ppm", 1'000'000}})};
    RevealedChallenges claims;
    const sim::Outcome outcome = run_watched(s, claims);
    expect_nobody_honest_loses(outcome);
    EXPECT_EQ(claims.count, 2 * 70U);
    EXPECT_GT(payoff(outcome, "honests").net_nlux, 0);
}

}  // namespace
}  // namespace aivm::scenarios
