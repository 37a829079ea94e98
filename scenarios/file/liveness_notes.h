// Notes about scenarios that may be run and can hardly be live.
#pragma once

#include <vector>

#include "scenarios/file/latencies.h"
#include "sim/scenario/check_scenario.h"

namespace aivm::scenarios {

// A poll in which every answer is needed while faults take some away; a time-out of polls that is
// below the round trip; providers of which none is ever there to work; tasks that come too late to
// become final within the run; honest providers that can compute less than half of them.
std::vector<sim::ScenarioProblem> liveness_notes(const sim::Scenario& scenario,
                                                 const Latencies& latencies);

}  // namespace aivm::scenarios
