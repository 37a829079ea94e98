// Joins the folders of shards, or of campaigns with different seeds.
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "scenarios/campaign/campaign.h"
#include "scenarios/campaign/campaign_files.h"

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMissingMax = 20;

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

// One run as two parts describe it. A run without a digest did not come to its end: its process was
// stopped, which says something about the machine.
RunRecord join_run(RunRecord a, RunRecord b) {
    if (b.digest.empty()) return a;
    if (a.digest.empty() || b.end == RunEnd::kNotDeterministic) return b;
    if (a.digest == b.digest || a.end == RunEnd::kNotDeterministic) return a;
    a.end = RunEnd::kNotDeterministic;
    a.message = fmt::format("the run had the digest {} in another part", b.digest);
    return a;
}

void add_runs(Runs& runs, std::vector<RunRecord> of_part) {
    for (RunRecord& run : of_part) {
        const std::pair key{run.scenario, run.seed};
        const auto there = runs.find(key);
        if (there == runs.end()) {
            runs.emplace(key, std::move(run));
        } else {
            there->second = join_run(std::move(there->second), std::move(run));
        }
    }
}

// The plan of parts that belong together: that of the first, as a whole.
CampaignPlan joined_plan(const std::vector<CampaignContents>& parts) {
    CampaignPlan out = parts.front().plan;
    out.shard = 1;
    out.shards = 1;
    std::set<std::uint64_t> others;
    for (const CampaignContents& part : parts) {
        others.insert(part.plan.seed);
        others.insert(part.plan.joined_seeds.begin(), part.plan.joined_seeds.end());
    }
    others.erase(out.seed);
    out.joined_seeds.assign(others.begin(), others.end());
    return out;
}

// Of every campaign that the parts are shards of; at most kMissingMax of each are named. With a
// seed of its own each campaign has shards of its own; parts that divide one campaign differently
// overlap, and nothing is known to be missing.
std::vector<std::string> missing_shards(const std::vector<CampaignContents>& parts) {
    std::map<std::uint64_t, std::set<std::uint32_t>> divisions;  // by seed
    std::set<std::pair<std::uint64_t, std::uint32_t>> there;
    for (const CampaignContents& part : parts) {
        divisions[part.plan.seed].insert(part.plan.shards);
        there.emplace(part.plan.seed, part.plan.shard);
    }
    std::vector<std::string> out;
    for (const auto& [seed, divided] : divisions) {
        if (divided.size() != 1) continue;
        const std::uint32_t shards = *divided.begin();
        const std::string campaign =
            divisions.size() > 1 ? fmt::format(" of seed {}", seed) : std::string();
        std::size_t named = 0;
        for (std::uint32_t shard = 1; shard <= shards; ++shard) {
            if (there.contains({seed, shard})) continue;
            if (++named > kMissingMax) {
                out.push_back("further ones" + campaign);
                break;
            }
            out.push_back(fmt::format("{}/{}{}", shard, shards, campaign));
        }
    }
    return out;
}

Result<std::vector<CampaignContents>> read_parts(const std::vector<std::string>& folders) {
    std::vector<CampaignContents> parts;
    for (const std::string& folder : folders) {
        AIVM_ASSIGN(CampaignContents part, read_campaign(folder));
        if (!part.mutants.empty())
            return fail(ErrorCode::kConflict,
                        folder + " holds a hunt for planted bugs, which is no part of a campaign");
        const CampaignPlan& first = parts.empty() ? part.plan : parts.front().plan;
        if (const std::string why = difference(first, part.plan); !why.empty())
            return fail(ErrorCode::kConflict,
                        fmt::format("{} and {} do not belong together: of the first, {}",
                                    folders.front(), folder, why));
        parts.push_back(std::move(part));
    }
    return parts;
}

Status write_joined(const CampaignContents& joined, const std::vector<std::string>& folders,
                    const std::string& out) {
    CampaignContents nothing;
    AIVM_ASSIGN(CampaignLog log, CampaignLog::open(out, joined.plan, nothing));
    for (const RunRecord& run : joined.runs) AIVM_TRY(log.append(run));
    for (const FindingRecord& finding : joined.findings) AIVM_TRY(log.append(finding));
    AIVM_TRY(write_scenarios(joined.plan, out));
    for (const std::string& folder : folders) {
        for (const char* part : {"findings", "failures"})
            AIVM_TRY(copy_folder(fs::path(folder) / part, fs::path(out) / part));
    }
    return {};
}

}  // namespace

Result<MergedCampaign> merge_campaigns(const std::vector<std::string>& folders,
                                       const std::string& out, bool incomplete) {
    std::error_code ignored;
    if (fs::exists(fs::path(out) / kCampaignLogName, ignored))
        return fail(ErrorCode::kDuplicate, out + " holds a campaign; choose another --out");
    AIVM_ASSIGN(std::vector<CampaignContents> parts, read_parts(folders));
    MergedCampaign merged;
    merged.missing = missing_shards(parts);
    merged.contents.plan = joined_plan(parts);
    if (!merged.missing.empty() && !incomplete) return merged;
    Runs runs;
    std::set<std::string> ids;
    for (CampaignContents& part : parts) {
        add_runs(runs, std::move(part.runs));
        for (FindingRecord& finding : part.findings) {
            if (ids.insert(finding.id).second)
                merged.contents.findings.push_back(std::move(finding));
        }
    }
    for (auto& [key, run] : runs) merged.contents.runs.push_back(std::move(run));
    const bool is_new = !fs::exists(out, ignored);
    const Status written = write_joined(merged.contents, folders, out);
    if (!written && is_new) fs::remove_all(out, ignored);
    AIVM_TRY(written);
    return merged;
}

}  // namespace aivm::scenarios
