#include "scenarios/run/determinism.h"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

namespace aivm::scenarios {
namespace {

struct Finished {
    std::unique_ptr<sim::World> world;
    sim::Outcome outcome;
};
using Pair = std::pair<Finished, Finished>;

Result<Finished> run_one(const sim::Setting& setting, const sim::WorldOptions& options) {
    Finished finished;
    AIVM_ASSIGN(finished.world, sim::World::make(setting, options));
    finished.outcome = finished.world->run();
    return finished;
}

bool was_interrupted(const Finished& run) {
    return run.outcome.status == sim::RunStatus::kInterrupted;
}

// Both runs; the second is empty if the first was interrupted.
Result<Pair> run_two(const sim::Setting& setting, const DeterminismOptions& options,
                     std::optional<sim::TraceInterval> window) {
    std::array<sim::WorldOptions, 2> each;
    for (std::size_t i = 0; i < each.size(); ++i) {
        each[i].seed = options.seed;
        each[i].paranoid = options.paranoid;
        each[i].choices = options.choices;
        each[i].kernels = options.kernels[i];
        each[i].window = window;
        if (i == 0 || !options.side_by_side) each[i].progress = options.progress;
    }
    std::future<Result<Finished>> beside;
    if (options.side_by_side) {
        beside = std::async(std::launch::async, [&] { return run_one(setting, each[1]); });
    }
    AIVM_ASSIGN(Finished first, run_one(setting, each[0]));
    if (was_interrupted(first)) return Pair(std::move(first), Finished{});
    AIVM_ASSIGN(Finished second, options.side_by_side ? beside.get() : run_one(setting, each[1]));
    return Pair(std::move(first), std::move(second));
}

bool same_record(const sim::World::TracedEvent& a, const sim::World::TracedEvent& b) {
    return a.record == b.record;
}

void compare_windows(const Pair& runs, TraceDifference& difference) {
    const auto a = runs.first.world->traced();
    const auto b = runs.second.world->traced();
    const auto [in_a, in_b] = std::ranges::mismatch(a, b, same_record);
    if (in_a == a.end() && in_b == b.end()) return;
    difference.position = difference.interval.first + static_cast<std::uint64_t>(in_a - a.begin());
    if (in_a != a.end()) difference.first = *in_a;
    if (in_b != b.end()) difference.second = *in_b;
}

}  // namespace

Result<DeterminismReport> verify_determinism(const sim::Setting& setting,
                                             const DeterminismOptions& options,
                                             sim::RowSink& rows) {
    AIVM_ASSIGN(Pair runs, run_two(setting, options, std::nullopt));
    DeterminismReport report;
    runs.first.world->write_results(rows, 0, runs.first.outcome);
    report.first = runs.first.outcome;
    if (runs.second.world && was_interrupted(runs.second))
        report.first.status = sim::RunStatus::kInterrupted;
    report.second_digest = runs.second.world ? runs.second.outcome.digest : report.first.digest;
    if (report.same() || report.first.status == sim::RunStatus::kInterrupted) return report;

    const auto interval =
        sim::TraceDigest::first_difference(runs.first.world->trace(), runs.second.world->trace());
    if (!interval) return report;
    report.difference.emplace().interval = *interval;
    AIVM_ASSIGN(const Pair again, run_two(setting, options, interval));
    if (again.second.world) compare_windows(again, *report.difference);
    return report;
}

}  // namespace aivm::scenarios
