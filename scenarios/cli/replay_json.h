// What replaying a database found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace aivm::scenarios::cli {

struct ReplayedRun {
    std::int64_t run_id = 0;
    std::string scenario;
    std::string seed;
    std::string recorded;  // digest
    std::string found;     // digest; empty when it could not be run
    int exit_code = 0;
};

// One JSON document: {"runs": [...]}.
std::string replay_json(const std::vector<ReplayedRun>& runs);

}  // namespace aivm::scenarios::cli
