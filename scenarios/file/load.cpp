// The only translation unit that includes toml++.
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
// An array of inline tables that hold a table is the deepest a scenario needs; the parser recurses once a level.
#define TOML_MAX_NESTED_VALUES 4
#include <toml++/toml.h>

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "scenarios/file/check.h"
#include "scenarios/file/fields.h"
#include "scenarios/file/load.h"
#include "scenarios/file/names.h"
#include "scenarios/file/source_text.h"

namespace aivm::scenarios {
namespace {

using sim::Scenario;

std::string_view kind_of(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "a list";
        case toml::node_type::string:
            return "a text";
        case toml::node_type::integer:
            return "an integer";
        case toml::node_type::floating_point:
            return "a floating-point number";
        case toml::node_type::boolean:
            return "a boolean";
        default:
            return "a date or time";
    }
}

// ---- from a TOML value to a Value --------------------------------------------------------------------------------

// A problem, and the part of the value it is about.
struct NodeProblem {
    Problem problem;
    const toml::node* node = nullptr;
};
using NodeValue = tl::expected<Value, NodeProblem>;

NodeValue located(Parsed<Value> parsed, const toml::node& node) {
    if (parsed) return *std::move(parsed);
    return tl::unexpected(NodeProblem{std::move(parsed).error(), &node});
}

NodeValue wrong_kind(const FieldInfo& info, FieldType wanted, const toml::node& node) {
    const auto form =
        wanted == FieldType::kChoice ? fmt::format("one of {} in quotes", range_text(info)) : type_form(wanted);
    const auto* const exact = node.is_floating_point() ? "there are no floating-point values: " : "";
    return tl::unexpected(NodeProblem{{fmt::format("{} takes {}, not {}", info.key, type_name(wanted), kind_of(node)),
                                       fmt::format("{}write {}", exact, form)},
                                      &node});
}

NodeValue read_integer(const FieldInfo& info, const toml::node& node) {
    const auto* integer = node.as_integer();
    if (integer == nullptr) return wrong_kind(info, FieldType::kInteger, node);
    if (integer->get() < 0) {
        return tl::unexpected(NodeProblem{{fmt::format("{} is out of range", integer->get()),
                                           fmt::format("{} takes {} to {}", info.key, info.min, info.max)},
                                          &node});
    }
    return located(check_range(info, static_cast<std::uint64_t>(integer->get())), node);
}

NodeValue read_list(const FieldInfo& info, const toml::node& node) {
    const auto* array = node.as_array();
    if (array == nullptr) return wrong_kind(info, info.type, node);
    if (array->size() > kMaxListItems)
        return tl::unexpected(NodeProblem{
            {fmt::format("the list has {} items", array->size()), fmt::format("at most {} are allowed", kMaxListItems)},
            &node});
    std::vector<std::string> names;
    std::vector<std::uint32_t> numbers;
    for (const auto& item : *array) {
        if (info.type == FieldType::kIntegers) {
            const auto number = read_integer(info, item);
            if (!number) return number;
            numbers.push_back(static_cast<std::uint32_t>(std::get<std::uint64_t>(*number)));
            continue;
        }
        const auto* text = item.as_string();
        if (text == nullptr) return wrong_kind(info, info.type, item);
        FieldInfo name = info;
        name.type = FieldType::kName;
        auto parsed = located(parse_value(name, text->get()), item);
        if (!parsed) return parsed;
        names.push_back(std::get<std::string>(*std::move(parsed)));
    }
    return info.type == FieldType::kIntegers ? Value(std::move(numbers)) : Value(std::move(names));
}

NodeValue read_parameters(const FieldInfo& info, const toml::node& node) {
    const auto* table = node.as_table();
    if (table == nullptr) return wrong_kind(info, info.type, node);
    if (table->size() > kMaxParameters)
        return tl::unexpected(NodeProblem{
            {fmt::format("{} parameters", table->size()), fmt::format("at most {} are allowed", kMaxParameters)},
            &node});
    Parameters out;
    for (const auto& [key, item] : *table) {
        if (!is_name(key.str()))
            return tl::unexpected(NodeProblem{
                {fmt::format("\"{}\" is not a parameter's name", key.str()), "use letters, digits, '_' and '-'"},
                &item});
        if (const auto* integer = item.as_integer()) {
            out[std::string(key.str())] = integer->get();
        } else if (const auto* boolean = item.as_boolean()) {
            out[std::string(key.str())] = boolean->get() ? 1 : 0;
        } else if (const auto* text = item.as_string()) {
            const auto parsed = parse_parameter(text->get());
            if (!parsed) return tl::unexpected(NodeProblem{parsed.error(), &item});
            out[std::string(key.str())] = *parsed;
        } else {
            return tl::unexpected(NodeProblem{{fmt::format("a parameter is not {}", kind_of(item)),
                                               "write an integer, a boolean, or a value with a unit in quotes"},
                                              &item});
        }
    }
    return Value(std::move(out));
}

NodeValue read_node(const FieldInfo& info, const toml::node& node) {
    switch (info.type) {
        case FieldType::kInteger:
            return read_integer(info, node);
        case FieldType::kNames:
        case FieldType::kIntegers:
            return read_list(info, node);
        case FieldType::kParameters:
            return read_parameters(info, node);
        case FieldType::kBoolean: {
            const auto* boolean = node.as_boolean();
            if (boolean == nullptr) return wrong_kind(info, info.type, node);
            return Value(boolean->get());
        }
        default: {
            const auto* text = node.as_string();
            if (text == nullptr) return wrong_kind(info, info.type, node);
            return located(parse_value(info, text->get()), node);
        }
    }
}

// ---- the whole file ----------------------------------------------------------------------------------------------

class Loader {
public:
    Loader(std::string_view source, std::string_view text) : text_(std::string(source), text) {
        out_.source = source;
        out_.text = text;
    }

    Loaded run(std::span<const Override> overrides) {
        if (auto flaw = text_.first_flaw()) return tl::unexpected(Diagnostics{*std::move(flaw)});
        const auto parsed = toml::parse(std::string_view(out_.text));
        if (!parsed) {
            const auto& error = parsed.error();
            const auto& where = error.source().begin;
            return tl::unexpected(Diagnostics{
                text_.error_at(where.line, where.column, 1, fmt::format("not TOML: {}", error.description()), {})});
        }
        read_file(parsed.table());
        apply(overrides);
        check();
        return finish();
    }

private:
    void error_at(const toml::source_region& where, std::string message, std::string mend) {
        const bool one_line = where.end.line == where.begin.line && where.end.column > where.begin.column;
        errors_.push_back(text_.error_at(where.begin.line, where.begin.column,
                                         one_line ? where.end.column - where.begin.column : 1, std::move(message),
                                         std::move(mend)));
    }

    void read_file(const toml::table& root);
    void read_section(std::string_view section, const toml::node& node);
    void read_groups(const toml::table& root);
    void read_faults(const toml::table& root);
    const toml::array* tables_of(const toml::table& root, std::string_view key, std::size_t most);

    template <class Owner>
    void read_field(const Field<Owner>& field, const toml::key& key, const toml::node& node, Owner& owner,
                    const std::string& prefix);
    template <class Owner>
    void read_table(std::span<const Field<Owner>> fields, const toml::table& table, Owner& owner,
                    const std::string& prefix, std::string_view label);
    template <class Owner>
    void require(std::span<const Field<Owner>> fields, const toml::table& table, const std::string& prefix,
                 std::string_view label);
    void unknown_key(const toml::key& key, std::string_view where, std::span<const std::string> known);

    void apply(std::span<const Override> overrides);
    void check();
    Diagnostic place(const Finding& finding) const;
    Loaded finish();

    SourceText text_;
    LoadedScenario out_;
    Diagnostics errors_;
    std::set<std::string> failed_;  // keys whose value could not be read: nothing is concluded from them
};

// `where` is "in [vm]", "at the top level" and the like. A key that another table has is told to go there.
void Loader::unknown_key(const toml::key& key, std::string_view where, std::span<const std::string> known) {
    auto mend = suggest(key.str(), known);
    for (const auto& field : scenario_fields()) {
        if (field.info.key != key.str()) continue;
        mend = field.info.section.empty() ? "it belongs before the first table"
                                          : fmt::format("it belongs in [{}]", field.info.section);
    }
    error_at(key.source(), fmt::format("unknown key {} {}", quote(key.str()), where), std::move(mend));
}

template <class Owner>
void Loader::read_field(const Field<Owner>& field, const toml::key& key, const toml::node& node, Owner& owner,
                        const std::string& prefix) {
    const auto dotted = prefix + std::string(field.info.key);
    auto value = read_node(field.info, node);
    if (!value) {
        failed_.insert(dotted);
        error_at(value.error().node->source(), value.error().problem.message, value.error().problem.mend);
        return;
    }
    field.set(owner, *value);
    const auto& where = key.source();
    out_.origins[dotted] = {OriginKind::kFile, out_.source, where.begin.line, where.begin.column,
                            std::max<std::uint32_t>(where.end.column, where.begin.column + 1) - where.begin.column};
}

template <class Owner>
void Loader::read_table(std::span<const Field<Owner>> fields, const toml::table& table, Owner& owner,
                        const std::string& prefix, std::string_view label) {
    for (const auto& [key, node] : table) {
        const auto field = std::find_if(fields.begin(), fields.end(),
                                        [&, name = key.str()](const auto& one) { return one.info.key == name; });
        if (field != fields.end()) {
            read_field(*field, key, node, owner, prefix);
            continue;
        }
        std::vector<std::string> known;
        for (const auto& one : fields) known.emplace_back(one.info.key);
        unknown_key(key, fmt::format("in {}", label), known);
    }
    require(fields, table, prefix, label);
}

template <class Owner>
void Loader::require(std::span<const Field<Owner>> fields, const toml::table& table, const std::string& prefix,
                     std::string_view label) {
    for (const auto& field : fields) {
        if (!field.info.required || table.contains(field.info.key)) continue;
        failed_.insert(prefix + std::string(field.info.key));
        auto message = fmt::format("{} has no {}", label, field.info.key);
        auto mend = fmt::format("add {} = {}: {}", field.info.key,
                                field.info.type == FieldType::kDuration ? "\"1m\"" : "\"...\"", field.info.doc);
        if (prefix.empty()) {
            errors_.push_back(text_.error(std::move(message), std::move(mend)));
        } else {
            error_at(table.source(), std::move(message), std::move(mend));
        }
    }
}

void Loader::read_file(const toml::table& root) {
    std::vector<std::string> known;
    const auto fields = scenario_fields();
    for (const auto* field : fields_of_section("")) known.emplace_back(field->info.key);
    known.insert(known.end(), kSections.begin(), kSections.end());
    known.insert(known.end(), kRoles.begin(), kRoles.end());
    known.emplace_back("fault");

    for (const auto& [key, node] : root) {
        const std::string name(key.str());
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            unknown_key(key, "at the top level", known);
        } else if (std::find(kSections.begin(), kSections.end(), name) != kSections.end()) {
            read_section(name, node);
        } else {
            for (const auto& field : fields)
                if (field.info.section.empty() && field.info.key == name)
                    read_field(field, key, node, out_.scenario, "");
        }
    }
    const auto count = fields_of_section("").size();  // top-level rows stand first
    require(fields.first(count), root, "", "the scenario");
    read_groups(root);
    read_faults(root);
}

void Loader::read_section(std::string_view section, const toml::node& node) {
    const auto* table = node.as_table();
    if (table == nullptr) {
        error_at(node.source(), fmt::format("{} is a table, not {}", section, kind_of(node)),
                 fmt::format("write [{}] and its keys below", section));
        return;
    }
    std::vector<Field<Scenario>> fields;
    for (const auto* field : fields_of_section(section)) fields.push_back(*field);
    read_table(std::span<const Field<Scenario>>(fields), *table, out_.scenario, fmt::format("{}.", section),
               fmt::format("[{}]", section));
}

// The tables of [[key]], or nullptr when there are none or they are written in another way, which is an error.
const toml::array* Loader::tables_of(const toml::table& root, std::string_view key, std::size_t most) {
    const auto* node = root.get(key);
    if (node == nullptr) return nullptr;
    const auto* array = node->as_array();
    const auto fail_with = [&](const toml::node& where, std::string message, std::string mend) {
        failed_.insert(std::string(key));
        error_at(where.source(), std::move(message), std::move(mend));
        return nullptr;
    };
    const auto repeat = fmt::format("write [[{}]]: the table may be repeated", key);
    if (array == nullptr)
        return fail_with(*node, fmt::format("{} is a list of tables, not {}", key, kind_of(*node)), repeat);
    for (const auto& item : *array)
        if (!item.is_table())
            return fail_with(item, fmt::format("{} is a list of tables; this is {}", key, kind_of(item)), repeat);
    if (array->size() > most)
        return fail_with(*node, fmt::format("there are {} {} tables", array->size(), key),
                         fmt::format("at most {} are allowed", most));
    return array;
}

void Loader::read_groups(const toml::table& root) {
    for (const auto role : kRoles) {
        const auto* tables = tables_of(root, role, kMaxGroups);
        if (tables == nullptr) continue;
        for (const auto& item : *tables) {
            const auto& table = *item.as_table();
            sim::ActorGroup group;
            group.role = role;
            // The keys of a group go by its name; one that has none is told apart by its place.
            const auto name = table["name"].value<std::string>();
            const auto place = fmt::format("#{}", out_.scenario.actors.size());
            group.name = name && is_name(*name) ? *name : place;
            read_table(group_fields(), table, group, group_key(group, ""), fmt::format("[[{}]]", role));
            out_.scenario.actors.push_back(std::move(group));
        }
    }
}

void Loader::read_faults(const toml::table& root) {
    const auto* tables = tables_of(root, "fault", kMaxFaults);
    if (tables == nullptr) return;
    for (const auto& item : *tables) {
        sim::FaultPlan fault;
        read_table(fault_fields(), *item.as_table(), fault, fault_key(out_.scenario.faults.size(), ""), "[[fault]]");
        out_.scenario.faults.push_back(std::move(fault));
    }
}

void Loader::apply(std::span<const Override> overrides) {
    std::vector<Override> ordered(overrides.begin(), overrides.end());
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const Override& a, const Override& b) { return a.kind < b.kind; });
    for (const auto& one : ordered) {
        const auto done = set_key(out_.scenario, one.key, one.value);
        if (!done) {
            failed_.insert(one.key);
            errors_.push_back({Severity::kError, one.label, 0, 0, 1, {}, done.error().message, done.error().mend});
            continue;
        }
        failed_.erase(one.key);
        out_.origins[one.key] = {one.kind, one.label, 0, 0, 1};
    }
}

// The place of a finding is that of the first of its keys that somebody set.
Diagnostic Loader::place(const Finding& finding) const {
    for (const auto& key : finding.keys) {
        const auto origin = out_.origins.find(key);
        if (origin == out_.origins.end()) continue;
        const auto& at = origin->second;
        if (at.line > 0) {
            auto placed = text_.error_at(at.line, at.column, at.width, finding.message, finding.mend);
            placed.severity = finding.severity;
            return placed;
        }
        return {finding.severity, at.label, 0, 0, 1, {}, finding.message, finding.mend};
    }
    auto unplaced = text_.error(finding.message, finding.mend);
    unplaced.severity = finding.severity;
    return unplaced;
}

void Loader::check() {
    for (const auto& finding : check_scenario(out_.scenario)) {
        const bool doubtful = std::any_of(finding.keys.begin(), finding.keys.end(),
                                          [&](const std::string& key) { return failed_.contains(key); });
        if (doubtful) continue;
        auto& list = finding.severity == Severity::kError ? errors_ : out_.notes;
        list.push_back(place(finding));
    }
}

Loaded Loader::finish() {
    if (errors_.empty()) return std::move(out_);
    // Placed ones in the order of the text; what has no place, or was given on the command line, follows.
    std::stable_sort(errors_.begin(), errors_.end(), [](const Diagnostic& a, const Diagnostic& b) {
        const auto rank = [](const Diagnostic& d) { return std::tuple(d.line == 0, d.line, d.column); };
        return rank(a) < rank(b);
    });
    if (errors_.size() > kMaxDiagnostics) {
        const auto more = errors_.size() - kMaxDiagnostics;
        errors_.resize(kMaxDiagnostics);
        errors_.push_back(text_.error(fmt::format("and {} more errors", more), "mend these first"));
    }
    return tl::unexpected(std::move(errors_));
}

}  // namespace

Loaded load_scenario_text(std::string_view text, std::string_view source, std::span<const Override> overrides) {
    return Loader(source, text).run(overrides);
}

}  // namespace aivm::scenarios
