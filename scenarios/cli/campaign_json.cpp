// A campaign as JSON; scripts rely on the keys.
#include <nlohmann/json.hpp>

#include "scenarios/cli/campaign_shown.h"
#include "scenarios/cli/json_version.h"

namespace aivm::scenarios::cli {
namespace {

using Json = nlohmann::ordered_json;

Json spread_json(const Spread& s) {
    return {{"p05", s.low}, {"median", s.median}, {"p95", s.high}};
}

Json defects_json(const CampaignShown& shown) {
    Json out = Json::array();
    for (const Defect& d : shown.summary.defects) {
        out.push_back({{"invariant", d.invariant},
                       {"name", d.name},
                       {"message", d.message},
                       {"liveness", d.liveness},
                       {"runs", d.runs},
                       {"first_run", d.first_run},
                       {"seed", std::to_string(d.seed)},
                       {"scenario", d.scenario},
                       {"finding", d.finding.empty() ? Json(nullptr) : Json(d.finding)},
                       {"actions_before", d.actions_before},
                       {"actions_after", d.actions_after},
                       {"tries", d.tries},
                       {"reproduce", command_of(shown, d)}});
    }
    return out;
}

Json failures_json(const CampaignShown& shown) {
    Json out = Json::array();
    for (const Failure& f : shown.summary.failures) {
        out.push_back({{"end", run_end_word(f.end)},
                       {"message", f.message},
                       {"runs", f.runs},
                       {"seed", std::to_string(f.seed)},
                       {"scenario", f.scenario},
                       {"reproduce", command_of(shown, f)}});
    }
    return out;
}

Json probes_json(const CampaignSummary& summary) {
    Json out = Json::array();
    for (const ProbeShare& p : summary.probes) {
        out.push_back({{"name", p.name},
                       {"runs", p.runs},
                       {"share", p.share},
                       {"share_max", p.share_max},
                       {"target", p.target},
                       {"missed", p.missed()}});
    }
    return out;
}

Json per_scenario_json(const CampaignSummary& summary) {
    Json out = Json::array();
    for (const ScenarioRuns& scenario : summary.scenarios) {
        out.push_back(
            {{"name", scenario.name}, {"runs", scenario.runs}, {"repeated", scenario.repeated}});
    }
    return out;
}

Json ends_json(const CampaignSummary& summary) {
    Json out = Json::object();
    for (std::size_t i = 0; i < summary.ends.size(); ++i)
        out[std::string(run_end_word(static_cast<RunEnd>(i)))] = summary.ends.at(i);
    return out;
}

}  // namespace

std::string campaign_json(const CampaignShown& shown) {
    const CampaignSummary& s = shown.summary;
    Json scenarios = Json::array();
    for (const ScenarioRuns& scenario : s.scenarios) scenarios.push_back(scenario.name);
    Json joined = Json::array();
    for (const std::uint64_t seed : shown.plan().joined_seeds)
        joined.push_back(std::to_string(seed));
    Json seeds = Json::array();
    for (const RunRecord& run : shown.result.contents.runs)
        seeds.push_back(std::to_string(run.seed));
    const Json out = {{"schema_version", kJsonVersion},
                      {"exit_code", static_cast<int>(shown.exit_code())},
                      {"seed", std::to_string(shown.plan().seed)},
                      {"shard", shown.plan().shard},
                      {"shards", shown.plan().shards},
                      {"missing_shards", shown.missing_shards},
                      {"joined_seeds", joined},
                      {"program", shown.plan().program},
                      {"folder", shown.folder},
                      {"scenarios", scenarios},
                      {"runs", s.runs},
                      {"runs_made", shown.result.runs_made},
                      {"stopped", shown.result.stopped},
                      {"saturated", shown.result.saturated},
                      {"ends", ends_json(s)},
                      {"defects", defects_json(shown)},
                      {"failures", failures_json(shown)},
                      {"lost", shown.result.lost},
                      {"repeated", s.repeated},
                      {"per_scenario", per_scenario_json(s)},
                      {"probes", probes_json(s)},
                      {"unseen",
                       {{"behaviours", s.unseen.behaviours},
                        {"seen_once", s.unseen.singletons},
                        {"next_is_new", s.unseen.next_is_new},
                        {"next_is_new_max", s.unseen.next_is_new_max}}},
                      {"per_cpu_second",
                       {{"runs", spread_json(s.runs_per_cpu_second)},
                        {"events", spread_json(s.events_per_cpu_second)},
                        {"blocks", spread_json(s.blocks_per_cpu_second)}}},
                      {"cpu_seconds", s.cpu_seconds},
                      {"wall_seconds", static_cast<double>(shown.wall_ns) / 1e9},
                      {"memory_kib_max", s.memory_kib_max},
                      {"seeds", seeds}};
    return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aivm::scenarios::cli
