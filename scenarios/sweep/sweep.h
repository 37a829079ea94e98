// Running a plan on several threads into one study file.
//
// A worker makes a run without any lock and then writes it, one worker at a time; nothing is
// queued, so memory holds one run a worker. Rows do not depend on the number of workers or on their
// order: keys come from contents, and conclusions are drawn in the order of seeds. The file is a
// resumable recorder's: whatever ends a sweep, runs that were written stay, and the same plan goes
// on with them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/base/error.h"
#include "scenarios/sweep/plan.h"
#include "sim/record/recorder.h"

namespace aivm::scenarios {

struct SweepProgress {
    std::uint64_t runs_there = 0;  // found in the file, or made
    std::uint64_t runs_made = 0;
    std::uint64_t runs_max = 0;  // of this shard, less what rules have spared
};

struct SweepOptions {
    unsigned jobs = 1;
    // Asked often, by every worker; true ends the sweep. Runs in progress are dropped.
    std::function<bool()> stop;
    // Told after every run, by one worker at a time.
    std::function<void(const SweepProgress&)> progress;
    // Real time in nanoseconds, for wall_seconds and for committing once a second.
    std::function<std::uint64_t()> wall_clock_ns;
};

struct SweepOutcome {
    bool complete = false;  // every run of the shard is there; else it was stopped
    SweepProgress runs;
};

// Opens the file of a plan: a new one, or the unfinished one to go on with. Errors: as
// Recorder::create(); kConflict when PATH.partial is another sweep or another shard.
Result<std::unique_ptr<sim::Recorder>> open_sweep(const std::string& path,
                                                  const sim::StudyInfo& study,
                                                  const SweepPlan& plan);

// Whether the finished file at `path` is this plan's (and shard's): empty if it is, else what
// differs. Errors: as open_study().
Result<std::string> difference_of_finished(const std::string& path, const SweepPlan& plan);

// Makes the runs that are missing. The caller closes or suspends the recorder. Errors: the first of
// any worker: a full disk, a failed check of ours with its point and seed.
Result<SweepOutcome> run_sweep(const SweepPlan& plan, const SweepOptions& options,
                               sim::Recorder& recorder);

// Writes what the runs in the file say: estimates of every point (estimates_of), contrasts of every
// point with the sweep's base, and of a sweep with rules the interval that each rule ended with:
// method "group-sequential C", n counting the runs (of a share: the events). Earlier ones are
// replaced. Nothing of the rules when `sweep` has none.
Status write_conclusions(sim::Recorder& recorder, const sim::SweepRow& sweep);

}  // namespace aivm::scenarios
