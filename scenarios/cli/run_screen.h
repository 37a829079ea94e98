// The one screen that a run ends with.
#pragma once

#include <string>

#include "scenarios/cli/tally.h"
#include "sim/run/outcome.h"
#include "sim/run/scenario.h"

namespace aivm::scenarios::cli {

struct RunShown {
    const sim::Scenario& scenario;
    const sim::Outcome& outcome;
    const Tally& tally;
    std::uint64_t wall_ns = 0;
    std::string database;  // empty: not recorded
};

// Everything, ending in a line break.
std::string run_screen(const RunShown& run, bool colour);

// The same as one JSON document, money in nLUX.
std::string run_json(const RunShown& run);

}  // namespace aivm::scenarios::cli
