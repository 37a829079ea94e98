#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

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
    std::string out;
    for (std::uint32_t shard = 1; shard <= sweeps.front().shards; ++shard) {
        if (std::ranges::find(sweeps, shard, &sim::SweepRow::shard) != sweeps.end()) continue;
        out += fmt::format("{}{}/{}", out.empty() ? "" : ", ", shard, sweeps.front().shards);
    }
    return out;
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
    std::int64_t runs = 0;
    std::string missing;
};

Result<Merged> merge_parts(const MergeRequest& request) {
    AIVM_ASSIGN(const sim::StudyInfo info, study_of(request.parts.front()));
    AIVM_ASSIGN(const auto recorder,
                sim::Recorder::create(request.out, info, {.overwrite = request.overwrite}));
    for (const std::string& part : request.parts) AIVM_TRY(recorder->merge(part));
    AIVM_ASSIGN(const auto sweeps, sim::select_rows<sim::SweepRow>(recorder->database(), ""));
    AIVM_TRY(check_same_sweep(sweeps));
    if (!sweeps.empty()) AIVM_TRY(write_conclusions(*recorder, sweeps.front()));
    AIVM_ASSIGN(const std::int64_t runs, recorder->database().integer("SELECT count(*) FROM run"));
    AIVM_TRY(recorder->close());
    return Merged{runs, missing_shards(sweeps)};
}

}  // namespace

int merge_command(const MergeRequest& request) {
    const auto merged = merge_parts(request);
    if (!merged) {
        const Error& error = merged.error();
        complain(error.context.empty() ? error.text() : error.context);
        const bool disk =
            error.code == ErrorCode::kStorage && error.context.starts_with(request.out);
        return disk ? exit_code_of_refusal(request.out, error) : kExitBadRequest;
    }
    if (!merged->missing.empty())
        say(fmt::format("shards that are not there: {}", merged->missing));
    const std::string text = fmt::format("{}: {} of {} joined\n", request.out,
                                         counted(static_cast<std::uint64_t>(merged->runs), "run"),
                                         counted(request.parts.size(), "part"));
    return print_result(text) ? kExitClean : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
