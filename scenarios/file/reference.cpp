#include "scenarios/file/reference.h"

#include <fmt/format.h>

#include <vector>

#include "scenarios/file/fields.h"

namespace aivm::scenarios {
namespace {

// The parts of a row that the reference page shows, whatever struct it belongs to.
struct Row {
    FieldInfo info;
    std::string default_text;
};

template <class Owner>
std::vector<Row> rows_of(std::span<const Field<Owner>> fields) {
    std::vector<Row> rows;
    for (const auto& field : fields)
        rows.push_back({field.info, print_value(field.info, field.default_value())});
    return rows;
}

std::string default_of(const Row& row) { return row.info.required ? "required" : row.default_text; }

std::string type_of(const FieldInfo& info) {
    const auto range = range_text(info);
    if (info.type == FieldType::kChoice) return fmt::format("one of {}", range);
    return range.empty() ? std::string(type_name(info.type))
                         : fmt::format("{}, {}", type_name(info.type), range);
}

std::string table_of(const std::vector<Row>& rows, std::string_view section) {
    std::string out = "| key | type and range | default | meaning |\n|---|---|---|---|\n";
    for (const auto& row : rows) {
        if (row.info.section != section) continue;
        out += fmt::format("| `{}` | {} | `{}` | {} |\n", row.info.key, type_of(row.info),
                           default_of(row), row.info.doc);
    }
    return out;
}

void add_help(std::string& out, const std::string& prefix, const std::string& key, const Row& row) {
    const bool wanted = key == prefix || key.substr(0, prefix.size() + 1) == prefix + ".";
    if (prefix.empty() || wanted)
        out += fmt::format("{:<34} {} ({}; default {})\n", key, row.info.doc, type_of(row.info),
                           default_of(row));
}

}  // namespace

std::string reference_page() {
    const auto rows = rows_of(scenario_fields());
    std::string out =
        "# Scenario files: every key\n"
        "\n"
        "A scenario is a TOML file. Keys that are left out have the default given here. An unknown "
        "key is an error.\n"
        "Values with a unit stand in quotes: durations (`ns us ms s m h d`), amounts (`LUX mLUX "
        "uLUX nLUX`), ratios\n"
        "(`\"1/100\"`, `\"1%\"`, `\"10000 ppm\"`) and bandwidths (`bit/s kbit/s Mbit/s Gbit/s`). "
        "Decimals are exact or refused.\n"
        "\n"
        "From outside the file, `--set vm.slash_bps=5000` or `AIVMSIM_VM__SLASH_BPS=5000` set the "
        "same key; groups go by name\n"
        "(`provider.lazy.count=3`, `provider.lazy.parameters.rate=1/4`), links and faults by "
        "position (`fault.0.at=1m`).\n";
    out += fmt::format("\n## Top level\n\n{}\n\n{}", section_doc(""), table_of(rows, ""));
    for (const auto section : kSections)
        out += fmt::format("\n## [{}]\n\n{}\n\n{}", section, section_doc(section),
                           table_of(rows, section));
    out +=
        fmt::format("\n## [[provider]], [[challenger]], [[requester]], [[validator]]\n\n{}\n\n{}",
                    section_doc("group"), table_of(rows_of(group_fields()), "group"));
    out += fmt::format("\n## [[link]]\n\n{}\n\n{}", section_doc("link"),
                       table_of(rows_of(link_fields()), "link"));
    out += fmt::format("\n## [[fault]]\n\n{}\n\n{}", section_doc("fault"),
                       table_of(rows_of(fault_fields()), "fault"));
    return out;
}

std::string help_text(const std::string& prefix) {
    std::string out;
    for (const auto& row : rows_of(scenario_fields()))
        add_help(out, prefix, row.info.dotted(), row);
    for (const auto role : kRoles)
        for (const auto& row : rows_of(group_fields()))
            add_help(out, prefix, fmt::format("{}.{}", role, row.info.key), row);
    for (const auto& row : rows_of(link_fields())) add_help(out, prefix, row.info.dotted(), row);
    for (const auto& row : rows_of(fault_fields())) add_help(out, prefix, row.info.dotted(), row);
    return out;
}

}  // namespace aivm::scenarios
