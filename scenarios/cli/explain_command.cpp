#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/base/error.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/cli/catalog.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/explain_finding.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/file/fields.h"
#include "scenarios/file/load.h"
#include "scenarios/file/names.h"
#include "scenarios/file/override.h"
#include "scenarios/file/reference.h"
#include "scenarios/profiles/latency.h"
#include "scenarios/profiles/stake.h"
#include "scenarios/validation/case_table.h"
#include "sim/invariants/invariant.h"
#include "sim/record/metrics.h"
#include "sim/record/schema.h"
#include "sim/record/views.h"

namespace aivm::scenarios::cli {
namespace {

// Each explains one kind of name: empty if nothing of that kind has this name. All names of that
// kind are appended to `known`.
using Known = std::set<std::string>;

// The explanation of a scenario is the comment at the top of its file.
std::string leading_comment(std::string_view text) {
    std::string out;
    while (text.starts_with('#')) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(1, end - 1);
        if (line.starts_with(' ')) line.remove_prefix(1);
        out += fmt::format("  {}\n", line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string explain_scenario(const std::string& name, Known& known) {
    const std::vector<std::string> names = catalog_names();
    known.insert(names.begin(), names.end());
    if (std::ranges::find(names, name) == names.end()) return {};
    const std::string path = scenario_path(name).string();
    const auto loaded = load_scenario_file(path);
    if (!loaded) return fmt::format("scenario {}\n{}", name, to_text(loaded.error()));
    return fmt::format("scenario {}: {}\n{}  file  {}\n  run   aivmsim run {}\n", name,
                       loaded->scenario.description, leading_comment(loaded->text), path, name);
}

std::string explain_strategy(const std::string& name, Known& known) {
    std::string out;
    for (const StrategyRow* each : strategies()) {
        const StrategyRow& row = *each;
        known.emplace(row.name);
        if (!row.id.empty()) known.emplace(row.id);
        if (row.name != name && row.id != name) continue;
        std::string roles;
        if (row.provider != nullptr) roles += " provider";
        if (row.challenger != nullptr) roles += " challenger";
        if (row.validator != nullptr) roles += " validator";
        if (row.requester != nullptr) roles += " requester";
        out += fmt::format("strategy {}{}, {}\n  {}\n  played by{}\n", row.name,
                           row.id.empty() ? "" : fmt::format(" ({})", row.id),
                           row.honest ? "honest" : "dishonest", row.doc, roles);
        for (const StrategyParameter& p : row.parameters) {
            out += fmt::format("  parameters.{}  {} ({} to {}{}{}, default {})\n", p.name, p.doc,
                               p.minimum, p.maximum, p.unit.empty() ? "" : " ", p.unit,
                               p.default_value);
        }
    }
    return out;
}

std::string explain_invariant(const std::string& name, Known& known) {
    std::string out;
    for (const sim::InvariantInfo& info : sim::invariant_infos()) {
        known.emplace(info.id);
        known.emplace(info.name);
        if (info.id != name && info.name != name) continue;
        out += fmt::format(
            "invariant {} {}\n  {}\n  why  {}\n  a violation ends the run with exit code {}; a "
            "scenario that wants it says expect = [\"{}\"]\n",
            info.id, info.name, info.meaning, wrapped(info.reason, kScreenWidth - 7, 7),
            static_cast<int>(info.liveness ? kExitLimit : kExitViolated), info.id);
    }
    return out;
}

std::string explain_metric(const std::string& name, Known& known) {
    for (const sim::MetricSpec& spec : sim::metric_specs()) known.emplace(spec.name);
    const sim::MetricSpec* spec = sim::find_metric(name);
    if (spec == nullptr) return {};
    return fmt::format(
        "metric {}{}\n  {}\n  {}\n", name,
        spec->unit.empty() ? "" : fmt::format(" [{}]", spec->unit), spec->doc,
        spec->per_mode
            ? "in table metric for the whole run (mode is empty) and for each verification mode"
            : "in table metric, for the whole run");
}

std::string explain_table(const std::string& name, Known& known) {
    std::string out;
    for (const sim::TableInfo& table : sim::schema_tables()) {
        known.emplace(table.name);
        if (table.name != name) continue;
        out = fmt::format("table {}\n  one row is {}\n  key  {}\n", name, table.doc, table.key);
        for (const sim::ColumnInfo& column : table.columns) {
            out += fmt::format("  {:<20} {}{}{}  {}\n", column.name, column.type,
                               column.nullable ? " or NULL" : "",
                               column.unit.empty() ? "" : fmt::format(" [{}]", column.unit),
                               column.doc);
        }
    }
    return out;
}

std::string explain_view(const std::string& name, Known& known) {
    std::string out;
    for (const sim::ViewInfo& view : sim::schema_views()) {
        known.emplace(view.name);
        if (view.name == name) out = fmt::format("view {}\n  {}\n{}\n", name, view.doc, view.sql);
    }
    return out;
}

std::string explain_key(const std::string& name, Known& known) {
    const std::vector<std::string> keys = known_keys({});
    known.insert(keys.begin(), keys.end());
    const std::string text = help_text(name);
    return text.empty() ? "" : fmt::format("keys of a scenario file\n{}", text);
}

std::string explain_profile(const std::string& name, Known& known) {
    std::string out;
    for (const std::string& one : latency_profile_names()) known.insert(one);
    for (const std::string& one : stake_profile_names()) known.insert(one);
    if (const LatencyProfile* latency = find_latency_profile(name)) {
        out += fmt::format("latency profile {}\n  source  {}\n  regions ", name, latency->source);
        for (const auto region : latency->regions) out += fmt::format(" {}", region);
        out += "\n";
    }
    if (const StakeProfile* stake = find_stake_profile(name)) {
        out += fmt::format("stake profile {}\n  source  {}\n", name, stake->source);
    }
    return out;
}

std::string explain_error(const std::string& name, Known& known) {
    std::string out;
    for (std::size_t i = 0; i < enum_count<ErrorCode>; ++i) {
        const auto code = static_cast<ErrorCode>(i);
        known.emplace(error_name(code));
        if (error_name(code) == name)
            out = fmt::format("error {}\n  {}\n", name, error_message(code));
    }
    return out;
}

std::string explain_case(const std::string& name, Known& known) {
    std::string out;
    const auto cases = load_cases(built_in_cases());
    for (const ValidationCase& c : cases.value_or(std::vector<ValidationCase>{})) {
        known.insert(c.id);
        if (c.id != name) continue;
        const CaseRow* row = find_case_row(c.id);
        std::string parameters;
        for (const auto& [parameter, value] : c.parameters)
            parameters += fmt::format(" {}={:g}", parameter, value);
        out = fmt::format(
            "validation case {}: {}\n  theory     {} = {:g}\n  with      {}\n  simulated  {}\n"
            "  compare    aivmsim validate --only {}\n",
            c.id, c.quantity, c.expression.empty() ? "(published)" : c.expression, c.expected,
            parameters, row == nullptr ? "not" : row->how, c.id);
    }
    return out;
}

// A word that keys take as a value: those keys, which say what it means.
std::string explain_word(const std::string& name, Known& known) {
    std::string out;
    const auto look_at = [&](const FieldInfo& info) {
        known.insert(info.choices.begin(), info.choices.end());
        if (std::ranges::find(info.choices, name) == info.choices.end()) return;
        const std::string table = info.section == "group" ? "" : std::string(info.section) + ".";
        out += fmt::format("{} is a value of {}{}\n  {}\n", name, table, info.key, info.doc);
    };
    for (const auto& field : scenario_fields()) look_at(field.info);
    for (const auto& field : group_fields()) look_at(field.info);
    for (const auto& field : fault_fields()) look_at(field.info);
    return out;
}

// Words of the screens and pages that name no key, table or file.
struct Concept {
    std::string_view name;
    std::string_view text;
};
constexpr std::array kConcepts{
    Concept{"LUX", "the unit of money: 1 LUX is 10^9 nLUX; files write \"5 LUX\" or \"7 nLUX\""},
    Concept{"nLUX", "the smallest unit of money: 10^9 of them are 1 LUX"},
    Concept{"principal",
            "an owner of identities, for whom profit is counted; groups with one principal, of any "
            "roles, have one owner"},
    Concept{"group",
            "some participants of one role that share a strategy: a [[provider]], "
            "[[challenger]], [[requester]] or [[validator]] of a scenario"},
    Concept{"point", "one combination of parameters of a study; its runs differ by their seeds"},
    Concept{"obligation", "an open result whose outcome can still slash its provider"},
    Concept{"escape", "what was due by the rules of slashing and could not be taken"},
    Concept{"alpha",
            "in theory, the share of proposers that censor: chain.censoring_share; in "
            "polls of snowman, chain.alpha_preference and chain.alpha_confidence"},
    Concept{"window", "the blocks in which a result can be challenged: vm.challenge_window_blocks"},
    Concept{"faults",
            "a scenario schedules them in [[fault]] or draws them from the seed with "
            "[swarm]; aivmsim explain fault lists the kinds"},
    Concept{"fidelity",
            "full: every validator is a replica; economic: one actor stands for all of "
            "them, much faster; see run.fidelity"},
    Concept{"digest",
            "128 bits over every event of a run: two runs are the same if and only if "
            "their digests are"},
    Concept{"counterfactual",
            "the same seeds with an owner that breaks the protocol made honest: "
            "aivmsim run SCENARIO --counterfactual"},
    Concept{"finding",
            "a run that violated an invariant, saved with its shrunk history; aivmsim "
            "replay, shrink, explain and emit-test take its folder"},
};

std::string explain_concept(const std::string& name, Known& known) {
    std::string out;
    for (const Concept& one : kConcepts) {
        known.emplace(one.name);
        if (one.name == name) out = fmt::format("{}\n  {}\n", one.name, one.text);
    }
    return out;
}

// Names that hold what was written, such as vm.challenge_window_blocks for challenge_window.
std::string names_with(const std::string& part, const Known& known) {
    constexpr std::size_t kMost = 5;
    std::vector<std::string> found;
    for (const std::string& name : known) {
        if (part.size() > 2 && name.find(part) != std::string::npos) found.push_back(name);
    }
    if (found.empty() || found.size() > kMost) return {};
    return fmt::format("; did you mean {}?", fmt::join(found, ", "));
}

// Lines that are longer than the terminal is wide continue below their own text.
std::string folded(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
        out += std::string(indent, ' ') +
               wrapped(line.substr(indent), screen_width() - std::min(indent, std::size_t{20}),
                       indent + 4) +
               "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

}  // namespace

int explain_command(const ExplainRequest& request) {
    if (names_finding(request.name)) return explain_finding(request.name);
    Known known;
    std::string out;
    for (const auto explain :
         {explain_scenario, explain_strategy, explain_invariant, explain_metric, explain_table,
          explain_view, explain_key, explain_profile, explain_error, explain_case, explain_word,
          explain_concept}) {
        const std::string part = explain(request.name, known);
        if (!part.empty() && !out.empty()) out += "\n";
        out += part;
    }
    if (!out.empty())
        return print_result(is_terminal(stdout) ? folded(out) : out) ? kExitClean
                                                                     : kExitHarnessFailed;
    const std::vector<std::string> names(known.begin(), known.end());
    const std::string near = nearest_name(request.name, names);
    const std::string remedy = near.empty() ? names_with(request.name, known)
                                            : fmt::format("; did you mean \"{}\"?", near);
    complain(fmt::format(
        "nothing is called \"{}\"{}\n"
        "  aivmsim list scenarios | strategies | invariants | metrics | keys | tables | "
        "views | profiles | errors",
        request.name, remedy));
    return kExitNothingMatched;
}

}  // namespace aivm::scenarios::cli
