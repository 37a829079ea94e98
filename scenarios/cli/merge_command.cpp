#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "scenarios/cli/campaign_shown.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/sweep/sweep.h"
#include "sim/record/study.h"

namespace aivm::scenarios::cli {
namespace {

// The study of the merged file is that of its first part, since the parts belong to one study.
Result<sim::StudyInfo> study_of(const std::string& part) {
    AIVM_ASSIGN(sim::Study study, sim::open_study(part));
    AIVM_ASSIGN(const auto rows, study.rows<sim::StudyRow>());
    if (rows.empty()) return fail(ErrorCode::kStorage, fmt::format("{} holds no study", part));
    const sim::StudyRow& first = rows.front();
    return sim::StudyInfo{first.name, first.created, first.code_version, first.compiler,
                          first.build_flags};
}

// The missing shards, as text; empty if none is missing, or if the parts are not shards of one
// sweep.
std::string missing_shards(const std::vector<sim::SweepRow>& sweeps) {
    if (sweeps.empty()) return {};
    constexpr std::size_t kNamedMax = 20;
    std::string out;
    std::size_t named = 0;
    const std::uint64_t shards = sweeps.front().shards;
    for (std::uint64_t shard = 1; shard <= shards; ++shard) {
        if (std::ranges::find(sweeps, shard, &sim::SweepRow::shard) != sweeps.end()) continue;
        if (++named > kNamedMax) return out + " and more";
        out += fmt::format("{}{}/{}", out.empty() ? "" : ", ", shard, shards);
    }
    return out;
}

// Whether the part is of a sweep: parts of one and files that are none do not belong together.
Result<bool> is_sweep(const std::string& part) {
    AIVM_ASSIGN(sim::Study study, sim::open_study(part));
    AIVM_ASSIGN(const auto rows, study.rows<sim::SweepRow>());
    return !rows.empty();
}

Status check_one_kind(const std::vector<std::string>& parts) {
    AIVM_ASSIGN(const bool first, is_sweep(parts.front()));
    for (const std::string& part : parts) {
        AIVM_ASSIGN(const bool sweep, is_sweep(part));
        if (sweep == first) continue;
        const std::string& shard = sweep ? part : parts.front();
        const std::string& other = sweep ? parts.front() : part;
        return fail(ErrorCode::kConflict,
                    fmt::format("{} is a part of a sweep and {} is none; name "
                                "only parts of one sweep",
                                shard, other));
    }
    return {};
}

Status check_same_sweep(const std::vector<sim::SweepRow>& sweeps) {
    for (const sim::SweepRow& sweep : sweeps) {
        const std::string difference = plan_difference(sweep.plan, sweeps.front().plan);
        if (difference.empty()) continue;
        return fail(ErrorCode::kConflict,
                    fmt::format("the parts are of different sweeps: {}", difference));
    }
    return {};
}

struct Merged {
    std::int64_t runs = 0;  // none were joined if shards are missing
    std::string missing;
};

// All shards together are the sweep itself, which can grow.
Status store_as_whole(sim::Recorder& recorder, sim::SweepRow sweep) {
    sweep.shard = 1;
    sweep.shards = 1;
    AIVM_TRY(recorder.database().execute("DELETE FROM sweep"));
    return recorder.add_sweep(std::move(sweep));
}

Result<Merged> merge_parts(const MergeRequest& request) {
    AIVM_TRY(check_one_kind(request.parts));
    AIVM_ASSIGN(const sim::StudyInfo info, study_of(request.parts.front()));
    AIVM_ASSIGN(const auto recorder,
                sim::Recorder::create(request.out, info, {.overwrite = request.overwrite}));
    for (const std::string& part : request.parts) AIVM_TRY(recorder->merge(part));
    AIVM_ASSIGN(const auto sweeps, sim::select_rows<sim::SweepRow>(recorder->database(), ""));
    AIVM_TRY(check_same_sweep(sweeps));
    const std::string missing = missing_shards(sweeps);
    if (!missing.empty() && !request.incomplete) return Merged{0, missing};
    if (!sweeps.empty() && missing.empty()) AIVM_TRY(store_as_whole(*recorder, sweeps.front()));
    if (!sweeps.empty()) AIVM_TRY(write_conclusions(*recorder, sweeps.front()));
    AIVM_ASSIGN(const std::int64_t runs, recorder->database().integer("SELECT count(*) FROM run"));
    AIVM_TRY(recorder->close());
    return Merged{runs, missing};
}

int refuse_incomplete(const std::string& missing) {
    complain(
        fmt::format("shards that are not there: {}; nothing was written. Make them, or join the "
                    "others with --incomplete",
                    missing));
    return kExitNothingMatched;
}

int merge_folders(const MergeRequest& request) {
    const auto merged = merge_campaigns(request.parts, request.out, request.incomplete);
    if (!merged) {
        complain(merged.error().context);
        return merged.error().code == ErrorCode::kStorage ? kExitHarnessFailed : kExitBadRequest;
    }
    const std::string missing = fmt::format("{}", fmt::join(merged->missing, ", "));
    if (!missing.empty() && !request.incomplete) return refuse_incomplete(missing);
    if (!request.quiet)
        say(fmt::format("{}: {} of {} joined", request.out,
                        counted(std::uint64_t{merged->contents.runs.size()}, "run"),
                        counted(request.parts.size(), "part")));
    if (!missing.empty()) say(fmt::format("shards that are not there: {}", missing));
    const CampaignShown shown{{merged->contents, 0, false, false, {}},
                              summarise(merged->contents, request.probes),
                              request.out,
                              0,
                              merged->missing};
    return show_campaign(shown, {request.json, request.quiet, request.junit, request.sarif});
}

bool only_of_campaigns(const MergeRequest& request) {
    return request.probes || request.junit || request.sarif || request.json || request.quiet;
}

}  // namespace

int merge_command(const MergeRequest& request) {
    std::error_code ignored;
    if (std::filesystem::is_directory(request.parts.front(), ignored))
        return merge_folders(request);
    if (only_of_campaigns(request)) {
        complain(
            fmt::format("--json, --quiet, --junit, --sarif and --probes are of campaigns, and "
                        "{} is no campaign's folder",
                        request.parts.front()));
        return kExitBadRequest;
    }
    const auto merged = merge_parts(request);
    if (!merged) {
        const Error& error = merged.error();
        complain(error.context.empty() ? error.text() : error.context);
        const bool disk =
            error.code == ErrorCode::kStorage && error.context.starts_with(request.out);
        return disk ? exit_code_of_refusal(request.out, error) : kExitBadRequest;
    }
    if (!merged->missing.empty() && !request.incomplete) return refuse_incomplete(merged->missing);
    if (!merged->missing.empty())
        say(fmt::format("shards that are not there: {}", merged->missing));
    const std::string text = fmt::format("{}: {} of {} joined\n", request.out,
                                         counted(static_cast<std::uint64_t>(merged->runs), "run"),
                                         counted(request.parts.size(), "part"));
    return print_result(text) ? kExitClean : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
