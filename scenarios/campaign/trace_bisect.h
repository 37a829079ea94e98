// The first event in which two runs differ, also when the other run was made by another program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/campaign/shrink_run.h"
#include "sim/engine/trace_digest.h"

namespace aivm::scenarios {

// One record of a run, as text: a note is a state root or another fact chained into the digest.
struct TraceLine {
    std::uint64_t position = 0;  // among the records of the run
    std::string text;

    friend bool operator==(const TraceLine&, const TraceLine&) = default;
};

// What is needed to compare a run with another one. Position and digest of every checkpoint, the
// last of which is the end of the run.
struct RunTrace {
    std::string label;
    std::string program;
    std::vector<sim::TraceCheckpoint> checkpoints;
    sim::TraceInterval window;  // of which `lines` holds the records
    std::vector<TraceLine> lines;
};

struct RunSpec {
    RunPlan plan;
    bool draws = true;  // choices come from the seed; otherwise those of the plan are replayed
    bool paranoid = false;
};

// Makes the run and keeps the records of the window.
Result<RunTrace> trace_run(const RunSpec& run, sim::TraceInterval window);

// Where the first differing record lies; empty if the runs are the same.
std::optional<sim::TraceInterval> first_difference(const RunTrace& a, const RunTrace& b);

// The position of the first line that differs within the window, which both traces must hold: the
// first position that one has and the other has not, or has otherwise. Empty if there is none.
std::optional<std::uint64_t> first_differing_line(const RunTrace& a, const RunTrace& b);

// A trace as a JSON document, and back. Errors say what is wrong with the text.
std::string trace_to_json(const RunTrace& trace);
Result<RunTrace> trace_from_json(std::string_view text);

}  // namespace aivm::scenarios
