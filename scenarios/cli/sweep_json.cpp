// A sweep as JSON; scripts rely on the keys.
#include <cmath>
#include <nlohmann/json.hpp>

#include "scenarios/cli/json_version.h"
#include "scenarios/cli/sweep_shown.h"

namespace aivm::scenarios::cli {
namespace {

using Json = nlohmann::ordered_json;

// No data is null, and so is an infinite end.
Json value_of(std::optional<double> value) {
    return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

// Identifiers have 63 bits, more than a number of JSON holds exactly.
std::string id_of(std::int64_t id) { return std::to_string(id); }

template <class Row>
Json interval_of(const Row& row) {
    return {{"name", row.name},           {"mode", row.mode},
            {"method", row.method},       {"n", row.n},
            {"mean", value_of(row.mean)}, {"low", value_of(row.low)},
            {"high", value_of(row.high)}};
}

Json point_of(const SweepShown& shown, const PointShown& point) {
    Json values = Json::object();
    const auto& axes = shown.plan.axes();
    for (std::size_t i = 0; i < axes.size(); ++i)
        if (!point.values[i].empty()) values[axes[i].key] = point.values[i];
    Json estimates = Json::array();
    for (const sim::EstimateRow& row : point.estimates) estimates.push_back(interval_of(row));
    Json contrasts = Json::array();
    for (const sim::ContrastRow& row : point.contrasts) contrasts.push_back(interval_of(row));
    return {{"point_id", id_of(point.point_id)},
            {"values", values},
            {"runs", point.runs},
            {"estimates", estimates},
            {"contrasts", contrasts}};
}

}  // namespace

std::string sweep_json(const SweepShown& shown) {
    Json points = Json::array();
    for (const PointShown& point : shown.points) points.push_back(point_of(shown, point));
    Json faults = Json::array();
    for (const FaultsShown& each : shown.faults)
        faults.push_back({{"kind", each.kind}, {"runs", each.runs}, {"faults", each.faults}});
    Json violations = Json::array();
    for (const ViolationShown& v : shown.violations) {
        violations.push_back({{"run_id", id_of(v.run_id)},
                              {"point_id", id_of(v.point_id)},
                              {"seed", v.seed},
                              {"invariant", v.invariant},
                              {"message", v.message}});
    }
    Json failures = Json::array();
    for (const FailureShown& one : shown.failures) {
        failures.push_back(
            {{"point_id", id_of(one.point_id)}, {"seed", one.seed}, {"reason", one.reason}});
    }
    Json findings = Json::array();
    for (const SavedFinding& finding : shown.findings) {
        findings.push_back({{"id", finding.id},
                            {"invariant", finding.violation.invariant},
                            {"folder", finding.folder},
                            {"actions", finding.actions},
                            {"reproduce", "aivmsim replay " + shell_argument(finding.folder)}});
    }
    const Json document = {{"schema_version", kJsonVersion},
                           {"scenario", shown.plan.scenario()},
                           {"complete", shown.complete},
                           {"exit_code", static_cast<int>(shown.exit_code())},
                           {"database", shown.database},
                           {"shard", shown.plan.shard()},
                           {"shards", shown.plan.shards()},
                           {"runs", shown.runs.runs_there},
                           {"runs_made", shown.runs.runs_made},
                           {"runs_max", shown.runs.runs_max},
                           {"runs_by_status", shown.by_status},
                           {"wall_seconds", static_cast<double>(shown.wall_ns) / 1e9},
                           {"confidence", shown.plan.confidence()},
                           {"base_point_id", id_of(shown.plan.point_id(shown.plan.base_point()))},
                           {"points", points},
                           {"faults", faults},
                           {"violations", violations},
                           {"findings", findings},
                           {"failures", failures}};
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string dry_run_json(const DryRunShown& shown) {
    const Json document = {{"schema_version", kJsonVersion},
                           {"scenario", shown.plan.scenario()},
                           {"points", shown.plan.points()},
                           {"seeds", shown.plan.seeds().size()},
                           {"runs_max", shown.plan.runs_max()},
                           {"runs_there", shown.runs_there},
                           {"runs_left", shown.runs_left()},
                           {"tasks", shown.tasks},
                           {"jobs", shown.jobs},
                           {"seconds", static_cast<double>(shown.time_ns) / 1e9}};
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aivm::scenarios::cli
