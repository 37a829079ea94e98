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

#include "core/base/error.h"
#include "gpu/backend/backend_kind.h"
#include "scenarios/sweep/plan.h"
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
};

struct SweepOutcome {
    // Every run of the shard is in the file; otherwise the sweep was stopped.
    bool complete = false;
    SweepProgress runs;
};

// Opens the file of a plan: a new one, or the unfinished one to resume. Errors: as
// Recorder::create(); kConflict if PATH.partial belongs to another sweep or shard.
Result<std::unique_ptr<sim::Recorder>> open_sweep(const std::string& path,
                                                  const sim::StudyInfo& study,
                                                  const SweepPlan& plan);

// Whether the finished file at `path` is this plan's (and shard's): empty if it is, otherwise the
// difference. Errors: as open_study().
Result<std::string> difference_of_finished(const std::string& path, const SweepPlan& plan);

// Makes the missing runs. The caller closes or suspends the recorder. Errors: the first error of
// any worker, such as a backend that is not available, a full disk or a failed internal check with
// its point and seed.
Result<SweepOutcome> run_sweep(const SweepPlan& plan, const SweepOptions& options,
                               sim::Recorder& recorder);

// Writes the statistics of the runs in the file: estimates of every point (estimates_of), contrasts
// of every point with the sweep's base, and of a sweep with rules the interval that each rule ended
// with: method "group-sequential C", n counting the runs (of a share: the events). Earlier ones are
// replaced. Without rules, no such intervals are written.
Status write_conclusions(sim::Recorder& recorder, const sim::SweepRow& sweep);

}  // namespace aivm::scenarios
