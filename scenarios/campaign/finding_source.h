// The run behind a finding, for commands that run it again: from a finding's folder, or from a
// scenario file with a [recorded] table.
#pragma once

#include "scenarios/campaign/finding_folder.h"
#include "scenarios/campaign/shrink_run.h"

namespace aivm::scenarios {

struct FindingSource {
    RunPlan plan;
    sim::Violation violation;  // of the file only the invariant is known
    std::string digest;
    std::string program;  // that recorded it; empty if it is not known
    bool paranoid = false;
    bool from_folder = false;
    std::string reproducer_path;  // where a smaller run of it belongs
};

// The smallest run that is known: of a folder that of repro.toml, else shrunk.toml, else the whole
// run. Errors name the file.
Result<FindingSource> read_finding_source(const std::string& path);

// The violation of a run of the source, just now; its choices and digest go into the source.
Result<sim::Outcome> repeat(const FindingSource& source);

}  // namespace aivm::scenarios
