// The result of a hunt for planted bugs, as text, JSON and the table that is committed.
#pragma once

#include <string>
#include <vector>

#include "scenarios/campaign/mutants/mutant_hunt.h"

namespace aivm::scenarios::cli {

struct MutantsShown {
    const HuntResult& result;
    const HuntOptions& options;
    const std::vector<CampaignScenario>& scenarios;
    const std::vector<std::string>& files;  // of the scenarios
    std::string machine;
    std::uint64_t wall_ns = 0;
};

std::string mutants_text(const MutantsShown& shown);
std::string mutants_json(const MutantsShown& shown);
std::string mutants_markdown(const MutantsShown& shown);

}  // namespace aivm::scenarios::cli
