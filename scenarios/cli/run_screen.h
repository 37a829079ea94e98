// The screen at the end of a run.
#pragma once

#include <string>

#include "scenarios/campaign/finding.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/tally.h"
#include "scenarios/run/determinism.h"
#include "scenarios/statistics/cheating_gain.h"
#include "sim/scenario/scenario.h"
#include "sim/world/outcome.h"

namespace aivm::scenarios::cli {

struct RunShown {
    const sim::Scenario& scenario;
    const sim::Outcome& outcome;
    const Tally& tally;
    std::uint64_t wall_ns = 0;
    std::string database;                            // empty: not recorded
    const DeterminismReport* determinism = nullptr;  // null: the run was not repeated
    // Null: nothing was violated, or the finding was not saved.
    const SavedFinding* finding = nullptr;
    std::string backend = "simd";        // what computed the kernels
    std::uint64_t kernel_fallbacks = 0;  // calls that the CPU answered because it failed
    // The comparison with honest play; empty if it was not asked for, or nobody broke the protocol.
    std::vector<CheatingGain> gains = {};
    std::string why_not_recorded = {};  // where `database` is empty
    std::string rerun = {};             // the command that makes this run again
};

// The exit code of the outcome, or 5 if its repetition differed.
ExitCode exit_code_of(const RunShown& run);

// The verdict line and the violations, ended by the command that shows them again.
std::string quiet_text(const RunShown& run, bool colour);

// The whole screen, ending in a line break.
std::string run_screen(const RunShown& run, bool colour);

// The same as one JSON document, money in nLUX.
std::string run_json(const RunShown& run);

}  // namespace aivm::scenarios::cli
