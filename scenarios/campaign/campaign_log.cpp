#include "scenarios/campaign/campaign_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include "sim/record/writer_lock.h"

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;

std::string path_of_log(const std::string& folder) {
    return (fs::path(folder) / kCampaignLogName).string();
}

// kStorage if the disk failed, kConfig if another folder would help.
ErrorCode code_of(int error) {
    const bool disk = error == ENOSPC || error == EDQUOT || error == EFBIG || error == EIO;
    return disk ? ErrorCode::kStorage : ErrorCode::kConfig;
}

Error cannot_use(const std::string& path, std::string_view what) {
    const ErrorCode code = code_of(errno);
    return {code, sim::file_error(path, what).context};
}

struct ParsedLog {
    CampaignContents contents;
    std::size_t whole_bytes = 0;  // up to the end of the last whole line
    bool has_plan = false;
    std::set<std::pair<std::uint32_t, std::uint64_t>> runs;  // scenario and seed
};

Status add_record(ParsedLog& out, CampaignRecord&& record, const std::string& where) {
    if (auto* plan = std::get_if<CampaignPlan>(&record)) {
        if (out.has_plan)
            return fail(ErrorCode::kMalformed, where + ": a second campaign begins here");
        out.has_plan = true;
        out.contents.plan = std::move(*plan);
        return {};
    }
    if (!out.has_plan)
        return fail(ErrorCode::kMalformed, where + ": the log does not begin with a campaign");
    if (auto* run = std::get_if<RunRecord>(&record)) {
        if (run->scenario >= out.contents.plan.scenarios.size())
            return fail(ErrorCode::kMalformed, where + ": a run of an unknown scenario");
        if (!out.runs.emplace(run->scenario, run->seed).second)
            return fail(ErrorCode::kMalformed, where + ": a run that stands above already");
        out.contents.runs.push_back(std::move(*run));
    } else if (auto* mutant = std::get_if<MutantRecord>(&record)) {
        out.contents.mutants.push_back(std::move(*mutant));
    } else {
        auto& finding = std::get<FindingRecord>(record);
        if (finding.scenario >= out.contents.plan.scenarios.size())
            return fail(ErrorCode::kMalformed, where + ": a finding of an unknown scenario");
        out.contents.findings.push_back(std::move(finding));
    }
    return {};
}

Result<ParsedLog> parse_log(const std::string& text, const std::string& path) {
    ParsedLog out;
    std::size_t line_number = 0;
    while (true) {
        const std::size_t end = text.find('\n', out.whole_bytes);
        if (end == std::string::npos) break;
        const std::string where = fmt::format("{}:{}", path, ++line_number);
        auto record =
            from_line(std::string_view(text).substr(out.whole_bytes, end - out.whole_bytes));
        if (!record) {
            return fail(ErrorCode::kMalformed,
                        fmt::format("{}: {}; remove the line if you can do without it", where,
                                    record.error().context));
        }
        AIVM_TRY(add_record(out, std::move(*record), where));
        out.whole_bytes = end + 1;
    }
    return out;
}

Result<std::string> read_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::kNotFound, path + " is missing or cannot be read");
    return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

std::string plan_conflict(const CampaignPlan& there, const CampaignPlan& here) {
    if (there.seed != here.seed)
        return fmt::format("its seed is {} and not {}", there.seed, here.seed);
    if (there.shard != here.shard || there.shards != here.shards) {
        return fmt::format("it is shard {}/{} and not {}/{}", there.shard, there.shards, here.shard,
                           here.shards);
    }
    if (there.scenarios.size() != here.scenarios.size())
        return fmt::format("it has {} scenarios and not {}", there.scenarios.size(),
                           here.scenarios.size());
    for (std::size_t i = 0; i < here.scenarios.size(); ++i) {
        if (there.scenarios[i].text != here.scenarios[i].text)
            return fmt::format("its scenario {} has other values than {}", there.scenarios[i].name,
                               here.scenarios[i].name);
    }
    if (there.paranoid != here.paranoid) return "only one of the two is --paranoid";
    if (there.program != here.program)
        return fmt::format("it is of aivmsim {}, and this is {}", there.program, here.program);
    return {};
}

Result<CampaignContents> read_campaign(const std::string& folder) {
    const std::string path = path_of_log(folder);
    AIVM_ASSIGN(const std::string text, read_text(path));
    AIVM_ASSIGN(ParsedLog log, parse_log(text, path));
    if (!log.has_plan) return fail(ErrorCode::kMalformed, path + " holds no campaign");
    return std::move(log.contents);
}

CampaignLog::CampaignLog(CampaignLog&& other) noexcept
    : file_(other.file_), path_(std::move(other.path_)) {
    other.file_ = -1;
}

CampaignLog::~CampaignLog() {
    if (file_ >= 0) close(file_);
}

Result<CampaignLog> CampaignLog::open(const std::string& folder, const CampaignPlan& plan,
                                      CampaignContents& contents) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        return fail(code_of(error.value()),
                    fmt::format("the folder {} cannot be made: {}", folder, error.message()));
    const std::string path = path_of_log(folder);
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return tl::unexpected<Error>(cannot_use(path, "cannot be written"));
    CampaignLog log(file, path);
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        return fail(ErrorCode::kWrongState,
                    path + " is being written by another campaign; choose another --out");
    }
    AIVM_ASSIGN(const std::string text, read_text(path));
    AIVM_ASSIGN(ParsedLog parsed, parse_log(text, path));
    if (ftruncate(file, static_cast<off_t>(parsed.whole_bytes)) != 0 ||
        lseek(file, 0, SEEK_END) < 0) {
        return tl::unexpected<Error>(cannot_use(path, "cannot be continued"));
    }
    if (!parsed.has_plan) {
        contents = {plan, {}, {}, {}};
        AIVM_TRY(log.append(plan));
        return log;
    }
    if (const std::string conflict = plan_conflict(parsed.contents.plan, plan); !conflict.empty()) {
        return fail(
            ErrorCode::kConflict,
            fmt::format("{} holds another campaign: {}; choose another --out", folder, conflict));
    }
    contents = std::move(parsed.contents);
    return log;
}

Status CampaignLog::append(const CampaignRecord& record) {
    const std::string line = to_line(record) + "\n";
    const off_t before = lseek(file_, 0, SEEK_CUR);
    std::string_view rest = line;
    while (!rest.empty()) {
        const ssize_t written = write(file_, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            Error why = cannot_use(path_, "cannot be written");
            if (ftruncate(file_, before) == 0) lseek(file_, before, SEEK_SET);
            return tl::unexpected<Error>(std::move(why));
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace aivm::scenarios
