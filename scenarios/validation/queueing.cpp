// V41, V52-V55, V64: queues, locked bonds and draws.
#include <algorithm>
#include <numeric>

#include "scenarios/validation/case_table.h"

namespace aivm::scenarios {
namespace {

// Independent arrivals of jobs, with this mean per block.
sim::Scenario poisson_market(std::uint32_t tasks, double jobs_per_block) {
    sim::Scenario s = market(tasks, 1);
    s.workload.arrivals = sim::ArrivalLaw::kPoisson;
    s.workload.mean_gap_ns = static_cast<std::uint64_t>(
        static_cast<double>(s.chain.block_interval_ns) / jobs_per_block + 0.5);
    return s;
}

// A bond is locked from the block of the draw; the answer is in the next one, and the window and
// its settlement follow.
constexpr std::int64_t kHeldBesidesWindow = 2;

// --- Waiting: providers that share the jobs evenly are independent queues.

struct Queues {
    std::uint32_t queues = 1;
    std::uint32_t machines = 1;
    double load = 0;            // arrivals at one queue per mean service time
    double blocks_per_job = 0;  // the mean service time
    double settling = 0;        // how many mean service times pass before waiting is counted
    double counted = 0;         // the number of mean service times counted after that
    sim::WorkLaw law = sim::WorkLaw::kFixed;
};

class Waits final : public sim::Probe {
public:
    Waits(sim::SimTime from, sim::SimTime unit) : from_(from), unit_(unit) {}
    void on_work_started(sim::ActorId, TaskIndex, sim::SimTime now, sim::SimTime waited) override {
        if (now < from_) return;
        sample_.part += static_cast<double>(waited) / static_cast<double>(unit_);
        sample_.whole += 1;
    }
    [[nodiscard]] const Sample& sample() const { return sample_; }

private:
    sim::SimTime from_;
    sim::SimTime unit_;
    Sample sample_;
};

Result<Sample> mean_wait(const RunContext& context, const Queues& q) {
    const double jobs_per_block = q.queues * q.load / q.blocks_per_job;
    const double units = q.settling + q.counted;
    sim::Scenario s =
        poisson_market(static_cast<std::uint32_t>(units * q.queues * q.load), jobs_per_block);
    s.workload.step_time_ns =
        static_cast<std::uint64_t>(q.blocks_per_job) * s.chain.block_interval_ns;
    s.workload.work_law = q.law;
    s.vm.config.task_timeout_ns = 1'000'000'000'000'000;  // no provider times out
    s.vm.config.challenge_window_blocks = 1;
    s.actors = {members(sim::Role::kProvider, "queues", q.queues, "honest")};
    s.actors[0].machines = q.machines;
    const auto unit = static_cast<sim::SimTime>(s.workload.step_time_ns);
    Waits waits(static_cast<sim::SimTime>(q.settling) * unit, unit);
    AIVM_TRY(play(context, s, &waits));
    return waits.sample();
}

class LockedBonds final : public sim::Probe {
public:
    void on_block(const Executed& block, sim::SimTime) override {
        Amount locked;
        block.state.providers.for_each(
            [&](std::size_t, const Provider& provider) { locked += provider.locked; });
        by_block_.push_back(static_cast<double>(locked.nlux()) / kNluxOfLux);
    }
    // The mean over blocks `from` + 1 to `to`; block 1 is the first.
    [[nodiscard]] Sample mean(std::size_t from, std::size_t to) const {
        const auto first = by_block_.begin() + static_cast<std::ptrdiff_t>(from);
        const auto last = by_block_.begin() + static_cast<std::ptrdiff_t>(to);
        return {std::accumulate(first, last, 0.0), static_cast<double>(to - from)};
    }

private:
    std::vector<double> by_block_;
};

}  // namespace

Result<Sample> finality_lag(const ValidationCase& c, const RunContext& context) {
    sim::Scenario s = market(50, 5);
    s.vm.config.challenge_window_blocks = static_cast<std::uint64_t>(c.whole("W"));
    s.actors = {members(sim::Role::kProvider, "providers", 3, "honest"),
                members(sim::Role::kChallenger, "checker", 1, "always_check")};
    AIVM_ASSIGN(const auto played, play(context, s));
    double lag = 0;
    for (const sim::ResultRow& result : played->results()) {
        const Height done = played->tasks().at(result.task).final_block.value();
        lag = std::max(lag, static_cast<double>(done - result.reveal_block.value()));
    }
    return Sample{lag, 1};
}

// A job whose draw finds every slot of the one provider's bond locked expires at once.
Result<Sample> refused_jobs(const ValidationCase& c, const RunContext& context) {
    sim::Scenario s = poisson_market(2000, c.get("lam"));
    s.vm.config.challenge_window_blocks =
        static_cast<std::uint64_t>(c.whole("W") - kHeldBesidesWindow);
    // the draw comes two blocks after the submission
    s.vm.config.task_timeout_ns = 2 * s.chain.block_interval_ns;
    s.vm.config.min_provider_bond = lux(5);
    s.vm.policy.result_bond = lux(5);
    s.actors = {members(sim::Role::kProvider, "provider", 1, "honest")};
    s.actors[0].bond = lux(5 * static_cast<std::uint64_t>(c.whole("k")));
    AIVM_ASSIGN(const auto played, play(context, s));
    const auto settled = static_cast<Height>(4 * c.whole("W"));
    Sample sample;
    for (const sim::TaskRow& task : played->tasks()) {
        if (task.submit_block < settled) continue;
        sample.whole += 1;
        if (task.outcome == sim::TaskOutcome::kExpired) sample.part += 1;
    }
    return sample;
}

Result<Sample> locked_bond(const ValidationCase& c, const RunContext& context) {
    sim::Scenario s = poisson_market(500, c.get("lam"));
    s.vm.config.challenge_window_blocks =
        static_cast<std::uint64_t>(c.whole("W") - kHeldBesidesWindow);
    s.vm.policy.result_bond = lux(static_cast<std::uint64_t>(c.whole("b")));
    s.actors = {members(sim::Role::kProvider, "provider", 1, "honest")};
    LockedBonds bonds;
    AIVM_ASSIGN(const auto played, play(context, s, &bonds));
    return bonds.mean(static_cast<std::size_t>(4 * c.whole("W")),
                      played->tasks().back().submit_block);
}

Result<Sample> wait_for_one_of_k(const ValidationCase& c, const RunContext& context) {
    return mean_wait(context, {.queues = 20,
                               .machines = static_cast<std::uint32_t>(c.whole("k")),
                               .load = c.get("lam") / c.get("mu"),
                               .blocks_per_job = 100,
                               .settling = 40,
                               .counted = 120,
                               .law = sim::WorkLaw::kExponential});
}

Result<Sample> wait_for_one(const ValidationCase& c, const RunContext& context) {
    return mean_wait(context, {.queues = 30,
                               .load = c.get("lam") * c.get("s"),
                               .blocks_per_job = 50,
                               .settling = 80,
                               .counted = 200});
}

Result<Sample> sybil_share(const ValidationCase& c, const RunContext& context) {
    sim::Scenario s = market(2000, 50);
    s.actors = {
        members(sim::Role::kProvider, "others", static_cast<std::uint32_t>(c.whole("n")), "honest"),
        members(sim::Role::kProvider, "sybil", static_cast<std::uint32_t>(c.whole("k")), "honest")};
    AIVM_ASSIGN(const auto played, play(context, s));
    const auto& principals = played->rows.rows<sim::PrincipalRow>();
    Sample sample;
    for (const sim::ResultRow& result : played->results()) {
        const sim::AgentRow& agent = played->rows.rows<sim::AgentRow>().at(result.provider);
        sample.whole += 1;
        if (principals.at(agent.principal).label == "sybil") sample.part += 1;
    }
    return sample;
}

}  // namespace aivm::scenarios
