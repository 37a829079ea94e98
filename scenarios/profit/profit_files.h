// Writes a deviation as a scenario that runs by itself.
#pragma once

#include <string>

#include "core/base/error.h"
#include "scenarios/profit/search_space.h"

namespace aivm::scenarios {

// Only what differs from the defaults, with `about` as a comment at its top.
std::string candidate_text(const sim::Scenario& scenario, const std::string& about);

// FOLDER/NAME, replaced as a whole. Without a folder nothing is written.
Status write_candidate(const std::string& folder, const std::string& name, const SearchSpace& space,
                       const Candidate& candidate, const std::string& about);
Status write_scenario(const std::string& path, const std::string& text);

}  // namespace aivm::scenarios
