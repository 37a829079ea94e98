#include "scenarios/campaign/trace_bisect.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/kernels/kernels.h"
#include "scenarios/campaign/json_number.h"
#include "scenarios/run/build_info.h"
#include "scenarios/run/setting.h"
#include "sim/world/world.h"

namespace aivm::scenarios {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::uint64_t kFormatVersion = 1;

std::string text_of(const sim::World::TracedEvent& event) {
    const sim::TraceRecord& r = event.record;
    if (r.is_note())
        return fmt::format("note {} {:08x}{:08x}{:016x}", r.order, r.actor, r.kind, r.payload);
    return fmt::format("t={} ns  {}  {}  payload {:016x}  order {:016x}", r.time, event.actor,
                       event.kind, r.payload, r.order);
}

}  // namespace

Result<RunTrace> trace_run(const RunSpec& run, sim::TraceInterval window) {
    const RunPlan& plan = run.plan;
    AIVM_ASSIGN(const sim::Setting setting, make_setting(plan.scenario));
    sim::WorldOptions options;
    options.seed = plan.seed;
    options.paranoid = run.paranoid;
    if (!run.draws) options.choices = &plan.choices;
    if (window.first < window.last) options.window = window;
    AIVM_ASSIGN(const auto world, sim::World::make(setting, options));
    const sim::Outcome outcome = world->run();
    RunTrace out;
    out.label = fmt::format("{} seed={}", plan.scenario.name, plan.seed);
    out.program = build_info().version;
    out.checkpoints = outcome.checkpoints;
    out.checkpoints.push_back({world->trace().position(), outcome.digest});
    out.window = window;
    std::uint64_t position = window.first;
    for (const auto& event : world->traced()) out.lines.push_back({position++, text_of(event)});
    return out;
}

std::optional<sim::TraceInterval> first_difference(const RunTrace& a, const RunTrace& b) {
    if (a.checkpoints.back() == b.checkpoints.back()) return std::nullopt;
    // Every checkpoint covers what came before it, so the first that differs ends the interval.
    const auto [in_a, in_b] = std::ranges::mismatch(a.checkpoints, b.checkpoints);
    const std::uint64_t first = in_a == a.checkpoints.begin() ? 0 : std::prev(in_a)->position;
    const auto end_of = [](const RunTrace& trace, auto at) {
        return at == trace.checkpoints.end() ? trace.checkpoints.back().position : at->position;
    };
    return sim::TraceInterval{first, std::max(end_of(a, in_a), end_of(b, in_b))};
}

std::optional<std::uint64_t> first_differing_line(const RunTrace& a, const RunTrace& b) {
    const auto [in_a, in_b] = std::ranges::mismatch(a.lines, b.lines);
    if (in_a != a.lines.end()) return in_a->position;
    if (in_b != b.lines.end()) return in_b->position;
    return std::nullopt;
}

std::string trace_to_json(const RunTrace& trace) {
    Json checkpoints = Json::array();
    for (const sim::TraceCheckpoint& at : trace.checkpoints)
        checkpoints.push_back({at.position, at.digest.hex()});
    Json lines = Json::array();
    for (const TraceLine& line : trace.lines) lines.push_back({line.position, line.text});
    const Json out = {{"aivmsim_trace", kFormatVersion},
                      {"label", trace.label},
                      {"program", trace.program},
                      {"checkpoints", checkpoints},
                      {"window", {trace.window.first, trace.window.last}},
                      {"lines", lines}};
    return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<RunTrace> trace_from_json(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded() || !json.is_object())
        return fail(ErrorCode::kMalformed, "not a JSON document, or cut short");
    RunTrace out;
    try {
        if (json.at("aivmsim_trace") != kFormatVersion)
            return fail(ErrorCode::kMalformed, "it is of another version of the trace format");
        out.label = json.at("label").get<std::string>();
        out.program = json.at("program").get<std::string>();
        for (const Json& at : json.at("checkpoints")) {
            const auto digest = sim::Digest128::from_hex(at.at(1).get<std::string>());
            if (!digest) return fail(ErrorCode::kMalformed, "a checkpoint has no digest");
            out.checkpoints.push_back({whole_number<std::uint64_t>(at.at(0)), *digest});
        }
        out.window = {whole_number<std::uint64_t>(json.at("window").at(0)),
                      whole_number<std::uint64_t>(json.at("window").at(1))};
        for (const Json& line : json.at("lines"))
            out.lines.push_back(
                {whole_number<std::uint64_t>(line.at(0)), line.at(1).get<std::string>()});
    } catch (const std::exception& wrong) {  // of nlohmann, or ours
        return fail(ErrorCode::kMalformed, wrong.what());
    }
    if (out.checkpoints.empty()) return fail(ErrorCode::kMalformed, "it has no checkpoint");
    return out;
}

}  // namespace aivm::scenarios
