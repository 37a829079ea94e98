#include "scenarios/campaign/campaign_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <numeric>

#include "scenarios/campaign/json_number.h"

namespace aivm::scenarios {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kLogVersion = 4;
constexpr std::array<std::string_view, 8> kEndWords{
    "clean",   "violated",  "budget",        "failed",
    "crashed", "timed_out", "out_of_memory", "not_deterministic"};

// Seeds are text: many readers of JSON round numbers above 2^53.
std::uint64_t seed_from(const Json& value) {
    const auto text = value.get<std::string>();
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc() || end != text.data() + text.size())
        throw std::invalid_argument("a seed is not a number below 2^64: " + text);
    return out;
}

Json json_of(const CampaignPlan& plan) {
    Json scenarios = Json::array();
    for (const CampaignScenario& s : plan.scenarios)
        scenarios.push_back({{"name", s.name}, {"text", s.text}});
    Json joined = Json::array();
    for (const std::uint64_t seed : plan.joined_seeds) joined.push_back(std::to_string(seed));
    return {{"campaign", kLogVersion},
            {"seed", std::to_string(plan.seed)},
            {"shard", plan.shard},
            {"shards", plan.shards},
            {"repeat_one_in", plan.repeat_one_in},
            {"paranoid", plan.paranoid},
            {"program", plan.program},
            {"joined_seeds", joined},
            {"scenarios", scenarios}};
}

Json json_of(const RunRecord& run) {
    Json violations = Json::array();
    for (const RecordedViolation& v : run.violations) {
        violations.push_back({{"invariant", v.invariant},
                              {"name", v.name},
                              {"message", v.message},
                              {"liveness", v.liveness}});
    }
    return {{"run", run.index},
            {"seed", std::to_string(run.seed)},
            {"scenario", run.scenario},
            {"end", run_end_word(run.end)},
            {"repeated", run.repeated},
            {"digest", run.digest},
            {"behaviour", run.behaviour},
            {"probes", run.probes},
            {"violations", violations},
            {"message", run.message},
            {"events", run.events},
            {"blocks", run.blocks},
            {"virtual_ns", run.virtual_ns},
            {"latency_ns", run.latency_ns},
            {"cpu_us", run.cpu_us},
            {"memory_kib", run.memory_kib}};
}

Json json_of(const FindingRecord& f) {
    return {{"finding", f.id},
            {"run", f.index},
            {"seed", std::to_string(f.seed)},
            {"scenario", f.scenario},
            {"invariant", f.invariant},
            {"key", f.key},
            {"trace", f.trace},
            {"actions_before", f.actions_before},
            {"actions_after", f.actions_after},
            {"tries", f.tries},
            {"message", f.message},
            {"error", f.error}};
}

Json json_of(const MutantRecord& m) {
    return {{"mutant", m.id},
            {"repeat", m.repeat},
            {"detected", m.detected},
            {"violated", m.violated},
            {"by", m.by},
            {"message", m.message},
            {"runs", m.runs},
            {"runs_reached", m.runs_reached},
            {"runs_infected", m.runs_infected},
            {"virtual_time", {m.virtual_time.slower, m.virtual_time.faster}},
            {"latency", {m.latency.slower, m.latency.faster}},
            {"events", {m.events.slower, m.events.faster}},
            {"cpu_us", m.cpu_us},
            {"scenario", m.scenario},
            {"seed", std::to_string(m.seed)},
            {"actions_before", m.actions_before},
            {"actions_after", m.actions_after}};
}

CampaignPlan plan_from(const Json& j) {
    if (j.at("campaign") != kLogVersion) {
        throw std::invalid_argument(
            fmt::format("it is a campaign log of version {}, and this program reads version {}",
                        j.at("campaign").dump(), kLogVersion));
    }
    CampaignPlan out;
    out.seed = seed_from(j.at("seed"));
    out.shard = whole_number<std::uint32_t>(j.at("shard"));
    out.shards = whole_number<std::uint32_t>(j.at("shards"));
    out.repeat_one_in = whole_number<std::uint32_t>(j.at("repeat_one_in"));
    out.paranoid = j.at("paranoid").get<bool>();
    out.program = j.at("program").get<std::string>();
    for (const Json& seed : j.at("joined_seeds")) out.joined_seeds.push_back(seed_from(seed));
    for (const Json& s : j.at("scenarios"))
        out.scenarios.push_back({s.at("name").get<std::string>(), s.at("text").get<std::string>()});
    if (out.shards == 0 || out.shard == 0 || out.shard > out.shards || out.scenarios.empty())
        throw std::invalid_argument("its shard or its scenarios make no sense");
    return out;
}

RunRecord run_from(const Json& j) {
    RunRecord out;
    out.index = whole_number<std::uint64_t>(j.at("run"));
    out.seed = seed_from(j.at("seed"));
    out.scenario = whole_number<std::uint32_t>(j.at("scenario"));
    const auto end = j.at("end").get<std::string>();
    const auto known = std::ranges::find(kEndWords, end);
    if (known == kEndWords.end()) throw std::invalid_argument("a run ended as \"" + end + "\"");
    out.end = static_cast<RunEnd>(known - kEndWords.begin());
    out.repeated = j.at("repeated").get<bool>();
    out.digest = j.at("digest").get<std::string>();
    out.behaviour = j.at("behaviour").get<std::string>();
    out.probes = j.at("probes").get<std::vector<std::string>>();
    for (const Json& v : j.at("violations")) {
        out.violations.push_back(
            {v.at("invariant").get<std::string>(), v.at("name").get<std::string>(),
             v.at("message").get<std::string>(), v.at("liveness").get<bool>()});
    }
    out.message = j.at("message").get<std::string>();
    out.events = whole_number<std::uint64_t>(j.at("events"));
    out.blocks = whole_number<std::uint64_t>(j.at("blocks"));
    out.virtual_ns = whole_number<std::uint64_t>(j.at("virtual_ns"));
    out.latency_ns = whole_number<std::uint64_t>(j.at("latency_ns"));
    out.cpu_us = whole_number<std::uint64_t>(j.at("cpu_us"));
    out.memory_kib = whole_number<std::uint64_t>(j.at("memory_kib"));
    return out;
}

FindingRecord finding_from(const Json& j) {
    FindingRecord out;
    out.id = j.at("finding").get<std::string>();
    out.index = whole_number<std::uint64_t>(j.at("run"));
    out.seed = seed_from(j.at("seed"));
    out.scenario = whole_number<std::uint32_t>(j.at("scenario"));
    out.invariant = j.at("invariant").get<std::string>();
    out.key = j.at("key").get<std::string>();
    out.trace = j.at("trace").get<std::string>();
    out.actions_before = whole_number<std::uint64_t>(j.at("actions_before"));
    out.actions_after = whole_number<std::uint64_t>(j.at("actions_after"));
    out.tries = whole_number<std::uint64_t>(j.at("tries"));
    out.message = j.at("message").get<std::string>();
    out.error = j.at("error").get<std::string>();
    return out;
}

SpeedPairs speed_pairs_from(const Json& j) {
    return {whole_number<std::uint64_t>(j.at(0)), whole_number<std::uint64_t>(j.at(1))};
}

MutantRecord mutant_from(const Json& j) {
    MutantRecord out;
    out.id = j.at("mutant").get<std::string>();
    out.repeat = whole_number<std::uint32_t>(j.at("repeat"));
    out.detected = j.at("detected").get<bool>();
    out.violated = j.at("violated").get<bool>();
    out.by = j.at("by").get<std::string>();
    out.message = j.at("message").get<std::string>();
    out.runs = whole_number<std::uint64_t>(j.at("runs"));
    out.runs_reached = whole_number<std::uint64_t>(j.at("runs_reached"));
    out.runs_infected = whole_number<std::uint64_t>(j.at("runs_infected"));
    out.virtual_time = speed_pairs_from(j.at("virtual_time"));
    out.latency = speed_pairs_from(j.at("latency"));
    out.events = speed_pairs_from(j.at("events"));
    out.cpu_us = whole_number<std::uint64_t>(j.at("cpu_us"));
    out.scenario = whole_number<std::uint32_t>(j.at("scenario"));
    out.seed = seed_from(j.at("seed"));
    out.actions_before = whole_number<std::uint64_t>(j.at("actions_before"));
    out.actions_after = whole_number<std::uint64_t>(j.at("actions_after"));
    return out;
}

}  // namespace

bool CampaignPlan::repeats(std::uint64_t index) const {
    if (repeat_one_in == 0) return false;
    // A shard makes every run with the same remainder by `shards`; of those, a scenario has every
    // run with the same remainder by its number, so this many indices lie between two of them.
    const std::uint64_t step = std::lcm(std::uint64_t{shards}, std::uint64_t{scenarios.size()});
    return index / step % repeat_one_in == 0;
}

std::string_view run_end_word(RunEnd end) { return kEndWords.at(static_cast<std::size_t>(end)); }

std::string to_line(const CampaignRecord& record) {
    const Json json = std::visit([](const auto& r) { return json_of(r); }, record);
    // Messages may quote bytes that are not UTF-8.
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<CampaignRecord> from_line(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded() || !json.is_object())
        return fail(ErrorCode::kMalformed, "not a JSON object, or cut short");
    try {
        if (json.contains("campaign")) return plan_from(json);
        if (json.contains("finding")) return finding_from(json);
        if (json.contains("mutant")) return mutant_from(json);
        if (json.contains("run")) return run_from(json);
    } catch (const std::exception& wrong) {  // of nlohmann, or ours
        return fail(ErrorCode::kMalformed, wrong.what());
    }
    return fail(ErrorCode::kMalformed, "neither a campaign, a run, a finding nor a mutant");
}

}  // namespace aivm::scenarios
