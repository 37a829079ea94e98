// Replaying what a violated invariant left behind.
#pragma once

#include "scenarios/cli/commands.h"

namespace aivm::scenarios::cli {

// Exit codes: that of the violation when it happens again (1, or 6 for liveness), 5 when it does
// not.
int replay_finding_folder(const ReplayRequest& request);

}  // namespace aivm::scenarios::cli
