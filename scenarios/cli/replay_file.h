// Replays a scenario file with a [recorded] table.
#pragma once

#include "scenarios/cli/commands.h"

namespace aivm::scenarios::cli {

// Exit codes: that of the recorded violation if it recurs (1, or 6 for liveness); 0 if the run is
// clean; that of another violation otherwise.
int replay_scenario_file(const ReplayRequest& request);

}  // namespace aivm::scenarios::cli
