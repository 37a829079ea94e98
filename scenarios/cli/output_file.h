// Chooses the file in which a run is recorded.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "scenarios/cli/exit_codes.h"
#include "sim/record/recorder.h"

namespace aivm::scenarios::cli {

inline constexpr const char* kOutputFolder = "aivmsim-out";

// The recorder of a run whose file was named.
Result<std::unique_ptr<sim::Recorder>> record_to(const std::string& path, bool overwrite);

// The recorder of a run without a named file: aivmsim-out/SCENARIO-SEED.db. An existing file is
// replaced if it holds the same run (same program, settings and seed, so nothing is lost), or with
// `overwrite`; otherwise, and if another process is writing it, the first free number, from 2, is
// appended to the name.
Result<std::unique_ptr<sim::Recorder>> record_by_default(const sim::RunInfo& info, bool overwrite);

// The exit code if a recorder cannot be created: 2 if another path would help, 3 if the disk
// failed.
ExitCode exit_code_of_refusal(const std::string& path, const Error& error);

// The provenance that every file records.
sim::StudyInfo study_info(const std::string& name);

}  // namespace aivm::scenarios::cli
