// Campaigns whose shards somebody else makes: the Python package, on an executor.
#pragma once

#include "scenarios/cli/commands.h"

namespace aivm::scenarios::cli {

int campaign_on_executor(const CampaignArguments& arguments);

}  // namespace aivm::scenarios::cli
