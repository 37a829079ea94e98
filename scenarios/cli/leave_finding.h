// Saves a violated run as a finding, a folder from which any process can run it again.
#pragma once

#include <optional>
#include <string>

#include "scenarios/campaign/finding.h"
#include "sim/scenario/scenario.h"
#include "sim/world/outcome.h"

namespace aivm::scenarios::cli {

// Shrinking stops after this time with the best reproducer so far.
inline constexpr std::uint64_t kShrinkSecondsMax = 60;

// Shrinks and saves the first unexpected violation into `directory`. Empty if there is none, or if
// it cannot be saved, which is reported on stderr; the result of the run is the same either way.
// Ctrl-C ends the shrinking.
std::optional<SavedFinding> leave_finding(const sim::Scenario& scenario,
                                          const sim::Outcome& outcome, const std::string& directory,
                                          bool paranoid, bool quiet);

}  // namespace aivm::scenarios::cli
