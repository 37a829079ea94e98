// The results of a sweep as the screen and the JSON document show them, read from the study file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "scenarios/campaign/finding.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/sweep/sweep.h"

namespace aivm::scenarios::cli {

struct PointShown {
    std::vector<std::string> values;  // of the axes
    std::int64_t point_id = 0;
    std::uint64_t runs = 0;
    std::vector<sim::EstimateRow> estimates;
    std::vector<sim::ContrastRow> contrasts;

    // The estimate of the metric for the whole run whose method begins with this text; empty if
    // there is none.
    [[nodiscard]] const sim::EstimateRow* estimate(std::string_view metric,
                                                   std::string_view method) const;
    // The estimate to show: the share if the metric has one, otherwise the mean.
    [[nodiscard]] const sim::EstimateRow* best(std::string_view metric) const;
};

struct ViolationShown {
    std::int64_t run_id = 0;
    std::int64_t point_id = 0;
    std::string seed;
    std::string invariant;
    std::string message;
    bool liveness = false;
};

// A run that the simulator could not finish.
struct FailureShown {
    std::int64_t point_id = 0;
    std::string seed;
    std::string reason;
};

struct FaultsShown {
    std::string kind;
    std::uint64_t runs = 0;  // that had one
    std::uint64_t faults = 0;
};

struct SweepShown {
    const SweepPlan& plan;
    std::string database;
    bool complete = false;
    SweepProgress runs{};
    std::uint64_t wall_ns = 0;
    std::vector<PointShown> points{};
    std::map<std::string, std::uint64_t> by_status{};  // runs
    std::vector<ViolationShown> violations{};          // the first unexpected ones of each kind
    std::vector<FailureShown> failures{};              // the first few
    std::vector<SavedFinding> findings{};              // of the violations, shrunk
    // By kind, of all runs; with those of a swarm that never occurred.
    std::vector<FaultsShown> faults{};

    [[nodiscard]] ExitCode exit_code() const;
};

// Reads points, estimates and violations of the study at shown.database. Errors: kStorage.
Status read_study(SweepShown& shown);

// One screen, or one line; `metric` is the metric of the table, empty to choose by content.
std::string sweep_screen(const SweepShown& shown, const std::string& metric, bool colour);
std::string sweep_line(const SweepShown& shown, bool colour);
std::string sweep_json(const SweepShown& shown);

// What a dry run says.
struct DryRunShown {
    const SweepPlan& plan;
    std::uint64_t runs_there = 0;  // made already, in the file that grows
    std::uint64_t tasks = 0;       // of the runs that are left, as their time
    unsigned jobs = 1;
    std::int64_t time_ns = 0;

    [[nodiscard]] std::uint64_t runs_left() const { return plan.runs_max() - runs_there; }
};

// The same as one JSON document.
std::string dry_run_json(const DryRunShown& shown);

// The number of a point in the plan; empty if it is of no point of it.
std::optional<std::size_t> point_number(const SweepPlan& plan, std::int64_t point_id);

}  // namespace aivm::scenarios::cli
