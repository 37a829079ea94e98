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
    return nlohmann::ordered_json{{"runs", list}}.dump(2, ' ', false,
                                                       nlohmann::json::error_handler_t::replace) +
           "\n";
}

std::string replay_json(const ReplayResult& replay, int exit_code) {
    const nlohmann::ordered_json document = {{"finding", replay.finding.id},
                                             {"scenario", replay.finding.scenario_name},
                                             {"seed", replay.finding.seed},
                                             {"invariant", replay.finding.violation.invariant},
                                             {"recorded_digest", replay.finding.digest},
                                             {"digest", replay.outcome.digest.hex()},
                                             {"reproduced", replay.reproduced()},
                                             {"difference", replay.difference},
                                             {"exit_code", exit_code}};
    return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace aivm::scenarios::cli
