#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/cli/catalog.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/file/load.h"
#include "scenarios/file/override.h"
#include "scenarios/file/reference.h"
#include "scenarios/profiles/latency.h"
#include "scenarios/profiles/stake.h"
#include "sim/invariants/invariant.h"
#include "sim/record/metrics.h"
#include "sim/record/schema.h"
#include "sim/record/views.h"

namespace aivm::scenarios::cli {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

Rows scenario_rows() {
    Rows rows;
    for (const std::string& name : catalog_names()) {
        const auto loaded = load_scenario_file(scenario_path(name));
        rows.emplace_back(name, loaded ? loaded->scenario.description
                                       : "(cannot be loaded: aivmsim check " + name + ")");
    }
    return rows;
}

Rows strategy_rows() {
    Rows rows;
    for (const StrategyRow* row : strategies()) {
        const std::string id = row->id.empty() ? "" : fmt::format(" ({})", row->id);
        rows.emplace_back(std::string(row->name), std::string(row->doc) + id);
    }
    return rows;
}

Rows invariant_rows() {
    Rows rows;
    for (const sim::InvariantInfo& info : sim::invariant_infos()) {
        rows.emplace_back(fmt::format("{:<4} {}", info.id, info.name), std::string(info.meaning));
    }
    return rows;
}

Rows metric_rows() {
    Rows rows;
    for (const sim::MetricSpec& spec : sim::metric_specs()) {
        const std::string unit = spec.unit.empty() ? "" : fmt::format(" [{}]", spec.unit);
        rows.emplace_back(std::string(spec.name), std::string(spec.doc) + unit);
    }
    return rows;
}

Rows table_rows() {
    Rows rows;
    for (const sim::TableInfo& table : sim::schema_tables()) {
        rows.emplace_back(std::string(table.name), "one row is " + std::string(table.doc));
    }
    return rows;
}

Rows view_rows() {
    Rows rows;
    for (const sim::ViewInfo& view : sim::schema_views()) {
        rows.emplace_back(std::string(view.name), std::string(view.doc));
    }
    return rows;
}

Rows profile_rows() {
    Rows rows;
    for (const LatencyProfile& profile : latency_profiles()) {
        rows.emplace_back(fmt::format("latency {}", profile.name), std::string(profile.source));
    }
    for (const std::string& name : stake_profile_names()) {
        rows.emplace_back("stake " + name, std::string(find_stake_profile(name)->source));
    }
    return rows;
}

Rows key_rows() {
    Rows rows;
    for (const std::string& key : known_keys({})) {
        std::string text = help_text(key);
        text = text.substr(0, text.find('\n'));
        const std::size_t start =
            text.find_first_not_of(' ', std::min(text.find(key) + key.size(), text.size()));
        rows.emplace_back(key, start == std::string::npos ? "" : text.substr(start));
    }
    return rows;
}

Rows error_rows() {
    Rows rows;
    for (std::size_t i = 0; i < enum_count<ErrorCode>; ++i) {
        const auto code = static_cast<ErrorCode>(i);
        rows.emplace_back(std::string(error_name(code)), std::string(error_message(code)));
    }
    return rows;
}

Rows rows_of(const std::string& what) {
    if (what == "keys") return key_rows();
    if (what == "errors") return error_rows();
    if (what == "strategies") return strategy_rows();
    if (what == "invariants") return invariant_rows();
    if (what == "metrics") return metric_rows();
    if (what == "tables") return table_rows();
    if (what == "views") return view_rows();
    if (what == "profiles") return profile_rows();
    return scenario_rows();
}

}  // namespace

int list_command(const ListRequest& request) {
    const Rows rows = rows_of(request.what);
    if (rows.empty()) {
        complain(missing_catalog());  // the only list that does not come from the program itself
        return kExitNothingMatched;
    }
    std::size_t width = 0;
    for (const auto& [name, text] : rows) width = std::max(width, name.size());
    std::string out;
    const std::size_t indent = width + 2;
    const std::size_t room = std::max<std::size_t>(screen_width(), indent + 30) - indent;
    for (const auto& [name, text] : rows) {
        // Folded to a terminal only: a program reads lines.
        out += fmt::format("{:<{}}  {}\n", name, width,
                           is_terminal(stdout) ? wrapped(text, room, indent) : text);
    }
    return print_result(out) ? kExitClean : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
