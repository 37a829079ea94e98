#include "scenarios/sweep/sweep.h"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "core/base/check.h"
#include "scenarios/run/backend.h"
#include "scenarios/run/process_memory.h"
#include "scenarios/run/run.h"
#include "scenarios/run/setting.h"
#include "scenarios/sweep/analysis.h"
#include "scenarios/sweep/schedule.h"
#include "sim/record/identity.h"
#include "sim/record/study.h"
#include "sim/world/world.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kCommitIntervalNs = 1'000'000'000;

// Passes only the small tables: no rows per task or per block.
class MetricsOnly final : public sim::RowSink {
public:
    explicit MetricsOnly(sim::RowSink& behind) : behind_(behind) {}
    Status begin_run(const sim::RunInfo& info) override { return behind_.begin_run(info); }
    Status finish_run(const sim::RunSummary& summary) override {
        return behind_.finish_run(summary);
    }

protected:
    void take(sim::RowRef row) override {
        std::visit([this](const auto* one) { pass(*one); }, row);
    }

private:
    template <class Row>
    void pass(const Row& row) {
        behind_.add(row);
    }
    void pass(const sim::TaskRow&) {}
    void pass(const sim::ResultRow&) {}
    void pass(const sim::ChallengeRow&) {}
    void pass(const sim::SlashRow&) {}
    void pass(const sim::OutlayRow&) {}
    void pass(const sim::ChainStatRow&) {}

    sim::RowSink& behind_;
};

// The point that a worker is at, shared by its runs.
struct PointAtWork {
    std::size_t point = 0;
    sim::Setting setting;
    sim::RunInfo info;
};

class Sweep {
public:
    Sweep(const SweepPlan& plan, const SweepOptions& options, sim::Recorder& recorder)
        : plan_(plan),
          options_(options),
          recorder_(recorder),
          schedule_(
              plan, [this](const SweepItem& item) { return is_there(item); },
              [this](std::size_t point, const Look& look) { return is_enough(point, look); }) {}

    Result<SweepOutcome> run() {
        committed_ns_ = now_ns();
        std::vector<std::thread> others;
        for (unsigned i = 1; i < options_.jobs; ++i) others.emplace_back([this] { work(); });
        work();
        for (std::thread& other : others) other.join();
        if (failure_) return tl::unexpected<Error>(*std::move(failure_));
        AIVM_TRY(recorder_.commit());
        return SweepOutcome{schedule_.finished(), progress()};
    }

private:
    [[nodiscard]] std::uint64_t now_ns() const {
        return options_.wall_clock_ns ? options_.wall_clock_ns() : 0;
    }
    [[nodiscard]] bool stopped() const { return stop_ || (options_.stop && options_.stop()); }
    [[nodiscard]] SweepProgress progress() const {
        return {schedule_.runs_found() + schedule_.runs_made(), schedule_.runs_made(),
                plan_.runs_max() - schedule_.runs_spared()};
    }

    void work() {
        std::optional<PointAtWork> at;
        try {
            const auto backend = Backend::open(options_.backend);
            if (!backend) return give_up(backend.error());
            while (const auto item = take_next()) {
                if (Status made = make_checked_run(*item, at, **backend); !made)
                    give_up(std::move(made.error()));
            }
        } catch (const std::exception& bug) {
            give_up({ErrorCode::kWrongState, bug.what()});
        }
    }

    // A failed internal check ends the sweep and names the run, instead of ending the program.
    Status make_checked_run(const SweepItem& item, std::optional<PointAtWork>& at,
                            Backend& backend) {
        Status made;
        try {
            made = make_run(item, at, backend);
        } catch (const std::exception& bug) {
            made = fail(ErrorCode::kWrongState, bug.what());
        }
        if (!made && made.error().code != ErrorCode::kStorage) {
            made.error().context = fmt::format("{} seed {}: {}", plan_.name_of(item.point),
                                               plan_.seeds()[item.replicate], made.error().context);
        }
        return made;
    }

    void give_up(Error error) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::move(error);
        stop_ = true;
        changed_.notify_all();
    }

    // The next run, after a wait if necessary; empty when the sweep is over.
    std::optional<SweepItem> take_next() {
        std::unique_lock lock(mutex_);
        while (!stopped()) {
            auto item = schedule_.next();
            if (!item) {
                if (!failure_) failure_ = std::move(item.error());
                stop_ = true;
                break;
            }
            if (*item) return **item;
            if (schedule_.finished()) break;
            changed_.wait(lock);
        }
        changed_.notify_all();
        return std::nullopt;
    }

    Status make_run(const SweepItem& item, std::optional<PointAtWork>& at, Backend& backend) {
        if (!at || at->point != item.point) {
            const LoadedScenario loaded = plan_.load(item.point);
            AIVM_ASSIGN(sim::Setting setting, make_setting(loaded.scenario));
            at.emplace(PointAtWork{item.point, std::move(setting), plan_.info(item.point, loaded)});
        }
        RunOptions run;
        run.seed = plan_.seeds()[item.replicate];
        run.wall_clock_ns = options_.wall_clock_ns;
        backend.use_in(run);
        if (plan_.counterfactual()) return make_compared_run(item, *at, run);
        sim::WorldOptions options;
        options.seed = run.seed;
        options.kernels = run.kernels;
        options.progress = [this](sim::SimTime, std::uint64_t) { return !stopped(); };
        options.wall_clock_ns = options_.wall_clock_ns;
        options.memory_bytes = process_memory_bytes;
        const RunMeter meter(run);
        AIVM_ASSIGN(const auto world, sim::World::make(at->setting, options));
        sim::Outcome outcome = world->run();
        const sim::RunSummary summary = meter.summary_of(outcome);
        const std::lock_guard lock(mutex_);
        if (outcome.status == sim::RunStatus::kInterrupted || failure_) {
            changed_.notify_all();
            return {};
        }
        describe(item, at->info);
        AIVM_TRY(write([&](sim::RowSink& sink) -> Status {
            if (Status begun = sink.begin_run(at->info); !begun) return begun;
            world->write_results(sink, summary.wall_time_ns, outcome);
            return sink.finish_run(summary);
        }));
        AIVM_TRY(schedule_.done(item));
        changed_.notify_all();
        if (options_.progress) options_.progress(progress());
        return {};
    }

    // A run and those that it is compared with, whose rows wait in memory until they are complete.
    Status make_compared_run(const SweepItem& item, PointAtWork& at, RunOptions& run) {
        run.counterfactual = true;
        run.progress = [this](sim::SimTime, std::uint64_t) { return !stopped(); };
        describe(item, at.info);
        sim::VectorSink rows;
        AIVM_ASSIGN(const sim::Outcome outcome,
                    run_scenario(at.setting.scenario, run, rows, at.info));
        const std::lock_guard lock(mutex_);
        if (outcome.status == sim::RunStatus::kInterrupted || stopped() || failure_) {
            changed_.notify_all();
            return {};
        }
        AIVM_TRY(write([&](sim::RowSink& sink) { return rows.copy_to(sink); }));
        AIVM_TRY(schedule_.done(item));
        changed_.notify_all();
        if (options_.progress) options_.progress(progress());
        return {};
    }

    void describe(const SweepItem& item, sim::RunInfo& info) const {
        info.seed = std::to_string(plan_.seeds()[item.replicate]);
        info.replicate = static_cast<std::uint32_t>(item.replicate);
        info.crn_group = "seed " + info.seed;
    }

    // Passes the sink for rows of this sweep to `pass_run`, which writes one run.
    template <class PassRun>
    Status write(PassRun&& pass_run) {
        MetricsOnly metrics(recorder_);
        sim::RowSink& sink =
            plan_.detail() == Detail::kMetrics ? static_cast<sim::RowSink&>(metrics) : recorder_;
        AIVM_TRY(pass_run(sink));
        const std::uint64_t now = now_ns();
        if (now - committed_ns_ < kCommitIntervalNs) return {};
        committed_ns_ = now;
        return recorder_.commit();
    }

    Result<bool> is_there(const SweepItem& item) {
        if (!recorder_.resumed()) return false;
        AIVM_ASSIGN(
            const std::int64_t runs,
            recorder_.database().integer(fmt::format(
                "SELECT count(*) FROM run WHERE point_id = {} AND replicate = {} AND seed = '{}'",
                plan_.point_id(item.point), item.replicate, plan_.seeds()[item.replicate])));
        return runs > 0;
    }

    Result<bool> is_enough(std::size_t point, const Look& look) {
        for (const StopRule& rule : plan_.rules()) {
            AIVM_ASSIGN(const MetricEstimate found,
                        estimate_metric(recorder_.database(), plan_.point_id(point), rule.metric,
                                        look.runs, look.confidence));
            if (!rule.satisfied(found.interval)) return false;
        }
        return true;
    }

    const SweepPlan& plan_;
    const SweepOptions& options_;
    sim::Recorder& recorder_;
    std::mutex mutex_;  // guards the recorder and everything below
    std::condition_variable changed_;
    Schedule schedule_;
    std::optional<Error> failure_;
    std::atomic<bool> stop_ = false;
    std::uint64_t committed_ns_ = 0;
};

Status write_rule_estimates(sim::Recorder& recorder, std::int64_t point_id,
                            const std::vector<StopRule>& rules, const Look& look,
                            double confidence) {
    std::set<std::string> written;  // two rules may ask about one metric
    for (const StopRule& rule : rules) {
        if (!written.insert(rule.metric).second) continue;
        AIVM_ASSIGN(const MetricEstimate found,
                    estimate_metric(recorder.database(), point_id, rule.metric, look.runs,
                                    look.confidence));
        AIVM_TRY(recorder.add_analysis(sim::EstimateRow{
            point_id, rule.metric, "", "group-sequential " + confidence_text(confidence), found.n,
            found.mean, found.interval.low, found.interval.high}));
    }
    return {};
}

std::string difference(const std::vector<sim::SweepRow>& rows, const SweepPlan& plan) {
    if (rows.size() != 1) return rows.empty() ? "it is no sweep" : "it was merged of several parts";
    if (rows[0].shard != plan.shard() || rows[0].shards != plan.shards()) {
        return fmt::format("it is shard {}/{} and this is {}/{}", rows[0].shard, rows[0].shards,
                           plan.shard(), plan.shards());
    }
    return plan_difference(rows[0].plan, plan.json());
}

}  // namespace

Result<std::unique_ptr<sim::Recorder>> open_sweep(const std::string& path,
                                                  const sim::StudyInfo& study,
                                                  const SweepPlan& plan) {
    AIVM_ASSIGN(auto recorder, sim::Recorder::create(path, study, {.resumable = true}));
    AIVM_ASSIGN(const auto rows, sim::select_rows<sim::SweepRow>(recorder->database(), ""));
    AIVM_ASSIGN(const std::int64_t points,
                recorder->database().integer("SELECT count(*) FROM point"));
    if (rows.empty() && points == 0) {
        AIVM_TRY(recorder->add_sweep({.plan = plan.json(),
                                      .shard = plan.shard(),
                                      .shards = plan.shards(),
                                      .base_point_id = plan.point_id(plan.base_point()),
                                      .confidence = plan.confidence()}));
        AIVM_TRY(recorder->commit());
        return recorder;
    }
    if (const std::string why = difference(rows, plan); !why.empty()) {
        return fail(ErrorCode::kConflict,
                    fmt::format("{} is another sweep: {}; give the same command, or another --out",
                                recorder->partial_path(), why));
    }
    return recorder;
}

Result<std::string> difference_of_finished(const std::string& path, const SweepPlan& plan) {
    AIVM_ASSIGN(sim::Study study, sim::open_study(path));
    AIVM_ASSIGN(const auto rows, study.rows<sim::SweepRow>());
    return difference(rows, plan);
}

Result<SweepOutcome> run_sweep(const SweepPlan& plan, const SweepOptions& options,
                               sim::Recorder& recorder) {
    AIVM_CHECK(options.jobs > 0);
    return Sweep(plan, options, recorder).run();
}

Status write_conclusions(sim::Recorder& recorder, const sim::SweepRow& sweep) {
    AIVM_TRY(recorder.clear_estimates());
    sim::Database& database = recorder.database();
    const auto rules = rules_of_plan(sweep.plan);
    AIVM_ASSIGN(const auto points, point_ids(database));
    for (const std::int64_t point : points) {
        AIVM_ASSIGN(const auto estimates, estimates_of(database, point, sweep.confidence));
        for (const sim::EstimateRow& row : estimates) AIVM_TRY(recorder.add_analysis(row));
        AIVM_ASSIGN(const auto contrasts,
                    contrasts_of(database, point, sweep.base_point_id, sweep.confidence));
        for (const sim::ContrastRow& row : contrasts) AIVM_TRY(recorder.add_analysis(row));
        if (rules.rules.empty()) continue;
        AIVM_ASSIGN(
            const std::int64_t runs,
            database.integer(fmt::format("SELECT count(*) FROM run WHERE point_id = {}", point)));
        for (const Look& look : plan_looks(rules.runs_max, sweep.confidence)) {
            if (look.runs == static_cast<std::uint64_t>(runs)) {
                AIVM_TRY(
                    write_rule_estimates(recorder, point, rules.rules, look, sweep.confidence));
            }
        }
    }
    return {};
}

}  // namespace aivm::scenarios
