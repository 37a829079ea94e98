// The log of a campaign: DIRECTORY/campaign.jsonl, to which records are appended. After a process
// was killed, at most the line being written is cut short; it is dropped when the log is opened
// again. One process at a time may write.
#pragma once

#include <string>
#include <vector>

#include "scenarios/campaign/campaign_record.h"

namespace aivm::scenarios {

inline constexpr const char* kCampaignLogName = "campaign.jsonl";

struct CampaignContents {
    CampaignPlan plan;
    std::vector<RunRecord> runs;
    std::vector<FindingRecord> findings;
    std::vector<MutantRecord> mutants;  // of a hunt for planted bugs; the last one of each counts
};

// Reads the log of a campaign's folder. Errors name the file and the line. A last line without a
// line break is left out.
Result<CampaignContents> read_campaign(const std::string& folder);

class CampaignLog {
public:
    // Opens the log of the folder for writing, making both if they do not exist; a new log begins
    // with the plan. `contents` receives what an existing one holds. Errors: another process writes
    // to it, a damaged line, another plan, a folder that cannot be used (kConfig), and a disk that
    // is full or fails (kStorage).
    static Result<CampaignLog> open(const std::string& folder, const CampaignPlan& plan,
                                    CampaignContents& contents);
    CampaignLog(CampaignLog&& other) noexcept;
    CampaignLog& operator=(CampaignLog&&) = delete;
    CampaignLog(const CampaignLog&) = delete;
    CampaignLog& operator=(const CampaignLog&) = delete;
    ~CampaignLog();

    // Appends one line. An error leaves the lines before it intact.
    Status append(const CampaignRecord& record);

private:
    CampaignLog(int file, std::string path) : file_(file), path_(std::move(path)) {}

    int file_ = -1;
    std::string path_;
};

// How two plans differ, as a sentence; empty if runs of both belong to one campaign and shard.
std::string plan_conflict(const CampaignPlan& there, const CampaignPlan& here);

}  // namespace aivm::scenarios
