// The result of a replay as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/campaign/finding.h"

namespace aivm::scenarios::cli {

struct ReplayedRun {
    std::int64_t run_id = 0;
    std::string scenario;
    std::string seed;
    std::string recorded;  // digest
    std::string found;     // digest; empty if the run could not be repeated
    int exit_code = 0;
    std::vector<std::string> violations{};  // ids of the unexpected ones
    std::string finding{};                  // the folder of the shrunk violation, or empty
};

// One JSON document: {"runs": [...]}.
std::string replay_json(const std::vector<ReplayedRun>& runs);

// The same for a finding.
std::string replay_json(const ReplayResult& replay, int exit_code);

}  // namespace aivm::scenarios::cli
