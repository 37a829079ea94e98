// Where a run is recorded.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "scenarios/cli/exit_codes.h"
#include "sim/record/recorder.h"

namespace aivm::scenarios::cli {

inline constexpr const char* kOutputFolder = "aivmsim-out";

// The recorder of a run that named its file.
Result<std::unique_ptr<sim::Recorder>> record_to(const std::string& path, bool overwrite);

// The recorder of a run that did not: aivmsim-out/SCENARIO-SEED.db. A file that is there already is
// replaced when it holds this very run (same program, settings and seed: nothing is lost), or with
// `overwrite`; else the name gets the first number, from 2, that is free.
Result<std::unique_ptr<sim::Recorder>> record_by_default(const sim::RunInfo& info, bool overwrite);

// The exit code for a recorder that could not be made: 2 when another path would help, 3 when the
// disk failed.
ExitCode exit_code_of_refusal(const std::string& path, const Error& error);

// What every file says about who wrote it.
sim::StudyInfo study_info(const std::string& name);

}  // namespace aivm::scenarios::cli
