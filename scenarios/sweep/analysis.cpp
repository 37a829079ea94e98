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

struct Measured {
    std::optional<double> value;
    std::uint64_t n = 0;  // of a mean or share: how many values it is taken from
};
using Metrics = std::map<Name, Measured>;  // of one run

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
// depend on their order. Runs that were interrupted or failed are left out.
Result<std::vector<RunKey>> runs_of(Database& database, std::int64_t point_id,
                                    std::uint64_t replicates) {
    AIVM_ASSIGN(
        const Statement statement,
        database.prepare(
            "SELECT run_id, replicate, seed FROM run WHERE point_id = ? AND replicate < ? AND "
            "status NOT IN ('interrupted', 'failed') ORDER BY replicate, run_id"));
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
                    database.prepare("SELECT name, mode, value, n FROM metric WHERE run_id = ? AND "
                                     "name <> 'wall_seconds'"));
        return RunReader(database, std::move(metrics));
    }

    Result<Metrics> metrics(std::int64_t run_id) {
        start(metrics_, run_id);
        Metrics out;
        while (true) {
            AIVM_ASSIGN(const bool found, database_.next(metrics_));
            if (!found) return out;
            Measured& row = out[{text_at(metrics_, 0), text_at(metrics_, 1)}];
            if (sqlite3_column_type(metrics_.raw(), 2) != SQLITE_NULL)
                row.value = sqlite3_column_double(metrics_.raw(), 2);
            row.n = static_cast<std::uint64_t>(sqlite3_column_int64(metrics_.raw(), 3));
        }
    }

private:
    RunReader(Database& database, Statement metrics)
        : database_(database), metrics_(std::move(metrics)) {}

    static void start(const Statement& statement, std::int64_t run_id) {
        sqlite3_reset(statement.raw());
        sqlite3_bind_int64(statement.raw(), 1, run_id);
    }

    Database& database_;
    Statement metrics_;
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
    return found == metrics.end() ? 0 : found->second.value.value_or(0);
}

// Final results, and the wrong ones among them.
struct FinalResults {
    double wrong = 0;
    double all = 0;
};
FinalResults final_results(const Metrics& metrics) {
    const auto share = metrics.find({"p_final_corrupt", ""});
    if (share == metrics.end()) return {};
    return {value_or_zero(metrics, {"n_fraud_missed", ""}), static_cast<double>(share->second.n)};
}

Status add_run(RunReader& reader, const RunKey& run, PointSums& sums) {
    AIVM_ASSIGN(const Metrics metrics, reader.metrics(run.run_id));
    for (const auto& [name, measured] : metrics) {
        Moments& moments = sums.metrics[name];  // also of a metric that no run has a value of
        if (!measured.value) continue;
        moments.add(*measured.value);
        if (name.first != "n_fraud_posted") continue;
        sums.fraud_missed[name.second].add(value_or_zero(metrics, {"n_fraud_missed", name.second}),
                                           *measured.value);
    }
    if (const auto profitable = metrics.find({"attacker_profitable", ""});
        profitable != metrics.end() && profitable->second.value) {
        sums.profitable.add(*profitable->second.value, 1);
    }
    const FinalResults counted = final_results(metrics);
    sums.final_corrupt.add(counted.wrong, counted.all);
    return {};
}

Result<PointSums> sums_of(Database& database, std::int64_t point_id, std::uint64_t replicates) {
    AIVM_ASSIGN(const auto runs, runs_of(database, point_id, replicates));
    AIVM_ASSIGN(RunReader reader, RunReader::make(database));
    PointSums sums;
    for (const RunKey& run : runs) AIVM_TRY(add_run(reader, run, sums));
    return sums;
}

// An end without a number is no data.
std::optional<double> finite(double end) {
    return std::isfinite(end) ? std::optional(end) : std::nullopt;
}

MetricEstimate estimate_of(const Moments& moments, double confidence) {
    const Interval interval = t_interval(moments, confidence);
    return {moments.n(), moments.n() > 0 ? std::optional(moments.mean()) : std::nullopt, interval};
}

MetricEstimate estimate_of(const ClusteredShare& share, double confidence) {
    return {static_cast<std::uint64_t>(share.whole()),
            share.whole() > 0 ? std::optional(share.share()) : std::nullopt,
            share.interval(confidence)};
}

}  // namespace

sim::EstimateRow estimate_row(std::int64_t point_id, std::string name, std::string mode,
                              std::string method, const MetricEstimate& found) {
    sim::EstimateRow row{point_id, std::move(name), std::move(mode), std::move(method),
                         found.n,  found.mean,      std::nullopt,    std::nullopt};
    if (!found.mean) return row;
    row.low = finite(found.interval.low);
    row.high = finite(found.interval.high);
    return row;
}

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
        out.push_back(estimate_row(point_id, name.first, name.second, student,
                                   estimate_of(moments, confidence)));
    }
    const auto add_share = [&](std::string_view name, const std::string& mode,
                               const ClusteredShare& share) {
        out.push_back(estimate_row(point_id, std::string(name), mode, of_share,
                                   estimate_of(share, confidence)));
    };
    if (sums.metrics.contains({"p_final_corrupt", ""}))
        add_share("p_final_corrupt", "", sums.final_corrupt);
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
        for (const auto& [name, measured] : metrics) {
            const auto other = base_metrics.find(name);
            if (other == base_metrics.end() || !measured.value || !other->second.value) continue;
            differences[name].add(*measured.value - *other->second.value);
            if (name.first != "n_fraud_posted") continue;
            const Name missed{"n_fraud_missed", name.second};
            shares[{std::string(kFraudMissedShare), name.second}].add(
                value_or_zero(metrics, missed), *measured.value,
                value_or_zero(base_metrics, missed), *other->second.value);
        }
        const FinalResults here = final_results(metrics);
        const FinalResults there = final_results(base_metrics);
        shares[{"p_final_corrupt", ""}].add(here.wrong, here.all, there.wrong, there.all);
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
    if (metric == "p_final_corrupt") return estimate_of(sums.final_corrupt, confidence);
    if (metric == "attacker_profitable") return estimate_of(sums.profitable, confidence);
    if (metric == kFraudMissedShare) {
        const auto found = sums.fraud_missed.find("");
        return estimate_of(found == sums.fraud_missed.end() ? ClusteredShare() : found->second,
                           confidence);
    }
    const auto found = sums.metrics.find({metric, ""});
    return estimate_of(found == sums.metrics.end() ? Moments() : found->second, confidence);
}

}  // namespace aivm::scenarios
