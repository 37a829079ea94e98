#include "scenarios/cli/replay_json.h"

#include <nlohmann/json.hpp>

namespace aivm::scenarios::cli {

std::string replay_json(const std::vector<ReplayedRun>& runs) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const ReplayedRun& run : runs) {
        list.push_back({{"run_id", run.run_id},
                        {"scenario", run.scenario},
                        {"seed", run.seed},
                        {"recorded_digest", run.recorded},
                        {"digest", run.found},
                        {"same", run.found == run.recorded},
                        {"exit_code", run.exit_code}});
    }
    return nlohmann::ordered_json{{"runs", list}}.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace aivm::scenarios::cli
