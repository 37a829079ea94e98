#include "scenarios/sweep/sweep.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <new>
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

// A loaded point. Sweeps go seed by seed through all points, so each worker keeps those that it has
// loaded.
struct LoadedPoint {
    sim::Setting setting;
    sim::RunInfo info;
};
class PointCache {
public:
    explicit PointCache(const SweepPlan& plan) : plan_(plan) {}

    Result<LoadedPoint*> get(std::size_t point) {
        if (const auto found = points_.find(point); found != points_.end()) return &found->second;
        if (points_.size() >= kMostPoints) points_.clear();
        const LoadedScenario loaded = plan_.load(point);
        AIVM_ASSIGN(sim::Setting setting, make_setting(loaded.scenario, plan_.strategies()));
        return &points_.emplace(point, LoadedPoint{std::move(setting), plan_.info(point, loaded)})
                    .first->second;
    }

private:
    static constexpr std::size_t kMostPoints = 1024;

    const SweepPlan& plan_;
    std::map<std::size_t, LoadedPoint> points_;
};

using PointAndSeed = std::pair<std::int64_t, std::string>;

// The runs in the file, without those that failed.
Result<std::set<PointAndSeed>> runs_there(sim::Database& database) {
    AIVM_ASSIGN(const auto statement,
                database.prepare("SELECT point_id, seed FROM run WHERE status <> 'failed'"));
    std::set<PointAndSeed> out;
    while (true) {
        AIVM_ASSIGN(const bool found, database.next(statement));
        if (!found) return out;
        out.emplace(sqlite3_column_int64(statement.raw(), 0),
                    reinterpret_cast<const char*>(sqlite3_column_text(statement.raw(), 1)));
    }
}

// The rest of what a recording says about a run of a loaded point.
void describe_run(const SweepPlan& plan, const SweepItem& item, sim::RunInfo& info) {
    info.seed = std::to_string(plan.seeds()[item.replicate]);
    info.replicate = static_cast<std::uint32_t>(item.replicate);
    info.crn_group = "seed " + info.seed;
}

Status write_failure(const sim::RunInfo& info, const std::string& reason, sim::RowSink& sink) {
    sim::RunSummary summary;
    summary.status = sim::RunStatus::kFailed;
    summary.failure = reason;
    AIVM_TRY(sink.begin_run(info));
    return sink.finish_run(summary);
}

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
        if (recorder_.resumed()) {
            AIVM_ASSIGN(there_, runs_there(recorder_.database()));
            AIVM_TRY(recorder_.database().execute("DELETE FROM run WHERE status = 'failed'"));
        }
        std::vector<std::thread> others;
        for (unsigned i = 1; i < options_.jobs; ++i) others.emplace_back([this] { work(); });
        work();
        for (std::thread& other : others) other.join();
        if (failure_) return tl::unexpected<Error>(*std::move(failure_));
        AIVM_TRY(recorder_.commit());
        return SweepOutcome{failed_, schedule_.finished(), progress()};
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
        PointCache points(plan_);
        try {
            const auto backend = Backend::open(options_.backend);
            if (!backend) return give_up(backend.error());
            while (const auto item = take_next()) {
                if (Status made = make_checked_run(*item, points, **backend); !made)
                    give_up(std::move(made.error()));
            }
        } catch (const std::exception& bug) {
            give_up({ErrorCode::kWrongState, bug.what()});
        }
    }

    // A run that fails leaves its reason, instead of ending the program or the sweep.
    Status make_checked_run(const SweepItem& item, PointCache& points, Backend& backend) {
        Status made;
        try {
            made = make_run(item, points, backend);
        } catch (const std::bad_alloc&) {
            made = fail(ErrorCode::kWrongState, "out of memory");
        } catch (const std::exception& bug) {
            made = fail(ErrorCode::kWrongState, bug.what());
        }
        if (made || made.error().code == ErrorCode::kStorage) return made;
        if (!options_.stop_at_failure) return record_failure(item, points, made.error());
        made.error().context = fmt::format("{} seed {}: {}", plan_.name_of(item.point),
                                           plan_.seeds()[item.replicate], made.error().context);
        return made;
    }

    Status record_failure(const SweepItem& item, PointCache& points, const Error& error) {
        AIVM_ASSIGN(LoadedPoint* const at, points.get(item.point));
        const std::string reason = error.context.empty() ? error.text() : error.context;
        const std::lock_guard lock(mutex_);
        if (failure_) return {};
        describe_run(plan_, item, at->info);
        AIVM_TRY(write([&](sim::RowSink& sink) { return write_failure(at->info, reason, sink); }));
        ++failed_;
        return finish_item(item);
    }

    // The item's run is in the file.
    Status finish_item(const SweepItem& item) {
        AIVM_TRY(schedule_.done(item));
        changed_.notify_all();
        if (options_.progress) options_.progress(progress());
        return {};
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

    Status make_run(const SweepItem& item, PointCache& points, Backend& backend) {
        AIVM_ASSIGN(LoadedPoint* const at, points.get(item.point));
        RunOptions run;
        run.strategies = plan_.strategies();
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
        describe_run(plan_, item, at->info);
        AIVM_TRY(write([&](sim::RowSink& sink) -> Status {
            if (Status begun = sink.begin_run(at->info); !begun) return begun;
            world->write_results(sink, summary.wall_time_ns, outcome);
            return sink.finish_run(summary);
        }));
        return finish_item(item);
    }

    // A run and those that it is compared with, whose rows wait in memory until they are complete.
    Status make_compared_run(const SweepItem& item, LoadedPoint& at, RunOptions& run) {
        run.counterfactual = true;
        run.progress = [this](sim::SimTime, std::uint64_t) { return !stopped(); };
        describe_run(plan_, item, at.info);
        sim::VectorSink rows;
        AIVM_ASSIGN(const sim::Outcome outcome,
                    run_scenario(at.setting.scenario, run, rows, at.info));
        const std::lock_guard lock(mutex_);
        if (outcome.status == sim::RunStatus::kInterrupted || stopped() || failure_) {
            changed_.notify_all();
            return {};
        }
        AIVM_TRY(write([&](sim::RowSink& sink) { return rows.copy_to(sink); }));
        return finish_item(item);
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

    [[nodiscard]] bool is_there(const SweepItem& item) const {
        return there_.contains(
            {plan_.point_id(item.point), std::to_string(plan_.seeds()[item.replicate])});
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
    std::set<PointAndSeed> there_;
    std::uint64_t failed_ = 0;
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
        AIVM_TRY(recorder.add_analysis(estimate_row(
            point_id, rule.metric, "", "group-sequential " + confidence_text(confidence), found)));
    }
    return {};
}

std::string difference(const std::vector<sim::SweepRow>& rows, const SweepPlan& plan) {
    if (rows.size() != 1)
        return rows.empty() ? "it is no sweep" : "it was merged of some of its shards";
    if (rows[0].shard != plan.shard() || rows[0].shards != plan.shards()) {
        return fmt::format("it is shard {}/{} and this is {}/{}", rows[0].shard, rows[0].shards,
                           plan.shard(), plan.shards());
    }
    return {};
}

tl::unexpected<Error> cannot_grow(const std::string& path, const std::string& why,
                                  const std::string& remedy = "choose another --out") {
    return fail(ErrorCode::kConflict,
                fmt::format("{} is another study and cannot grow to this one: {}; {}", path, why,
                            remedy.empty() ? "choose another --out" : remedy));
}

// The plan that adds the request to that of a study.
Result<SweepPlan> grown_plan(const std::string& path, const std::vector<sim::SweepRow>& rows,
                             const SweepRequest& request, const SweepPlan& asked) {
    if (const std::string why = difference(rows, asked); !why.empty())
        return cannot_grow(path, why);
    const auto grown = grown_request(rows.front().plan, request, asked);
    if (!grown) return cannot_grow(path, grown.error().message, grown.error().remedy);
    auto plan = SweepPlan::make(*grown);
    if (!plan) return cannot_grow(path, plan.error().front());
    if (plan->json() != rows.front().plan && asked.shards() > 1) {
        return cannot_grow(path, plan_difference(rows.front().plan, plan->json()),
                           "grow the merged study instead");
    }
    const std::string there = base_of_plan(rows.front().plan);
    if (const std::string base = plan->name_of(plan->base_point()); base != there) {
        return cannot_grow(path, fmt::format("it compares with {} and this with {}", there, base),
                           "name that one with --base");
    }
    return *std::move(plan);
}

// The sweep rows of an unfinished file; none if it is not a study of ours, or if another process
// is writing it, which Recorder::create() reports.
std::vector<sim::SweepRow> rows_of_unfinished(const std::string& partial) {
    auto database = sim::Database::open(partial, sim::Database::Mode::kReadWrite);
    if (!database) return {};
    return sim::select_rows<sim::SweepRow>(*database, "").value_or(std::vector<sim::SweepRow>());
}

bool is_file(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored);
}

// A finished study that grows is continued as an unfinished one.
Status copy_to_grow(const std::string& path, const std::string& partial) {
    const std::string copy = partial + "-copy";
    std::error_code error;
    std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing,
                               error);
    if (!error) std::filesystem::rename(copy, partial, error);
    if (!error) return {};
    std::error_code ignored;
    std::filesystem::remove(copy, ignored);
    return fail(ErrorCode::kStorage,
                fmt::format("{} cannot be copied to grow: {}", path, error.message()));
}

Status store_plan(sim::Recorder& recorder, const SweepPlan& plan) {
    AIVM_TRY(recorder.database().execute("DELETE FROM sweep"));
    AIVM_TRY(recorder.add_sweep({.plan = plan.json(),
                                 .shard = plan.shard(),
                                 .shards = plan.shards(),
                                 .base_point_id = plan.point_id(plan.base_point()),
                                 .confidence = plan.confidence()}));
    return recorder.commit();
}

}  // namespace

Result<PlanInPlace> plan_in_place(const std::string& path, const SweepRequest& request,
                                  SweepPlan asked) {
    const std::string partial = path + ".partial";
    if (is_file(partial)) {
        const auto rows = rows_of_unfinished(partial);
        if (rows.empty()) return PlanInPlace{std::move(asked)};
        AIVM_ASSIGN(SweepPlan plan, grown_plan(partial, rows, request, asked));
        return PlanInPlace{std::move(plan)};
    }
    if (!is_file(path)) return PlanInPlace{std::move(asked)};
    AIVM_ASSIGN(sim::Study study, sim::open_study(path));
    AIVM_ASSIGN(const auto rows, study.rows<sim::SweepRow>());
    AIVM_ASSIGN(SweepPlan plan, grown_plan(path, rows, request, asked));
    AIVM_ASSIGN(const auto runs, study.rows<sim::RunRow>());
    const bool all = std::ranges::none_of(
        runs, [](const sim::RunRow& run) { return run.status == sim::RunStatus::kFailed; });
    const bool same = plan.json() == rows.front().plan;
    return PlanInPlace{std::move(plan), same && all};
}

Result<std::uint64_t> count_runs_in_place(const std::string& path, const SweepPlan& plan) {
    const std::string partial = path + ".partial";
    const bool is_unfinished = is_file(partial);
    if (!is_unfinished && !is_file(path)) return 0;
    // An unfinished file has a log beside it, which only a writer may read.
    using Mode = sim::Database::Mode;
    AIVM_ASSIGN(auto database, is_unfinished ? sim::Database::open(partial, Mode::kReadWrite)
                                             : sim::Database::open(path, Mode::kReadOnly));
    AIVM_ASSIGN(const auto there, runs_there(database));
    std::uint64_t count = 0;
    for (std::size_t replicate = 0; replicate < plan.seeds().size(); ++replicate) {
        const std::string seed = std::to_string(plan.seeds()[replicate]);
        for (std::size_t point = 0; point < plan.points(); ++point) {
            if (plan.has_run(point, replicate) && there.contains({plan.point_id(point), seed}))
                ++count;
        }
    }
    return count;
}

Result<std::unique_ptr<sim::Recorder>> open_sweep(const std::string& path,
                                                  const sim::StudyInfo& study,
                                                  const SweepPlan& plan) {
    const std::string partial = path + ".partial";
    const bool grows = is_file(path);
    if (grows && !is_file(partial)) AIVM_TRY(copy_to_grow(path, partial));
    AIVM_ASSIGN(auto recorder,
                sim::Recorder::create(path, study, {.overwrite = grows, .resumable = true}));
    AIVM_ASSIGN(const auto rows, sim::select_rows<sim::SweepRow>(recorder->database(), ""));
    AIVM_ASSIGN(const std::int64_t points,
                recorder->database().integer("SELECT count(*) FROM point"));
    if (rows.empty() && points == 0) {
        AIVM_TRY(store_plan(*recorder, plan));
        return recorder;
    }
    if (const std::string why = difference(rows, plan); !why.empty()) {
        return fail(ErrorCode::kConflict,
                    fmt::format("{} is another sweep: {}; give the same command, or another --out",
                                recorder->partial_path(), why));
    }
    if (rows.front().plan != plan.json()) AIVM_TRY(store_plan(*recorder, plan));
    return recorder;
}

Result<SweepOutcome> run_sweep(const SweepPlan& plan, const SweepOptions& options,
                               sim::Recorder& recorder) {
    AIVM_CHECK(options.jobs > 0);
    return Sweep(plan, options, recorder).run();
}

Result<std::vector<SweepItem>> take_missing_runs(const SweepPlan& plan, sim::Recorder& recorder) {
    AIVM_CHECK(plan.rules().empty());
    AIVM_ASSIGN(const auto there, runs_there(recorder.database()));
    AIVM_TRY(recorder.database().execute("DELETE FROM run WHERE status = 'failed'"));
    std::vector<SweepItem> out;
    for (std::size_t replicate = 0; replicate < plan.seeds().size(); ++replicate) {
        const std::string seed = std::to_string(plan.seeds()[replicate]);
        for (std::size_t point = 0; point < plan.points(); ++point) {
            if (!plan.has_run(point, replicate)) continue;
            if (!there.contains({plan.point_id(point), seed})) out.push_back({point, replicate});
        }
    }
    return out;
}

Status record_run(const SweepPlan& plan, const sim::VectorSink& run, sim::Recorder& recorder) {
    if (plan.detail() != Detail::kMetrics) return run.copy_to(recorder);
    MetricsOnly metrics(recorder);
    return run.copy_to(metrics);
}

Status record_failed_run(const SweepPlan& plan, const SweepItem& item, const std::string& reason,
                         sim::Recorder& recorder) {
    sim::RunInfo info = plan.info(item.point, plan.load(item.point));
    describe_run(plan, item, info);
    return write_failure(info, reason, recorder);
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
