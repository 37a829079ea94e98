#include "scenarios/cli/output_file.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "scenarios/run/build_info.h"
#include "sim/record/identity.h"
#include "sim/record/study.h"

namespace aivm::scenarios::cli {
namespace {

namespace fs = std::filesystem;

bool holds_this_run(const std::string& path, const sim::RunInfo& info) {
    auto study = sim::open_study(path);
    if (!study) return false;
    const auto runs = study->rows<sim::RunRow>();
    return runs && runs->size() == 1 && runs->front().status != sim::RunStatus::kInterrupted &&
           runs->front().run_id ==
               sim::run_id_of(build_info().version, sim::point_of(info), info.seed, info.replicate);
}

}  // namespace

sim::StudyInfo study_info(const std::string& name) {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    return {name, fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now)), build_info().version,
            build_info().compiler, build_info().flags};
}

Result<std::unique_ptr<sim::Recorder>> record_to(const std::string& path, bool overwrite) {
    sim::RecorderOptions options;
    options.overwrite = overwrite;
    return sim::Recorder::create(path, study_info(fs::path(path).stem().string()), options);
}

Result<std::unique_ptr<sim::Recorder>> record_by_default(const sim::RunInfo& info, bool overwrite) {
    std::error_code error;
    fs::create_directories(kOutputFolder, error);
    if (error) {
        return fail(ErrorCode::kStorage,
                    fmt::format("the folder {} cannot be made: {}; name a file with --out, or use "
                                "--no-record",
                                kOutputFolder, error.message()));
    }
    const std::string stem = fmt::format("{}/{}-{}", kOutputFolder, info.scenario, info.seed);
    std::string path = stem + ".db";
    for (int number = 2;; ++number) {
        const bool may_replace = overwrite || holds_this_run(path, info);
        if (may_replace || !fs::exists(path, error)) {
            auto recorder = record_to(path, may_replace);
            // Another process may have finished a run of this name just now.
            const bool is_taken = !recorder && (sim::is_being_written(recorder.error()) ||
                                                (!may_replace && fs::exists(path, error)));
            if (!is_taken) return recorder;
        }
        path = fmt::format("{}-{}.db", stem, number);
    }
}

ExitCode exit_code_of_refusal(const std::string& path, const Error& error) {
    std::error_code ignored;
    const fs::path parent = fs::path(path).parent_path();
    const fs::path folder = parent.empty() ? fs::path(".") : parent;
    const bool path_is_fine = fs::is_directory(folder, ignored) &&
                              access(folder.c_str(), W_OK) == 0 && !fs::is_directory(path, ignored);
    return error.code == ErrorCode::kStorage && path_is_fine ? kExitHarnessFailed : kExitBadRequest;
}

}  // namespace aivm::scenarios::cli
