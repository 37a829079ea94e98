// A campaign as SARIF 2.1.0 (Static Analysis Results Interchange Format, OASIS 2020): one rule per
// invariant, one result per defect or failure.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "scenarios/cli/campaign_shown.h"
#include "sim/invariants/invariant.h"

namespace aivm::scenarios::cli {
namespace {

using Json = nlohmann::ordered_json;

Json location_of(const std::string& file) {
    return {{"physicalLocation",
             {{"artifactLocation", {{"uri", file}}}, {"region", {{"startLine", 1}}}}}};
}

Json result_of(const std::string& rule, const char* level, const std::string& message,
               const std::string& command, const std::string& file, const std::string& fingerprint,
               std::uint64_t seed, std::uint64_t runs) {
    return {{"ruleId", rule},
            {"level", level},
            {"message", {{"text", message + "\nreproduce: " + command}}},
            {"locations", Json::array({location_of(file)})},
            {"partialFingerprints", {{"aivmsimTrace/v1", fingerprint}}},
            {"occurrenceCount", runs},
            {"properties", {{"seed", std::to_string(seed)}}}};
}

Json rules_of(const std::set<std::string>& used) {
    Json rules = Json::array();
    for (const sim::InvariantInfo& info : sim::invariant_infos()) {
        if (!used.contains(std::string(info.id))) continue;
        const std::string promise = fmt::format("It promises: {}. {}", info.meaning, info.reason);
        const std::string more = fmt::format("\naivmsim explain {}", info.id);
        rules.push_back({{"id", info.id},
                         {"name", info.name},
                         {"shortDescription", {{"text", info.meaning}}},
                         {"fullDescription", {{"text", promise}}},
                         {"help", {{"text", promise + more}}}});
    }
    for (const std::string& id : used) {
        if (id.find('/') == std::string::npos) continue;
        rules.push_back(
            {{"id", id}, {"shortDescription", {{"text", "aivmsim itself failed on a run"}}}});
    }
    return rules;
}

}  // namespace

std::string campaign_sarif(const CampaignShown& shown) {
    Json results = Json::array();
    std::set<std::string> used;
    for (const Defect& d : shown.summary.defects) {
        used.insert(d.invariant);
        const std::string file =
            d.finding.empty() ? d.file : "findings/" + d.finding + "/scenario.toml";
        results.push_back(result_of(d.invariant, d.liveness ? "warning" : "error", d.message,
                                    command_of(shown, d), file,
                                    d.finding.empty() ? d.invariant : d.finding, d.seed, d.runs));
    }
    for (const Failure& f : shown.summary.failures) {
        const std::string rule = "aivmsim/" + std::string(run_end_word(f.end));
        used.insert(rule);
        results.push_back(result_of(rule, "error", f.message, command_of(shown, f), f.file, f.file,
                                    f.seed, f.runs));
    }
    const Json driver = {
        {"name", "aivmsim"}, {"version", shown.plan().program}, {"rules", rules_of(used)}};
    const Json run = {
        {"tool", {{"driver", driver}}}, {"columnKind", "utf16CodeUnits"}, {"results", results}};
    const Json out = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                      {"version", "2.1.0"},
                      {"runs", Json::array({run})}};
    return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aivm::scenarios::cli
