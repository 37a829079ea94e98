// A finished campaign as text, JSON, JUnit XML and SARIF.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/campaign/campaign.h"
#include "scenarios/campaign/campaign_summary.h"
#include "scenarios/cli/exit_codes.h"

namespace aivm::scenarios::cli {

struct CampaignShown {
    CampaignResult result;
    CampaignSummary summary;
    std::string folder;
    std::uint64_t wall_ns = 0;
    std::vector<std::string> missing_shards;  // of shards that were joined

    [[nodiscard]] const CampaignPlan& plan() const { return result.contents.plan; }
    // 1 a violation; 5 a run that differs when repeated; 3 aivmsim failed, or a finding was lost; 6
    // a liveness limit, a run that took too long or too much memory, or a probe under its target;
    // 130 stopped; 4 no run.
    [[nodiscard]] ExitCode exit_code() const;
};

// The verdict line alone.
std::string campaign_line(const CampaignShown& shown, bool colour);
// The verdict, every defect with its command, and the figures of the campaign.
std::string campaign_screen(const CampaignShown& shown, bool colour);
std::string campaign_json(const CampaignShown& shown);
// One test case per scenario, per defect, per failure and per probe with a target.
std::string campaign_junit(const CampaignShown& shown);
// One result per defect and failure, in the scenario's file.
std::string campaign_sarif(const CampaignShown& shown);

// The command that repeats the run of a defect or failure, for any shell and in the folder in which
// the campaign was started.
std::string command_of(const CampaignShown& shown, const Defect& defect);
std::string command_of(const CampaignShown& shown, const Failure& failure);

// What is printed and written of a campaign.
struct CampaignOutput {
    bool json = false;
    bool quiet = false;
    std::optional<std::string> junit;  // files
    std::optional<std::string> sarif;
};
// Prints the result, writes the files, and then says on stderr what could not be written, so that
// nothing hides what was found. Returns the exit code: that of the result, or kExitHarnessFailed if
// the result alone is clean and something could not be written.
int show_campaign(const CampaignShown& shown, const CampaignOutput& output);

}  // namespace aivm::scenarios::cli
