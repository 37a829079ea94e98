#include "scenarios/cli/sweep_shown.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <map>

#include "scenarios/sweep/analysis.h"
#include "sim/record/study.h"
#include "sim/scenario/fault.h"

namespace aivm::scenarios::cli {
namespace {

constexpr int kMostOfAKind = 3;
constexpr int kMostFailures = 3;

std::string text_at(const sim::Statement& statement, int column) {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement.raw(), column));
    return bytes == nullptr ? "" : bytes;
}

Status read_statuses(sim::Database& database, SweepShown& shown) {
    AIVM_ASSIGN(const auto statement,
                database.prepare("SELECT status, count(*) FROM run GROUP BY status"));
    while (true) {
        AIVM_ASSIGN(const bool found, database.next(statement));
        if (!found) return {};
        shown.by_status[text_at(statement, 0)] =
            static_cast<std::uint64_t>(sqlite3_column_int64(statement.raw(), 1));
    }
}

Status read_violations(sim::Database& database, SweepShown& shown) {
    AIVM_ASSIGN(const auto statement,
                database.prepare(fmt::format(
                    "SELECT run_id, point_id, seed, invariant, message FROM (SELECT *, "
                    "row_number() OVER (PARTITION BY invariant ORDER BY replicate, run_id) AS "
                    "place FROM violation JOIN run USING (run_id) WHERE NOT expected) "
                    "WHERE place <= {} ORDER BY place, invariant",
                    kMostOfAKind)));
    while (true) {
        AIVM_ASSIGN(const bool found, database.next(statement));
        if (!found) return {};
        const std::string invariant = text_at(statement, 3);
        shown.violations.push_back({sqlite3_column_int64(statement.raw(), 0),
                                    sqlite3_column_int64(statement.raw(), 1), text_at(statement, 2),
                                    invariant, text_at(statement, 4), invariant.starts_with('L')});
    }
}

Status read_failures(sim::Database& database, SweepShown& shown) {
    AIVM_ASSIGN(const auto statement,
                database.prepare(
                    fmt::format("SELECT point_id, seed, failure FROM run WHERE status = 'failed' "
                                "ORDER BY replicate, run_id LIMIT {}",
                                kMostFailures)));
    while (true) {
        AIVM_ASSIGN(const bool found, database.next(statement));
        if (!found) return {};
        shown.failures.push_back({sqlite3_column_int64(statement.raw(), 0), text_at(statement, 1),
                                  text_at(statement, 2)});
    }
}

// Whether a swarm may draw faults of this kind in runs of the sweep.
bool may_be_drawn(const sim::SwarmSettings& swarm, std::string_view kind) {
    return swarm.enabled &&
           (swarm.kinds.empty() || std::ranges::find(swarm.kinds, kind) != swarm.kinds.end());
}

// The kinds that occurred and, where faults are drawn, also those that never did.
Status read_faults(sim::Database& database, SweepShown& shown) {
    std::map<std::string, FaultsShown> by_kind;
    const sim::SwarmSettings swarm = shown.plan.load(0).scenario.swarm;
    for (const std::string_view kind : words<sim::FaultKind>) {
        if (may_be_drawn(swarm, kind)) by_kind[std::string(kind)].kind = kind;
    }
    AIVM_ASSIGN(const auto statement,
                database.prepare("SELECT kind, count(DISTINCT run_id), count(*) FROM fault "
                                 "GROUP BY kind"));
    while (true) {
        AIVM_ASSIGN(const bool found, database.next(statement));
        if (!found) break;
        const std::string kind = text_at(statement, 0);
        by_kind[kind] = {kind, static_cast<std::uint64_t>(sqlite3_column_int64(statement.raw(), 1)),
                         static_cast<std::uint64_t>(sqlite3_column_int64(statement.raw(), 2))};
    }
    for (auto& [kind, faults] : by_kind) shown.faults.push_back(std::move(faults));
    return {};
}

Status read_point(sim::Database& database, const SweepShown& shown, std::size_t number,
                  PointShown& point) {
    point.values = shown.plan.values_at(number);
    point.point_id = shown.plan.point_id(number);
    const std::string where = fmt::format("WHERE point_id = {}", point.point_id);
    AIVM_ASSIGN(const std::int64_t runs, database.integer("SELECT count(*) FROM run " + where));
    point.runs = static_cast<std::uint64_t>(runs);
    if (!shown.complete) {  // no estimates have been written yet
        AIVM_ASSIGN(point.estimates,
                    estimates_of(database, point.point_id, shown.plan.confidence()));
        return {};
    }
    AIVM_ASSIGN(point.estimates, sim::select_rows<sim::EstimateRow>(database, where));
    AIVM_ASSIGN(point.contrasts, sim::select_rows<sim::ContrastRow>(database, where));
    return {};
}

}  // namespace

const sim::EstimateRow* PointShown::estimate(std::string_view metric,
                                             std::string_view method) const {
    for (const sim::EstimateRow& row : estimates) {
        if (row.name == metric && row.mode.empty() && row.method.starts_with(method)) return &row;
    }
    return nullptr;
}

const sim::EstimateRow* PointShown::best(std::string_view metric) const {
    const sim::EstimateRow* share = estimate(metric, "share ");
    return share != nullptr ? share : estimate(metric, "t ");
}

ExitCode SweepShown::exit_code() const {
    if (!complete) return kExitInterrupted;
    const auto count = [this](const char* status) {
        const auto found = by_status.find(status);
        return found == by_status.end() ? 0 : found->second;
    };
    if (count("violated") > 0) return kExitViolated;
    if (count("failed") > 0) return kExitHarnessFailed;
    return count("budget") > 0 ? kExitLimit : kExitClean;
}

std::optional<std::size_t> point_number(const SweepPlan& plan, std::int64_t point_id) {
    for (std::size_t number = 0; number < plan.points(); ++number)
        if (plan.point_id(number) == point_id) return number;
    return std::nullopt;
}

Status read_study(SweepShown& shown) {
    AIVM_ASSIGN(auto database, sim::Database::open(shown.database, sim::Database::Mode::kReadOnly));
    AIVM_TRY(read_statuses(database, shown));
    AIVM_TRY(read_violations(database, shown));
    AIVM_TRY(read_failures(database, shown));
    AIVM_TRY(read_faults(database, shown));
    for (std::size_t number = 0; number < shown.plan.points(); ++number) {
        PointShown point;
        AIVM_TRY(read_point(database, shown, number, point));
        shown.points.push_back(std::move(point));
    }
    return {};
}

}  // namespace aivm::scenarios::cli
