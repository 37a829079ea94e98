// A run named on the command line: a scenario with a seed ("swarm@17"), a finding's folder, or a
// scenario file with a [recorded] table.
#pragma once

#include <optional>
#include <string>

#include "scenarios/campaign/trace_bisect.h"

namespace aivm::scenarios::cli {

// Empty if there is no such run; the errors have been written to stderr.
std::optional<RunSpec> read_run_spec(const std::string& text);

}  // namespace aivm::scenarios::cli
