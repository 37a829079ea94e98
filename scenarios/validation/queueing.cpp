// V41, V52-V55, V64: queues, locked bonds and draws.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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
constexpr std::uint32_t kHeldBesidesWindow = 2;
// Blocks for which a bond is locked, at least, so that arrivals and releases hardly ever share one.
constexpr double kHeldBlocksMin = 50;
constexpr double kHeldBlocksMax = 100'000;
constexpr double kSettling = 4;  // in mean hold times
constexpr std::uint32_t kSlotsMax = 5000;
constexpr std::uint32_t kIdentitiesMax = 5000;

// One provider whose bond is locked for W by each of the jobs that arrive at `lam` per unit of
// time.
struct Holds {
    sim::Scenario scenario;
    double load = 0;  // lam W
    std::uint32_t blocks = 0;
};

// `jobs` are those that arrive once the load has settled; more if that is not 40 hold times.
Holds bond_locker(const ValidationCase& c, double jobs) {
    constexpr double kHoldTimes = 40;
    const double rate = c.positive("lam");
    const double hold = c.positive("W");
    if (hold > kHeldBlocksMax) c.refuse("W", "it takes too many simulated blocks");
    const std::uint32_t unit = blocks_per_unit({hold}, kHeldBlocksMin);
    Holds out;
    out.load = rate * hold;
    out.blocks = static_cast<std::uint32_t>(std::llround(hold * unit));
    if (out.load > kSlotsMax) c.refuse("lam", fmt::format("lam W must be at most {}", kSlotsMax));
    const double counted = std::max(jobs, kHoldTimes * out.load);
    out.scenario = poisson_market(tasks_for(kSettling * out.load + counted), rate / unit);
    out.scenario.vm.config.challenge_window_blocks = out.blocks - kHeldBesidesWindow;
    out.scenario.actors = {members(sim::Role::kProvider, "provider", 1, "honest")};
    return out;
}

// --- Waiting: providers that share the jobs evenly are independent queues.

// Times are in mean service times.
struct Queues {
    std::uint32_t queues = 1;
    std::uint32_t machines = 1;
    double load = 0;            // arrivals at one queue
    double blocks_per_job = 0;  // a mean service time, at least
    double settling = 0;        // how long before waiting is counted
    double counted = 0;         // for how long it is counted after that
    sim::WorkLaw law = sim::WorkLaw::kFixed;
};

// How fast the load of a queue with exponential work forgets how it began, in mean service times:
// Morse 1955, J. Oper. Res. Soc. Am. 3, 255-261, for one machine; k of them are as fast together.
double relaxation(double load, std::uint32_t machines) {
    const double distance = 1 - std::sqrt(load / machines);
    return 1 / (machines * distance * distance);
}

// Of the jobs that arrived from a time on: counted by their start, those that waited longest over
// that moment would be too many.
class Waits final : public sim::Probe {
public:
    Waits(sim::SimTime from, sim::SimTime unit) : from_(from), unit_(unit) {}
    void on_work_started(sim::ActorId, TaskIndex, sim::SimTime now, sim::SimTime waited) override {
        if (now - waited < from_) return;
        sample_.part += static_cast<double>(waited) / static_cast<double>(unit_);
        sample_.whole += 1;
    }
    [[nodiscard]] const Sample& sample() const { return sample_; }

private:
    sim::SimTime from_;
    sim::SimTime unit_;
    Sample sample_;
};

// The mean wait in mean service times.
Result<Sample> mean_wait(const RunContext& context, const Queues& q) {
    // Long compared with a block, and with the time between two jobs.
    const auto blocks_per_job = static_cast<std::uint64_t>(std::max(q.blocks_per_job, 12 * q.load));
    const double times = q.settling + q.counted;
    sim::Scenario s = poisson_market(tasks_for(times * q.queues * q.load),
                                     q.queues * q.load / static_cast<double>(blocks_per_job));
    s.workload.step_time_ns = blocks_per_job * s.chain.block_interval_ns;
    s.workload.work_law = q.law;
    s.vm.config.task_timeout_ns = 1'000'000'000'000'000;  // no provider times out
    s.vm.config.challenge_window_blocks = 1;
    s.actors = {members(sim::Role::kProvider, "queues", q.queues, "honest")};
    s.actors[0].machines = q.machines;
    const auto unit = static_cast<sim::SimTime>(s.workload.step_time_ns);
    Waits waits(static_cast<sim::SimTime>(q.settling * static_cast<double>(unit)), unit);
    AIVM_TRY(play(context, s, &waits));
    return waits.sample();
}

// The sum of all locked bonds over time. A chain without work builds no blocks, so blocks are
// weighted by the time until the next one.
class LockedBonds final : public sim::Probe {
public:
    void on_block(const Executed& block, sim::SimTime now) override {
        Amount locked;
        block.state.providers.for_each(
            [&](std::size_t, const Provider& provider) { locked += provider.locked; });
        const double change = static_cast<double>(now - since_) * lux_;
        sum_ += change;
        since_ = now;
        lux_ = static_cast<double>(locked.nlux()) / kNluxOfLux;
        history_.push_back({now, sum_});
    }
    // The mean over the time from `from` to the block of this height, in LUX.
    [[nodiscard]] Sample mean(sim::SimTime from, Height to) const {
        const auto first = std::ranges::lower_bound(history_, from, {}, &Point::time);
        const auto last = history_.begin() + static_cast<std::ptrdiff_t>(to) - 1;
        if (first >= last) return {};
        return {last->sum - first->sum, static_cast<double>(last->time - first->time)};
    }

private:
    struct Point {
        sim::SimTime time = 0;
        double sum = 0;  // LUX times time until then
    };
    sim::SimTime since_ = 0;
    double lux_ = 0;
    double sum_ = 0;
    std::vector<Point> history_;  // by block; block 1 is the first
};

}  // namespace

double service_time_of_rate(const ValidationCase& c) { return 1 / c.positive("mu"); }
double service_time(const ValidationCase& c) { return c.positive("s"); }

Result<Sample> finality_lag(const ValidationCase& c, const RunContext& context) {
    sim::Scenario s = market(50, 5);
    s.vm.config.challenge_window_blocks = c.whole("W", 1, kSimulatedBlocksMax);
    s.actors = {members(sim::Role::kProvider, "providers", 3, "honest"),
                members(sim::Role::kChallenger, "checker", 1, "always_check")};
    AIVM_ASSIGN(const auto played, play(context, s));
    return Sample{longest_settlement(*played), 1};
}

// A job whose draw finds every slot of the one provider's bond locked expires at once. It sees the
// jobs of the blocks before it and, on average, half of those of its own block: a hold of half a
// block less, for which arrivals are made more frequent.
Result<Sample> refused_jobs(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t slots = c.whole("k", 1, kSlotsMax);
    Holds holds = bond_locker(c, 1960);
    const double seen_share = (holds.blocks - 0.5) / holds.blocks;
    std::uint64_t& gap_ns = holds.scenario.workload.mean_gap_ns;
    gap_ns = static_cast<std::uint64_t>(static_cast<double>(gap_ns) * seen_share);
    sim::Scenario& s = holds.scenario;
    // the draw comes two blocks after the submission
    s.vm.config.task_timeout_ns = 2 * s.chain.block_interval_ns;
    s.vm.config.min_provider_bond = lux(5);
    s.vm.policy.result_bond = lux(5);
    s.actors[0].bond = lux(5 * std::uint64_t{slots});
    AIVM_ASSIGN(const auto played, play(context, s));
    const auto settled = static_cast<Height>(kSettling * holds.blocks);
    Sample sample;
    for (const sim::TaskRow& task : played->tasks()) {
        if (task.submit_block < settled) continue;
        sample.whole += 1;
        if (task.outcome == sim::TaskOutcome::kExpired) sample.part += 1;
    }
    return sample;
}

Result<Sample> locked_bond(const ValidationCase& c, const RunContext& context) {
    const double bond = c.positive("b");
    const Money money(bond);
    Holds holds = bond_locker(c, 460);
    sim::Scenario& s = holds.scenario;
    s.vm.policy.result_bond = money.amount(bond);
    LockedBonds bonds;
    AIVM_ASSIGN(const auto played, play(context, s, &bonds));
    const auto block = static_cast<sim::SimTime>(s.chain.block_interval_ns);
    const auto settled = static_cast<sim::SimTime>(kSettling * holds.blocks) * block;
    const Sample locked = bonds.mean(settled, played->tasks().back().submit_block);
    const double blocks = locked.whole / static_cast<double>(block);
    return Sample{money.units(locked.part) / static_cast<double>(block), blocks};
}

Result<Sample> wait_for_one_of_k(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t machines = c.whole("k", 1, 1000);
    const double service = service_time_of_rate(c);
    const double load = c.positive("lam") * service;
    if (load >= machines) c.refuse("lam", "it must be below k mu");
    const double forgets = relaxation(load, machines);
    AIVM_ASSIGN(const Sample sample,
                mean_wait(context, {.queues = std::clamp(200 / machines, 2U, 20U),
                                    .machines = machines,
                                    .load = load,
                                    .blocks_per_job = 100,
                                    .settling = std::max(40.0, 4 * forgets),
                                    .counted = std::max(120.0, 12 * forgets),
                                    .law = sim::WorkLaw::kExponential}));
    return Sample{sample.part * service, sample.whole};
}

// Equal work is forgotten twice as fast as exponential work.
Result<Sample> wait_for_one(const ValidationCase& c, const RunContext& context) {
    const double service = service_time(c);
    const double load = c.positive("lam") * service;
    if (load >= 1) c.refuse("lam", "lam s must be below 1");
    const double forgets = relaxation(load, 1) / 2;
    AIVM_ASSIGN(const Sample sample, mean_wait(context, {.queues = 30,
                                                         .load = load,
                                                         .blocks_per_job = 50,
                                                         .settling = std::max(80.0, 4 * forgets),
                                                         .counted = std::max(200.0, 4 * forgets)}));
    return Sample{sample.part * service, sample.whole};
}

Result<Sample> sybil_share(const ValidationCase& c, const RunContext& context) {
    sim::Scenario s = market(2000, 50);
    s.actors = {members(sim::Role::kProvider, "others", c.whole("n", 0, kIdentitiesMax), "honest"),
                members(sim::Role::kProvider, "sybil", c.whole("k", 0, kIdentitiesMax), "honest")};
    AIVM_ASSIGN(const auto played, play(context, s));
    return answers_of(*played, "sybil");
}

}  // namespace aivm::scenarios
