// Runs a plan on several threads into one study file.
//
// A worker makes a run without a lock and then writes it, one worker at a time; nothing is queued,
// so memory holds one run per worker. Rows do not depend on the number of workers or on their
// order: keys are hashes of contents, and statistics are computed in the order of seeds. The file
// belongs to a resumable recorder: however a sweep ends, the runs written so far stay, and the same
// plan resumes after them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "gpu/backend/backend_kind.h"
#include "scenarios/sweep/plan.h"
#include "scenarios/sweep/schedule.h"
#include "sim/record/recorder.h"

namespace aivm::scenarios {

struct SweepProgress {
    std::uint64_t runs_there = 0;  // found in the file, or made
    std::uint64_t runs_made = 0;
    std::uint64_t runs_max = 0;  // of this shard, without those that rules made unnecessary
};

struct SweepOptions {
    unsigned jobs = 1;
    gpu::BackendRequest backend;  // of every worker's runs
    // Called often, by every worker; returning true ends the sweep. Runs in progress are dropped.
    std::function<bool()> stop;
    // Called after every run, by one worker at a time.
    std::function<void(const SweepProgress&)> progress;
    // Real time in nanoseconds, for wall_seconds and for committing once a second.
    std::function<std::uint64_t()> wall_clock_ns;
    // A run that fails (an exception, memory) ends the sweep; otherwise it leaves a row with the
    // status "failed" and its reason, and the others go on.
    bool stop_at_failure = false;
};

struct SweepOutcome {
    std::uint64_t runs_failed = 0;
    // Every run of the shard is in the file; otherwise the sweep was stopped.
    bool complete = false;
    SweepProgress runs;
};

// What a request becomes where there is a study already, finished or not.
struct PlanInPlace {
    SweepPlan plan;         // of everything that is there and everything that is asked for
    bool finished = false;  // the file at `path` is finished, and has every run of the plan
};

// The plan of a request in the file at `path`: the request's own if there is no such file; what is
// there and what the request adds otherwise. Errors: kConflict if that file cannot grow to it
// (another scenario, other keys, another shard), with the difference; as open_study().
Result<PlanInPlace> plan_in_place(const std::string& path, const SweepRequest& request,
                                  SweepPlan asked);

// How many runs of a plan that plan_in_place() made are in the file at `path`, finished or not, and
// need not be made again; 0 without a file. Reads only.
Result<std::uint64_t> count_runs_in_place(const std::string& path, const SweepPlan& plan);

// Opens the file of a plan that plan_in_place() made: a new one, or an unfinished one to resume. A
// finished one that grows is copied first and stays as it is until the larger one is complete.
// Errors: as Recorder::create(); kConflict if PATH.partial belongs to another sweep or shard.
Result<std::unique_ptr<sim::Recorder>> open_sweep(const std::string& path,
                                                  const sim::StudyInfo& study,
                                                  const SweepPlan& plan);

// Makes the missing runs, those that failed before among them. The caller closes or suspends the
// recorder. Errors: the first error of any worker, such as a backend that is not available or a
// full disk; a failed run with its point and seed, if that is to stop the sweep.
Result<SweepOutcome> run_sweep(const SweepPlan& plan, const SweepOptions& options,
                               sim::Recorder& recorder);

// For callers that make the runs themselves, in other processes for example: the runs of a plan
// without rules that are not in the file or failed, seed by seed. Failed ones are removed from it.
Result<std::vector<SweepItem>> take_missing_runs(const SweepPlan& plan, sim::Recorder& recorder);
// Writes such a run, with the rows that the plan records; or that it failed, and why.
Status record_run(const SweepPlan& plan, const sim::VectorSink& run, sim::Recorder& recorder);
Status record_failed_run(const SweepPlan& plan, const SweepItem& item, const std::string& reason,
                         sim::Recorder& recorder);

// Writes the statistics of the runs in the file: estimates of every point (estimates_of), contrasts
// of every point with the sweep's base, and of a sweep with rules the interval that each rule ended
// with: method "group-sequential C", n counting the runs (of a share: the events). Earlier ones are
// replaced. Without rules, no such intervals are written.
Status write_conclusions(sim::Recorder& recorder, const sim::SweepRow& sweep);

}  // namespace aivm::scenarios
