// The reference pages, written from the tables that the program itself works with.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/error.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/cli/catalog.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/file/load.h"
#include "scenarios/file/reference.h"
#include "scenarios/profiles/latency.h"
#include "scenarios/profiles/stake.h"
#include "sim/invariants/invariant.h"
#include "sim/record/metrics.h"
#include "sim/record/schema.h"

namespace aivm::scenarios::cli {
namespace {

// A cell of a Markdown table.
std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '|' ? "\\|" : std::string(1, c);
    return out;
}

std::string roles_of(const StrategyRow& row) {
    std::vector<std::string_view> roles;
    if (row.provider != nullptr) roles.emplace_back("provider");
    if (row.challenger != nullptr) roles.emplace_back("challenger");
    if (row.validator != nullptr) roles.emplace_back("validator");
    if (row.requester != nullptr) roles.emplace_back("requester");
    return fmt::format("{}", fmt::join(roles, ", "));
}

std::string strategies_page() {
    std::string out =
        "# Strategies\n\nWhat the key `strategy` of a group can name. A strategy derives from the "
        "honest one of its role and differs in what its line says.\n";
    for (const StrategyRow* row : strategies()) {
        out +=
            fmt::format("\n## `{}`\n\n{}{}, played by {}. {}\n", row->name,
                        row->id.empty() ? "" : fmt::format("{}, ", row->id),
                        row->honest ? "honest" : "breaks the protocol", roles_of(*row), row->doc);
        if (row->parameters.empty()) continue;
        out +=
            "\n| parameter | from | to | default | unit | meaning |\n|---|---|---|---|---|---|\n";
        for (const StrategyParameter& p : row->parameters) {
            out += fmt::format("| `parameters.{}` | {} | {} | {} | {} | {} |\n", p.name, p.minimum,
                               p.maximum, p.default_value, p.unit, cell(p.doc));
        }
    }
    return out;
}

std::string invariants_page() {
    std::string out =
        "# Invariants\n\nThe promises that are checked after every change of the simulated world. "
        "The first one that breaks ends the run: with exit code 1, or with 6 where it is a limit "
        "that was reached. A scenario that demonstrates a violation says `expect = [\"E3\"]`.\n\n"
        "| id | name | what holds | why it must hold | exit code |\n|---|---|---|---|---|\n";
    for (const sim::InvariantInfo& info : sim::invariant_infos()) {
        out += fmt::format("| `{}` | {} | {} | {} | {} |\n", info.id, info.name, cell(info.meaning),
                           cell(info.reason),
                           static_cast<int>(info.liveness ? kExitLimit : kExitViolated));
    }
    return out;
}

std::string metrics_page() {
    std::string out =
        "# Metrics\n\nOne number per run each, the same in the database, on the screen, in JSON "
        "and in Python. No data is NULL, null or NaN, never 0. Those per mode also have a number "
        "for each verification mode in use.\n\n"
        "| name | unit | per mode | meaning |\n|---|---|---|---|\n";
    for (const sim::MetricSpec& spec : sim::metric_specs()) {
        out += fmt::format("| `{}` | {} | {} | {} |\n", spec.name, spec.unit,
                           spec.per_mode ? "yes" : "", cell(spec.doc));
    }
    return out;
}

std::string errors_page() {
    std::string out =
        "# Errors of the VM\n\nWhy an operation was refused, as Python (`VmError.code`), the HTTP "
        "service (`error.code`) and messages name it.\n\n| code | meaning |\n|---|---|\n";
    for (std::size_t i = 0; i < enum_count<ErrorCode>; ++i) {
        const auto code = static_cast<ErrorCode>(i);
        out += fmt::format("| `{}` | {} |\n", error_name(code), cell(error_message(code)));
    }
    return out;
}

std::string scenarios_page() {
    std::string out =
        "# The catalogue\n\nThe scenarios that come with the program; `aivmsim run NAME` runs one, "
        "`aivmsim explain NAME` says more.\n\n| name | what it shows |\n|---|---|\n";
    for (const std::string& name : catalog_names()) {
        const auto loaded = load_scenario_file(scenario_path(name));
        if (loaded) out += fmt::format("| `{}` | {} |\n", name, cell(loaded->scenario.description));
    }
    return out;
}

std::string profiles_page() {
    std::string out =
        "# Profiles\n\nMeasured tables that the keys `network.latency` and `chain.stake` can "
        "name.\n\n| profile | kind | source |\n|---|---|---|\n";
    for (const LatencyProfile& profile : latency_profiles())
        out += fmt::format("| `{}` | latency | {} |\n", profile.name, cell(profile.source));
    for (const std::string& name : stake_profile_names())
        out += fmt::format("| `{}` | stake | {} |\n", name, cell(find_stake_profile(name)->source));
    return out;
}

struct Page {
    std::string_view name;
    std::string (*text)();
};
constexpr Page kPages[] = {
    {"keys", reference_page},      {"strategies", strategies_page}, {"invariants", invariants_page},
    {"metrics", metrics_page},     {"database", sim::schema_page},  {"errors", errors_page},
    {"scenarios", scenarios_page}, {"profiles", profiles_page},     {"schema", json_schema},
};

}  // namespace

int reference_command(const ReferenceRequest& request) {
    for (const Page& page : kPages) {
        if (page.name == request.page)
            return print_result(page.text()) ? kExitClean : kExitHarnessFailed;
    }
    complain(fmt::format("there is no page \"{}\"", request.page));
    return kExitNothingMatched;
}

}  // namespace aivm::scenarios::cli
