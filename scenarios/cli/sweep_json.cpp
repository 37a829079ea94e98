// A sweep as JSON; scripts rely on the keys.
#include <cmath>
#include <nlohmann/json.hpp>

#include "scenarios/cli/sweep_shown.h"

namespace aivm::scenarios::cli {
namespace {

using Json = nlohmann::ordered_json;

// JSON has no infinity: an infinite end is null.
Json number_of(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

template <class Row>
Json interval_of(const Row& row) {
    return {
        {"name", row.name}, {"mode", row.mode},          {"method", row.method},       {"n", row.n},
        {"mean", row.mean}, {"low", number_of(row.low)}, {"high", number_of(row.high)}};
}

Json point_of(const SweepShown& shown, const PointShown& point) {
    Json values = Json::object();
    const auto& axes = shown.plan.axes();
    for (std::size_t i = 0; i < axes.size(); ++i) values[axes[i].key] = point.values[i];
    Json estimates = Json::array();
    for (const sim::EstimateRow& row : point.estimates) estimates.push_back(interval_of(row));
    Json contrasts = Json::array();
    for (const sim::ContrastRow& row : point.contrasts) contrasts.push_back(interval_of(row));
    return {{"point_id", point.point_id},
            {"values", values},
            {"runs", point.runs},
            {"estimates", estimates},
            {"contrasts", contrasts}};
}

}  // namespace

std::string sweep_json(const SweepShown& shown) {
    Json points = Json::array();
    for (const PointShown& point : shown.points) points.push_back(point_of(shown, point));
    Json violations = Json::array();
    for (const ViolationShown& v : shown.violations) {
        violations.push_back({{"run_id", v.run_id},
                              {"seed", v.seed},
                              {"invariant", v.invariant},
                              {"message", v.message}});
    }
    const Json document = {{"scenario", shown.plan.scenario()},
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
                           {"base_point_id", shown.plan.point_id(shown.plan.base_point())},
                           {"points", points},
                           {"violations", violations}};
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aivm::scenarios::cli
