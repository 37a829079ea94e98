// The files of a campaign's folder beside its log and its findings: the scenarios as the campaign
// runs them, and those on which aivmsim itself failed. Commands that repeat a run name them, so
// that they work whatever the user's files and flags become. Paths are relative to the folder.
#pragma once

#include <string>

#include "scenarios/campaign/campaign_record.h"

namespace aivm::scenarios {

// Of the plan's scenario with this number, from 0: "scenarios/1-split.toml".
std::string scenario_path(const CampaignPlan& plan, std::size_t scenario);

// Writes every scenario of the plan that the folder does not hold yet. Errors: kStorage names the
// file that cannot be written.
Status write_scenarios(const CampaignPlan& plan, const std::string& folder);

// Equal for runs that fail in one way on one scenario: the way it ended, and the message without
// its numbers.
std::string failure_key(const CampaignPlan& plan, const RunRecord& run);
// "failures/0123456789abcdef.toml", with that key.
std::string failure_path(const CampaignPlan& plan, const RunRecord& run);

// Writes the scenario of a failed run, opened by what happened and the command that repeats it.
// Errors: kStorage; no part of the file is left then.
Status write_failure(const CampaignPlan& plan, const RunRecord& run, const std::string& folder);

// "aivmsim run FILE --seed N", with the flags of the campaign, for any shell.
std::string run_command_of(const CampaignPlan& plan, const std::string& file, std::uint64_t seed,
                           RunEnd end);

}  // namespace aivm::scenarios
