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

}  // namespace aivm::scenarios
