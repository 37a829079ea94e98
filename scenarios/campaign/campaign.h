// Campaigns: many runs under a budget, in worker processes, until something is violated or the
// budget is used up. What a campaign has done is in its folder:
//
//   <folder>/campaign.jsonl    every run and every finding (campaign_log.h)
//            scenarios/        the scenarios as they are run (campaign_files.h)
//            findings/ID/      violations that were saved (finding.h), one per kind of message
//            failures/ID.toml  scenarios on which aivmsim itself failed, with the seed
//
// A campaign of the same plan and folder goes on where the last one ended; shards of one plan are
// joined by merge_campaigns.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "scenarios/campaign/campaign_log.h"

namespace aivm::scenarios {

struct CampaignProgress {
    std::uint64_t runs = 0;  // finished, in this process
    std::uint64_t defects = 0;
    std::uint64_t elapsed_ns = 0;
};

struct CampaignOptions {
    unsigned jobs = 1;
    std::uint64_t runs_max = 0;   // in the whole log of the shard; 0: no limit
    std::uint64_t budget_ns = 0;  // of real time, without the saving of findings; 0: no limit
    // The campaign ends when the next run shows a new behaviour with no greater probability than
    // this, by the upper bound of estimate_unseen over the whole log of the shard; 0: no such end.
    double unseen_max = 0;
    std::uint64_t run_limit_ns = 60'000'000'000;  // see ProcessPool::submit()
    std::uint64_t run_memory_bytes = std::uint64_t{2} << 30;
    std::size_t shrink_tries = 400;
    std::uint64_t shrink_limit_ns = 60'000'000'000;  // per finding
    bool fail_fast = false;                          // end with the first violation or failure
    std::function<bool()> stop;                      // true: finish what is running, and end
    std::function<std::uint64_t()> wall_clock_ns;    // for budgets and limits only
    std::function<void(const CampaignProgress&)> progress;
};

struct CampaignResult {
    CampaignContents contents;  // of the log, this and earlier processes together
    std::uint64_t runs_made = 0;
    bool stopped = false;    // by `stop`
    bool saturated = false;  // ended by unseen_max
    // What could not be written or done, as sentences. The first such thing that keeps runs from
    // being recorded ends the campaign; `contents` has what was found all the same.
    std::vector<std::string> lost;
};

// Errors, all before the first run: a scenario that cannot be set up, a folder that cannot be used
// (CampaignLog::open), scenarios that cannot be written there, and no processes to be had.
Result<CampaignResult> run_campaign(const CampaignPlan& plan, const std::string& folder,
                                    const CampaignOptions& options);

struct MergedCampaign {
    CampaignContents contents;
    std::vector<std::string> missing;  // shards that no part is, such as "2/4"
};

// Joins shards, or campaigns of the same scenarios with different seeds, into a new folder. A run
// that stands in several parts is there once; if two of them have different digests, it becomes one
// that is not deterministic. If shards are missing, nothing is written unless `incomplete`.
// Errors: parts that do not belong together (kConflict), and those of the files.
Result<MergedCampaign> merge_campaigns(const std::vector<std::string>& folders,
                                       const std::string& out, bool incomplete);

}  // namespace aivm::scenarios
