#include "scenarios/file/override.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "scenarios/file/check.h"
#include "scenarios/file/fields.h"
#include "scenarios/file/names.h"
#include "scenarios/file/retired_keys.h"

namespace aivm::scenarios {
namespace {

using sim::Scenario;

tl::unexpected<Problem> unknown_key(const Scenario& scenario, std::string_view key) {
    auto unknown = fmt::format("unknown key \"{}\"", key);
    if (const auto remedy = remedy_for_retired(key); !remedy.empty())
        return tl::unexpected(Problem{std::move(unknown), std::string(remedy)});
    const auto keys = known_keys(scenario);
    const auto nearest = nearest_name(key, keys);
    return tl::unexpected(Problem{
        std::move(unknown),
        nearest.empty()
            ? "keys look like vm.challenge_window_blocks; aivmsim explain vm lists those of a table"
            : fmt::format("did you mean \"{}\"?", nearest)});
}

template <class Owner>
Parsed<void> assign(const Field<Owner>& field, Owner& owner, std::string_view text) {
    const auto value = parse_value(field.info, text);
    if (!value) {
        Problem problem = value.error();
        if (text.find(',') != std::string_view::npos)
            problem.remedy += "; several values are for aivmsim sweep --over";
        return tl::unexpected(std::move(problem));
    }
    field.set(owner, *value);
    return {};
}

Parsed<void> set_parameter(sim::ActorGroup& group, std::string_view name, std::string_view text) {
    if (!is_name(name))
        return tl::unexpected(
            Problem{fmt::format("\"{}\" is not a parameter's name", name), "name one parameter"});
    const auto value = parse_parameter(text);
    if (!value) return tl::unexpected(value.error());
    if (group.parameters.size() >= kMaxParameters && !group.parameters.contains(std::string(name)))
        return tl::unexpected(
            Problem{fmt::format("more than {} parameters", kMaxParameters), "set fewer"});
    group.parameters[std::string(name)] = *value;
    return {};
}

// `rest` is the text after "provider.": a group's name, a dot and a key.
Parsed<void> set_in_group(Scenario& scenario, std::string_view role, std::string_view rest,
                          std::string_view text) {
    const auto whole = fmt::format("{}.{}", role, rest);
    const auto dot = std::min(rest.find('.'), rest.size());
    const auto name = rest.substr(0, dot);
    const auto key = dot < rest.size() ? rest.substr(dot + 1) : std::string_view();
    for (auto& group : scenario.actors) {
        if (word(group.role) != role || group.name != name) continue;
        constexpr std::string_view kParameterPrefix = "parameters.";
        if (key.substr(0, kParameterPrefix.size()) == kParameterPrefix)
            return set_parameter(group, key.substr(kParameterPrefix.size()), text);
        for (const auto& field : group_fields())
            if (field.info.key == key && key != "name") return assign(field, group, text);
    }
    return unknown_key(scenario, whole);
}

// `rest` is the text after "fault.": a position, a dot and a key.
template <class Owner>
Parsed<void> set_in_list(Scenario& scenario, std::vector<Owner>& list,
                         std::span<const Field<Owner>> fields, std::string_view name,
                         std::string_view rest, std::string_view text) {
    std::size_t index = 0;
    const auto* const end = rest.data() + rest.size();
    const auto [stop, error] = std::from_chars(rest.data(), end, index);
    if (error == std::errc{} && stop != end && *stop == '.' && index < list.size()) {
        const std::string_view key(stop + 1, static_cast<std::size_t>(end - stop - 1));
        for (const auto& field : fields)
            if (field.info.key == key) return assign(field, list[index], text);
    }
    return unknown_key(scenario, fmt::format("{}.{}", name, rest));
}

// "VM__SLASH_BPS" -> "vm.slash_bps".
std::string key_of(std::string_view name) {
    std::string key;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        const bool separator = c == '_' && i + 1 < name.size() && name[i + 1] == '_';
        key += separator ? '.' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (separator) ++i;
    }
    return key;
}

}  // namespace

std::vector<std::string> known_keys(const Scenario& scenario) {
    std::vector<std::string> keys;
    for (const auto& field : scenario_fields()) keys.push_back(field.info.dotted());
    for (const auto& group : scenario.actors) {
        for (const auto& field : group_fields())
            if (field.info.key != "name")
                keys.push_back(group_key(group, field.info.key));  // names the group
        for (const auto& [name, value] : group.parameters)
            keys.push_back(group_key(group, "parameters." + name));
    }
    for (std::size_t i = 0; i < scenario.links.size(); ++i)
        for (const auto& field : link_fields()) keys.push_back(link_key(i, field.info.key));
    for (std::size_t i = 0; i < scenario.faults.size(); ++i)
        for (const auto& field : fault_fields()) keys.push_back(fault_key(i, field.info.key));
    return keys;
}

Parsed<void> set_key(Scenario& scenario, std::string_view key, std::string_view value) {
    const auto dot = std::min(key.find('.'), key.size());
    const auto first = key.substr(0, dot);
    const auto rest = dot < key.size() ? key.substr(dot + 1) : std::string_view();
    if (std::find(kRoles.begin(), kRoles.end(), first) != kRoles.end())
        return set_in_group(scenario, first, rest, value);
    if (first == "link")
        return set_in_list(scenario, scenario.links, link_fields(), first, rest, value);
    if (first == "fault")
        return set_in_list(scenario, scenario.faults, fault_fields(), first, rest, value);
    for (const auto& field : scenario_fields())
        if (field.info.dotted() == key) return assign(field, scenario, value);
    return unknown_key(scenario, key);
}

Parsed<Override> parse_override(std::string_view assignment) {
    const auto equals = assignment.find('=');
    if (equals == std::string_view::npos || equals == 0) {
        return tl::unexpected(Problem{fmt::format("\"{}\" is not an assignment", assignment),
                                      "write key=value, such as vm.challenge_window_blocks=60"});
    }
    const auto trimmed = [](std::string_view text) {
        while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
        while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
        return std::string(text);
    };
    return Override{OriginKind::kSet, fmt::format("--set {}", assignment),
                    trimmed(assignment.substr(0, equals)), trimmed(assignment.substr(equals + 1))};
}

Parsed<void> apply_override(Scenario& scenario, std::string_view assignment) {
    const auto parsed = parse_override(assignment);
    if (!parsed) return tl::unexpected(parsed.error());
    return set_key(scenario, parsed->key, parsed->value);
}

std::vector<Override> environment_overrides(std::span<const std::string> environment) {
    constexpr std::string_view kPrefix = "AIVMSIM_";
    std::vector<Override> out;
    for (const auto& entry : environment) {
        const auto equals = entry.find('=');
        if (entry.substr(0, kPrefix.size()) != kPrefix || equals == std::string::npos) continue;
        const auto name = std::string_view(entry).substr(kPrefix.size(), equals - kPrefix.size());
        if (name.find("__") == std::string_view::npos) continue;
        out.push_back({OriginKind::kEnvironment, entry.substr(0, equals), key_of(name),
                       entry.substr(equals + 1)});
    }
    // The order of the environment must not matter if one key occurs in two spellings.
    std::sort(out.begin(), out.end(), [](const Override& a, const Override& b) {
        return std::tie(a.label, a.value) < std::tie(b.label, b.value);
    });
    return out;
}

}  // namespace aivm::scenarios
