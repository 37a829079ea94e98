#include "scenarios/sweep/analysis.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "scenarios/sweep/stop_rule.h"

namespace aivm::scenarios {
namespace {

using sim::Database;
using sim::Statement;

using Name = std::pair<std::string, std::string>;  // metric, mode
using Metrics = std::map<Name, double>;            // of one run

struct RunKey {
    std::int64_t run_id = 0;
    std::uint64_t replicate = 0;
    std::string seed;
};

std::string text_at(const Statement& statement, int column) {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement.raw(), column));
    return bytes == nullptr ? "" : bytes;
}

// In an order that does not depend on when the runs were made, since sums of floating-point numbers
// depend on their order. Interrupted runs are left out.
Result<std::vector<RunKey>> runs_of(Database& database, std::int64_t point_id,
                                    std::uint64_t replicates) {
    AIVM_ASSIGN(
        const Statement statement,
        database.prepare(
            "SELECT run_id, replicate, seed FROM run WHERE point_id = ? AND replicate < ? AND "
            "status <> 'interrupted' ORDER BY replicate, run_id"));
    sqlite3_bind_int64(statement.raw(), 1, point_id);
    sqlite3_bind_int64(statement.raw(), 2, static_cast<sqlite3_int64>(replicates));
    std::vector<RunKey> out;
    while (true) {
        AIVM_ASSIGN(const bool found, database.next(statement));
        if (!found) return out;
        out.push_back({sqlite3_column_int64(statement.raw(), 0),
                       static_cast<std::uint64_t>(sqlite3_column_int64(statement.raw(), 1)),
                       text_at(statement, 2)});
    }
}

constexpr std::uint64_t kAllReplicates = std::numeric_limits<std::int64_t>::max();

// Reads the rows of a run, with statements that are prepared once.
class RunReader {
public:
    static Result<RunReader> make(Database& database) {
        AIVM_ASSIGN(Statement metrics,
                    database.prepare("SELECT name, mode, value FROM metric WHERE run_id = ? AND "
                                     "name <> 'wall_seconds'"));
        AIVM_ASSIGN(
            Statement tasks,
            database.prepare("SELECT count(*) FILTER (WHERE outcome = 'final_corrupt'), count(*) "
                             "FILTER (WHERE outcome IN ('final_ok', 'final_corrupt')), count(*) "
                             "FROM task WHERE run_id = ?"));
        return RunReader(database, std::move(metrics), std::move(tasks));
    }

    Result<Metrics> metrics(std::int64_t run_id) {
        start(metrics_, run_id);
        Metrics out;
        while (true) {
            AIVM_ASSIGN(const bool found, database_.next(metrics_));
            if (!found) return out;
            out[{text_at(metrics_, 0), text_at(metrics_, 1)}] =
                sqlite3_column_double(metrics_.raw(), 2);
        }
    }

    // The share of corrupt results among final ones; empty if no rows of tasks were recorded.
    Result<std::optional<std::pair<double, double>>> final_results(std::int64_t run_id) {
        start(tasks_, run_id);
        AIVM_TRY(database_.next(tasks_));
        if (sqlite3_column_int64(tasks_.raw(), 2) == 0) return std::nullopt;
        return std::pair{sqlite3_column_double(tasks_.raw(), 0),
                         sqlite3_column_double(tasks_.raw(), 1)};
    }

private:
    RunReader(Database& database, Statement metrics, Statement tasks)
        : database_(database), metrics_(std::move(metrics)), tasks_(std::move(tasks)) {}

    static void start(const Statement& statement, std::int64_t run_id) {
        sqlite3_reset(statement.raw());
        sqlite3_bind_int64(statement.raw(), 1, run_id);
    }

    Database& database_;
    Statement metrics_;
    Statement tasks_;
};

// The sums of a point.
struct PointSums {
    std::map<Name, Moments> metrics;
    ClusteredShare final_corrupt;
    ClusteredShare profitable;
    std::map<std::string, ClusteredShare> fraud_missed;  // by mode
};

double value_or_zero(const Metrics& metrics, const Name& name) {
    const auto found = metrics.find(name);
    return found == metrics.end() ? 0 : found->second;
}

Status add_run(RunReader& reader, const RunKey& run, PointSums& sums) {
    AIVM_ASSIGN(const Metrics metrics, reader.metrics(run.run_id));
    for (const auto& [name, value] : metrics) {
        sums.metrics[name].add(value);
        if (name.first != "n_fraud_posted") continue;
        sums.fraud_missed[name.second].add(value_or_zero(metrics, {"n_fraud_missed", name.second}),
                                           value);
    }
    if (const auto profitable = metrics.find({"attacker_profitable", ""});
        profitable != metrics.end()) {
        sums.profitable.add(profitable->second, 1);
    }
    AIVM_ASSIGN(const auto counted, reader.final_results(run.run_id));
    if (counted) sums.final_corrupt.add(counted->first, counted->second);
    return {};
}

Result<PointSums> sums_of(Database& database, std::int64_t point_id, std::uint64_t replicates) {
    AIVM_ASSIGN(const auto runs, runs_of(database, point_id, replicates));
    AIVM_ASSIGN(RunReader reader, RunReader::make(database));
    PointSums sums;
    for (const RunKey& run : runs) AIVM_TRY(add_run(reader, run, sums));
    return sums;
}

}  // namespace

std::string confidence_text(double confidence) { return fmt::format("{:.6g}%", confidence * 100); }

Result<std::vector<std::int64_t>> point_ids(Database& database) {
    AIVM_ASSIGN(const Statement statement,
                database.prepare("SELECT point_id FROM point ORDER BY point_id"));
    std::vector<std::int64_t> out;
    while (true) {
        AIVM_ASSIGN(const bool found, database.next(statement));
        if (!found) return out;
        out.push_back(sqlite3_column_int64(statement.raw(), 0));
    }
}

Result<std::vector<sim::EstimateRow>> estimates_of(Database& database, std::int64_t point_id,
                                                   double confidence) {
    AIVM_ASSIGN(const PointSums sums, sums_of(database, point_id, kAllReplicates));
    const std::string student = "t " + confidence_text(confidence);
    const std::string of_share = "share " + confidence_text(confidence);
    std::vector<sim::EstimateRow> out;
    for (const auto& [name, moments] : sums.metrics) {
        const Interval interval = t_interval(moments, confidence);
        out.push_back({point_id, name.first, name.second, student, moments.n(), moments.mean(),
                       interval.low, interval.high});
    }
    const auto add_share = [&](std::string_view name, const std::string& mode,
                               const ClusteredShare& share) {
        const Interval interval = share.interval(confidence);
        out.push_back({point_id, std::string(name), mode, of_share,
                       static_cast<std::uint64_t>(share.whole()), share.share(), interval.low,
                       interval.high});
    };
    if (sums.final_corrupt.runs() > 0) add_share("p_final_corrupt", "", sums.final_corrupt);
    if (sums.profitable.runs() > 0) add_share("attacker_profitable", "", sums.profitable);
    for (const auto& [mode, share] : sums.fraud_missed) add_share(kFraudMissedShare, mode, share);
    return out;
}

Result<std::vector<sim::ContrastRow>> contrasts_of(Database& database, std::int64_t point_id,
                                                   std::int64_t base_point_id, double confidence) {
    std::vector<sim::ContrastRow> out;
    if (point_id == base_point_id) return out;
    AIVM_ASSIGN(const auto runs, runs_of(database, point_id, kAllReplicates));
    AIVM_ASSIGN(const auto base_runs, runs_of(database, base_point_id, kAllReplicates));
    AIVM_ASSIGN(RunReader reader, RunReader::make(database));
    std::map<Name, Moments> differences;
    std::map<Name, PairedShares> shares;
    auto base = base_runs.begin();
    for (const RunKey& run : runs) {
        while (base != base_runs.end() && base->replicate < run.replicate) ++base;
        if (base == base_runs.end()) break;
        if (base->replicate != run.replicate || base->seed != run.seed) continue;
        AIVM_ASSIGN(const Metrics metrics, reader.metrics(run.run_id));
        AIVM_ASSIGN(const Metrics base_metrics, reader.metrics(base->run_id));
        for (const auto& [name, value] : metrics) {
            if (const auto other = base_metrics.find(name); other != base_metrics.end()) {
                differences[name].add(value - other->second);
                if (name.first != "n_fraud_posted") continue;
                const Name missed{"n_fraud_missed", name.second};
                shares[{std::string(kFraudMissedShare), name.second}].add(
                    value_or_zero(metrics, missed), value, value_or_zero(base_metrics, missed),
                    other->second);
            }
        }
        AIVM_ASSIGN(const auto final_results, reader.final_results(run.run_id));
        AIVM_ASSIGN(const auto base_results, reader.final_results(base->run_id));
        if (final_results && base_results) {
            shares[{"p_final_corrupt", ""}].add(final_results->first, final_results->second,
                                                base_results->first, base_results->second);
        }
    }
    const std::string method = "paired t " + confidence_text(confidence);
    for (const auto& [name, moments] : differences) {
        const Interval interval = t_interval(moments, confidence);
        out.push_back({point_id, base_point_id, name.first, name.second, method, moments.n(),
                       moments.mean(), interval.low, interval.high});
    }
    const std::string ratio_method = "paired ratio " + confidence_text(confidence);
    for (const auto& [name, paired] : shares) {
        const Interval interval = paired.interval(confidence);
        // No such events, one run, or no variance to measure an interval with: no data.
        if (std::isinf(interval.low) || interval.width() <= 0) continue;
        out.push_back({point_id, base_point_id, name.first, name.second, ratio_method,
                       paired.runs(), paired.difference(), interval.low, interval.high});
    }
    return out;
}

Result<MetricEstimate> estimate_metric(Database& database, std::int64_t point_id,
                                       const std::string& metric, std::uint64_t replicates,
                                       double confidence) {
    AIVM_ASSIGN(const PointSums sums, sums_of(database, point_id, replicates));
    const auto of_share = [&](const ClusteredShare& share) {
        return MetricEstimate{static_cast<std::uint64_t>(share.whole()), share.share(),
                              share.interval(confidence)};
    };
    if (metric == "p_final_corrupt") return of_share(sums.final_corrupt);
    if (metric == "attacker_profitable") return of_share(sums.profitable);
    if (metric == kFraudMissedShare) {
        const auto found = sums.fraud_missed.find("");
        return of_share(found == sums.fraud_missed.end() ? ClusteredShare() : found->second);
    }
    const auto found = sums.metrics.find({metric, ""});
    const Moments moments = found == sums.metrics.end() ? Moments() : found->second;
    return MetricEstimate{moments.n(), moments.mean(), t_interval(moments, confidence)};
}

}  // namespace aivm::scenarios
