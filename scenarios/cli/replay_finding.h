// Replays a finding.
#pragma once

#include "scenarios/cli/commands.h"

namespace aivm::scenarios::cli {

// Exit codes: that of the violation if it recurs (1, or 6 for liveness), 5 if it does not.
int replay_finding_folder(const ReplayRequest& request);

}  // namespace aivm::scenarios::cli
