// Describes the run of a loaded scenario for a recorder.
#pragma once

#include <cstdint>
#include <span>

#include "scenarios/file/load.h"
#include "scenarios/file/override.h"
#include "sim/record/row_sink.h"

namespace aivm::scenarios {

// `overrides` are those the scenario was loaded with. The last override of a key wins.
sim::RunInfo make_run_info(const LoadedScenario& loaded, std::span<const Override> overrides,
                           std::uint64_t seed);

// The row of one override: its value as a number in base units, where it is one, and whether the
// key is a choice of design. The scenario has the override already.
sim::PointParamRow param_of(const sim::Scenario& scenario, const std::string& key,
                            const std::string& text);

}  // namespace aivm::scenarios
