// A violated invariant leaves a folder from which any process can run it again.
#pragma once

#include <optional>
#include <string>

#include "scenarios/campaign/finding.h"
#include "sim/scenario/scenario.h"
#include "sim/world/outcome.h"

namespace aivm::scenarios::cli {

// Shrinking stops with what it has after this time.
inline constexpr std::uint64_t kShrinkSecondsMax = 60;

// Shrinks and saves the first unexpected violation into `directory`. Nothing when there is none, or
// when it cannot be saved, which stderr is told; the run's own result stands either way. Ctrl-C
// ends the shrinking.
std::optional<SavedFinding> leave_finding(const sim::Scenario& scenario,
                                          const sim::Outcome& outcome, const std::string& directory,
                                          bool paranoid, bool quiet);

}  // namespace aivm::scenarios::cli
