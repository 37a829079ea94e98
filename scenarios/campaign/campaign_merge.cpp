// Joins the folders of shards, or of campaigns with different seeds.
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "scenarios/campaign/campaign.h"

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;

// Empty if runs of both may stand in one log.
std::string difference(const CampaignPlan& a, const CampaignPlan& b) {
    CampaignPlan same = b;
    same.seed = a.seed;
    same.shard = a.shard;
    same.shards = a.shards;
    return plan_conflict(a, same);
}

Status copy_folder(const fs::path& from, const fs::path& to) {
    std::error_code error;
    if (!fs::is_directory(from, error)) return {};
    fs::create_directories(to, error);
    if (!error) {
        fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::skip_existing, error);
    }
    if (!error) return {};
    return fail(ErrorCode::kStorage, fmt::format("{} cannot be copied to {}: {}", from.string(),
                                                 to.string(), error.message()));
}

// By scenario and seed, so that a run that stands in two parts is there once.
using Runs = std::map<std::pair<std::uint32_t, std::uint64_t>, RunRecord>;

Status add_runs(Runs& runs, const CampaignContents& part, const std::string& folder) {
    for (const RunRecord& run : part.runs) {
        const auto [there, added] = runs.emplace(std::pair{run.scenario, run.seed}, run);
        if (added || there->second.digest == run.digest) continue;
        return fail(ErrorCode::kConflict,
                    fmt::format("seed {} of {} has the digest {} in {} and {} elsewhere; check one "
                                "of them with --verify-determinism",
                                run.seed, part.plan.scenarios[run.scenario].name, run.digest,
                                folder, there->second.digest));
    }
    return {};
}

}  // namespace

Result<CampaignContents> merge_campaigns(const std::vector<std::string>& folders,
                                         const std::string& out) {
    std::error_code ignored;
    if (fs::exists(fs::path(out) / kCampaignLogName, ignored))
        return fail(ErrorCode::kDuplicate, out + " holds a campaign; choose another --out");
    Runs runs;
    CampaignContents merged;
    std::set<std::string> ids;
    for (const std::string& folder : folders) {
        AIVM_ASSIGN(CampaignContents part, read_campaign(folder));
        if (!part.mutants.empty())
            return fail(ErrorCode::kConflict,
                        folder + " holds a hunt for planted bugs, which is no part of a campaign");
        if (folder == folders.front()) merged.plan = part.plan;
        if (const std::string why = difference(merged.plan, part.plan); !why.empty())
            return fail(ErrorCode::kConflict,
                        fmt::format("{} and {} do not belong together: of the first, {}",
                                    folders.front(), folder, why));
        AIVM_TRY(add_runs(runs, part, folder));
        for (FindingRecord& finding : part.findings)
            if (ids.insert(finding.id).second) merged.findings.push_back(std::move(finding));
    }
    merged.plan.shard = 1;
    merged.plan.shards = 1;
    CampaignContents nothing;
    AIVM_ASSIGN(CampaignLog log, CampaignLog::open(out, merged.plan, nothing));
    for (auto& [key, run] : runs) {
        AIVM_TRY(log.append(run));
        merged.runs.push_back(std::move(run));
    }
    for (const FindingRecord& finding : merged.findings) AIVM_TRY(log.append(finding));
    for (const std::string& folder : folders) {
        for (const char* part : {"findings", "failures"})
            AIVM_TRY(copy_folder(fs::path(folder) / part, fs::path(out) / part));
    }
    return merged;
}

}  // namespace aivm::scenarios
