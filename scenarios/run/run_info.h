// From a loaded scenario to what a recorder wants to know about its run.
#pragma once

#include <cstdint>
#include <span>

#include "scenarios/file/load.h"
#include "scenarios/file/override.h"
#include "sim/record/row_sink.h"

namespace aivm::scenarios {

// `overrides` are those the scenario was loaded with. Where a key is given twice, the last counts.
sim::RunInfo make_run_info(const LoadedScenario& loaded, std::span<const Override> overrides,
                           std::uint64_t seed);

}  // namespace aivm::scenarios
