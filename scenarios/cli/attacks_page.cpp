#include "scenarios/cli/attacks_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/cli/catalog.h"
#include "scenarios/cli/golden_file.h"
#include "scenarios/cli/sweep_results.h"
#include "scenarios/cli/threshold_table.h"
#include "scenarios/file/load.h"
#include "scenarios/statistics/intervals.h"
#include "sim/scenario/participants.h"

namespace aivm::scenarios::cli {
namespace {

constexpr double kPageConfidence = 0.95;

// The ids of the strategies that an owner's groups play.
std::set<std::string> ids_of(const sim::Scenario& scenario, const std::string& owner) {
    std::set<std::string> out;
    for (const sim::ActorGroup& group : scenario.actors) {
        const StrategyRow* row = find_strategy(group.strategy);
        if (sim::owner_label(group) == owner && row != nullptr && !row->id.empty())
            out.emplace(row->id);
    }
    return out;
}

bool keeps_to_the_protocol(const std::string& id) {
    return std::ranges::all_of(
        strategies(), [&](const StrategyRow* row) { return row->id != id || row->honest; });
}

std::string effect_text(const std::string& scenario, const Effect& effect) {
    const SampleSummary gain{static_cast<double>(effect.runs), effect.mean, effect.sd * effect.sd};
    const Interval interval = t_interval(gain, kPageConfidence);
    std::string unit = effect.unit == "LUX" ? "" : " " + effect.unit;
    if (effect.over != "honest play") unit += " over " + effect.over;
    return fmt::format("`{}` {}: {:.2f} [{:.2f}, {:.2f}]{}, {} runs: {}", scenario, effect.owner,
                       effect.mean, interval.low, interval.high, unit, effect.runs, effect.verdict);
}

// "Measured: ...". A crossing has its interval; of the others the values are shown.
std::string result_text(const Threshold& sweep, const SweepResult& result) {
    std::string finding = result.finding;
    if (sweep.prediction == Prediction::kCurve)
        finding = "follows `" + sweep.expression + "`" + finding.substr(finding.rfind(" ["));
    if (sweep.prediction == Prediction::kCrossing) return "**Measured:** " + finding;
    std::vector<std::string> values;
    std::istringstream lines(result.values);
    for (std::string line; std::getline(lines, line);) values.push_back(line.substr(2));
    return fmt::format("**Measured:** {}: {}", finding, fmt::join(values, "; "));
}

// The first assignment that the sweep varies.
std::string swept_key(const Threshold& sweep) {
    const auto one = std::ranges::find_if(sweep.set, [](const std::string& assignment) {
        return assignment.find("{x}") != std::string::npos;
    });
    return *one;  // each sweep has one
}

void add_scenario(const std::string& name, std::map<std::string, AttackRow>& rows) {
    const auto loaded = load_scenario_file(scenario_path(name));
    if (!loaded) throw std::runtime_error(to_text(loaded.error()));
    const auto sweeps = read_thresholds(name);
    if (!sweeps) throw std::runtime_error(name + ": " + sweeps.error().text());
    // Of who keeps to the protocol but checks little or late, the effect is what others gain by it.
    std::set<std::string> helpers;
    for (const Threshold& one : *sweeps) {
        if (keeps_to_the_protocol(one.adversary)) helpers.insert(one.adversary);
    }
    for (const Effect& effect : read_golden(name).effects) {
        std::set<std::string> ids = ids_of(loaded->scenario, effect.owner);
        ids.insert(helpers.begin(), helpers.end());
        for (const std::string& id : ids) rows[id].effects.push_back(effect_text(name, effect));
    }
    const std::map<std::string, SweepResult> results = read_sweep_results(name);
    for (const Threshold& one : *sweeps) {
        const auto found = results.find(one.name);
        rows[one.adversary].sweeps.push_back(fmt::format(
            "`{}` {}, `{}`: {} {}", name, one.name, swept_key(one), one.claim,
            found == results.end() ? "Not measured." : result_text(one, found->second)));
    }
}

std::string cell_of(const std::vector<std::string>& lines) {
    std::string out;
    for (const char c : fmt::format("{}", fmt::join(lines, "<br>")))
        out += c == '|' ? "\\|" : std::string(1, c);
    return out;
}

}  // namespace

std::map<std::string, AttackRow> attack_rows() {
    std::map<std::string, AttackRow> rows;
    for (const StrategyRow* row : strategies()) {
        if (row->id.empty()) continue;
        rows[std::string(row->id)].strategies.push_back(fmt::format("`{}`", row->name));
    }
    for (const std::string& name : catalog_names()) add_scenario(name, rows);
    return rows;
}

std::string attacks_page(const std::map<std::string, AttackRow>& rows) {
    std::string out = fmt::format(
        "# Attacks\n\n"
        "What each adversary brings its owner over honest play under the same seeds, in LUX per "
        "run and\nmember, value of its lies included, with the {:.0f} % interval of Student (from "
        "the golden files\n`NAME.expected`). Of a strategy that keeps to the protocol it is what "
        "others gain by it.\n\n"
        "Then the sweeps that show where the attack stops to pay: the swept key, theory, and what "
        "was\nmeasured, with 99 % intervals (`NAME.thresholds.json`, "
        "`NAME.thresholds.expected`).\n\n"
        "The test `Attacks.ThePageIsCurrent` writes this page where `AIVM_UPDATE_EXPECTED=1` is "
        "set, and\notherwise compares it.\n\n"
        "| id | strategy | effect over honest play | theory, and where it stops to pay |\n"
        "|---|---|---|---|\n",
        kPageConfidence * 100);
    for (const auto& [id, row] : rows) {
        out += fmt::format("| {} | {} | {} | {} |\n", id, cell_of(row.strategies),
                           cell_of(row.effects), cell_of(row.sweeps));
    }
    return out;
}

}  // namespace aivm::scenarios::cli
