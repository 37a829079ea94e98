#include "scenarios/cli/replay_json.h"

#include <nlohmann/json.hpp>

#include "scenarios/cli/json_version.h"

namespace aivm::scenarios::cli {

std::string replay_json(const std::vector<ReplayedRun>& runs) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const ReplayedRun& run : runs) {
        list.push_back({{"run_id", std::to_string(run.run_id)},
                        {"scenario", run.scenario},
                        {"seed", run.seed},
                        {"recorded_digest", run.recorded},
                        {"digest", run.found},
                        {"same", run.found == run.recorded},
                        {"violations", run.violations},
                        {"finding", run.finding.empty() ? nlohmann::ordered_json(nullptr)
                                                        : nlohmann::ordered_json(run.finding)},
                        {"exit_code", run.exit_code}});
    }
    const nlohmann::ordered_json document = {{"schema_version", kJsonVersion}, {"runs", list}};
    return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string replay_json(const ReplayResult& replay, int exit_code) {
    const nlohmann::ordered_json document = {
        {"schema_version", kJsonVersion},
        {"finding", replay.finding.id},
        {"scenario", replay.finding.scenario_name},
        {"seed", std::to_string(replay.finding.seed)},
        {"invariant", replay.finding.violation.invariant},
        {"recorded_digest", replay.finding.digest},
        {"digest", replay.outcome.digest.hex()},
        {"recorded_by", replay.finding.code_version},
        {"reproduced", replay.reproduced()},
        {"difference", replay.difference},
        {"choices", replay.choices},
        {"binding_choices", replay.choices_binding},
        {"shrunk_choices", replay.shrunk_choices},
        {"shrunk_binding_choices", replay.shrunk_choices_binding},
        {"exit_code", exit_code}};
    return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace aivm::scenarios::cli
