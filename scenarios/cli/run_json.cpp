// A run as JSON; scripts rely on the keys.
#include <nlohmann/json.hpp>

#include "scenarios/cli/json_version.h"
#include "scenarios/cli/payoffs.h"
#include "scenarios/cli/run_screen.h"
#include "scenarios/cli/verdict.h"

namespace aivm::scenarios::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string_view status_word(const RunShown& run) {
    switch (exit_code_of(run)) {
        case kExitNotDeterministic:
            return "not deterministic";
        case kExitClean:
            return "clean";
        case kExitLimit:
            return "limit";
        case kExitInterrupted:
            return "interrupted";
        default:
            return "violated";
    }
}

// No data is null.
Json number_of(const std::optional<sim::Number>& number) {
    if (!number) return nullptr;
    return std::visit([](auto value) { return Json(value); }, *number);
}

Json metrics_of(const sim::Outcome& outcome) {
    Json metrics = Json::object();
    for (const sim::MetricRow& metric : outcome.metrics) {
        metrics[metric.mode.empty() ? metric.name : metric.name + "." + metric.mode] =
            number_of(metric.value);
    }
    return metrics;
}

// How many values a mean, share or quantile is taken from.
Json counts_of(const sim::Outcome& outcome) {
    Json counts = Json::object();
    for (const sim::MetricRow& metric : outcome.metrics) {
        if (metric.n && metric.mode.empty()) counts[metric.name] = *metric.n;
    }
    return counts;
}

// The shrunk violation and the command that shows it again.
Json finding_of(const SavedFinding* finding) {
    if (finding == nullptr) return nullptr;
    return {{"id", finding->id},
            {"invariant", finding->violation.invariant},
            {"folder", finding->folder},
            {"actions", finding->actions},
            {"reproduce", "aivmsim replay " + shell_argument(finding->folder)}};
}

Json principals_of(const RunShown& run) {
    Json principals = Json::array();
    const auto lines = payoffs_by_principal(run.scenario, run.outcome);
    for (const PayoffLine& line : lines) {
        principals.push_back({{"label", line.who},
                              {"role", line.role},
                              {"strategy", line.strategy},
                              {"honest", line.honest},
                              {"agents", line.agents},
                              {"earned_nlux", line.earned},
                              {"paid_nlux", line.paid},
                              {"slashed_nlux", line.slashed},
                              {"net_nlux", line.net},
                              {"lies_nlux", line.lies}});
    }
    return principals;
}

// In nLUX per member and run; without an interval its ends are null.
Json gains_of(const std::vector<CheatingGain>& gains) {
    Json json = Json::array();
    for (const CheatingGain& gain : gains) {
        const bool known = gain.gains.n() >= 2;
        json.push_back({{"owner", gain.label},
                        {"strategy", gain.strategy},
                        {"members", gain.members},
                        {"runs", gain.gains.n()},
                        {"gain_nlux", gain.gains.mean()},
                        {"low_nlux", known ? Json(gain.interval.low) : Json(nullptr)},
                        {"high_nlux", known ? Json(gain.interval.high) : Json(nullptr)},
                        {"pays", word(gain.pays)}});
    }
    return json;
}

Json violations_of(const sim::Outcome& outcome) {
    Json violations = Json::array();
    for (const sim::Violation& v : outcome.violations) {
        violations.push_back({{"invariant", v.invariant},
                              {"name", v.name},
                              {"message", v.message},
                              {"time_ns", v.time},
                              {"block", v.block},
                              {"event", v.event},
                              {"actors", v.actors},
                              {"expected", v.expected},
                              {"liveness", v.liveness}});
    }
    return violations;
}

Json determinism_of(const DeterminismReport& report) {
    Json json = {{"same", report.same()},
                 {"digests", {report.first.digest.hex(), report.second_digest.hex()}},
                 {"first_difference", nullptr}};
    if (!report.difference || !report.difference->position) return json;
    const auto event_of = [](const std::optional<sim::World::TracedEvent>& event) {
        if (!event) return Json(nullptr);
        return Json{
            {"time_ns", event->record.time}, {"actor", event->actor}, {"kind", event->kind}};
    };
    json["first_difference"] = {{"record", *report.difference->position},
                                {"first", event_of(report.difference->first)},
                                {"second", event_of(report.difference->second)}};
    return json;
}

}  // namespace

std::string run_json(const RunShown& run) {
    const sim::Outcome& outcome = run.outcome;
    Json document = {{"schema_version", kJsonVersion},
                     {"scenario", outcome.scenario},
                     {"seed", std::to_string(outcome.seed)},
                     {"status", status_word(run)},
                     {"exit_code", static_cast<int>(exit_code_of(run))},
                     {"digest", outcome.digest.hex()},
                     {"events", outcome.events},
                     {"blocks", outcome.blocks},
                     {"virtual_seconds", static_cast<double>(outcome.virtual_time) / 1e9},
                     {"wall_seconds", static_cast<double>(run.wall_ns) / 1e9},
                     {"backend", run.backend},
                     {"kernel_fallbacks", run.kernel_fallbacks},
                     {"invariants", outcome.invariants},
                     {"invariant_checks", outcome.invariant_checks},
                     {"did_cheating_pay", did_cheating_pay(run.scenario, outcome, run.gains)},
                     {"metrics", metrics_of(outcome)},
                     {"n", counts_of(outcome)},
                     {"principals", principals_of(run)},
                     {"violations", violations_of(outcome)},
                     {"missing_violations", outcome.missing_violations},
                     {"database", run.database.empty() ? Json(nullptr) : Json(run.database)}};
    if (outcome.budget_end) document["budget_end"] = outcome.budget_end->text();
    document["finding"] = finding_of(run.finding);
    document["reproduce"] = run.finding == nullptr
                                ? run.rerun
                                : "aivmsim replay " + shell_argument(run.finding->folder);
    if (!run.gains.empty()) document["counterfactual"] = gains_of(run.gains);
    if (run.determinism != nullptr) document["determinism"] = determinism_of(*run.determinism);
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aivm::scenarios::cli
