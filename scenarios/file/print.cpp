#include "scenarios/file/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "scenarios/file/check.h"
#include "scenarios/file/fields.h"

namespace aivm::scenarios {
namespace {

using sim::Scenario;

template <class Owner>
std::string line(const Field<Owner>& field, const Owner& owner) {
    if (!is_set(field.get(owner))) return {};
    return fmt::format("{} = {}\n", field.info.key, print_value(field.info, field.get(owner)));
}

// The lines of some fields of one owner: all, or those whose values a loader would not assume.
template <class Owner, class Fields>
std::string lines(const Fields& fields, const Owner& owner, const Owner& assumed, bool all) {
    std::string out;
    for (const auto& field : fields) {
        if (all || field.info.required || field.get(owner) != field.get(assumed))
            out += line(field, owner);
    }
    return out;
}

std::vector<Field<Scenario>> rows_of(std::string_view section) {
    std::vector<Field<Scenario>> out;
    for (const auto* field : fields_of_section(section)) out.push_back(*field);
    return out;
}

std::string text_of(const Scenario& scenario, bool all) {
    // A preset sets other keys when it is read, so they are compared with what it sets.
    Scenario assumed;
    assumed.chain.preset = scenario.chain.preset;
    apply_preset(assumed.chain);
    assumed.chain.preset = {};
    std::string out = lines(rows_of(""), scenario, assumed, all);
    for (const auto section : kSections) {
        const std::string keys = lines(rows_of(section), scenario, assumed, all);
        if (all || !keys.empty()) out += fmt::format("\n[{}]\n{}", section, keys);
    }
    for (const auto role : kRoles) {
        for (const auto& group : scenario.actors) {
            if (word(group.role) != role) continue;
            out += fmt::format("\n[[{}]]\n{}", role,
                               lines(group_fields(), group, sim::ActorGroup{}, all));
        }
    }
    for (const auto& link : scenario.links)
        out += "\n[[link]]\n" + lines(link_fields(), link, sim::LinkRule{}, all);
    for (const auto& fault : scenario.faults)
        out += "\n[[fault]]\n" + lines(fault_fields(), fault, sim::FaultPlan{}, all);
    return out;
}

std::string origin_text(const LoadedScenario& loaded, const std::string& key) {
    const auto found = loaded.origins.find(key);
    if (found == loaded.origins.end()) return "default";
    const auto& origin = found->second;
    return origin.line == 0 ? origin.label : fmt::format("{}:{}", origin.label, origin.line);
}

}  // namespace

std::string canonical_text(const Scenario& scenario) { return text_of(scenario, true); }
std::string compact_text(const Scenario& scenario) { return text_of(scenario, false); }

std::string show_config(const LoadedScenario& loaded) {
    const auto& scenario = loaded.scenario;
    std::vector<std::pair<std::string, std::string>> rows;  // "key = value", origin
    const auto add = [&](const std::string& key, const std::string& value) {
        rows.emplace_back(fmt::format("{} = {}", key, value), origin_text(loaded, key));
    };
    for (const auto& field : scenario_fields())
        add(field.info.dotted(), print_value(field.info, field.get(scenario)));
    for (const auto& group : scenario.actors)
        for (const auto& field : group_fields())
            add(group_key(group, field.info.key), print_value(field.info, field.get(group)));
    for (std::size_t i = 0; i < scenario.links.size(); ++i)
        for (const auto& field : link_fields())
            if (is_set(field.get(scenario.links[i])))
                add(link_key(i, field.info.key),
                    print_value(field.info, field.get(scenario.links[i])));
    for (std::size_t i = 0; i < scenario.faults.size(); ++i)
        for (const auto& field : fault_fields())
            add(fault_key(i, field.info.key),
                print_value(field.info, field.get(scenario.faults[i])));

    constexpr std::size_t kWidest = 60;  // a longer value pushes only its own origin to the right
    std::size_t width = 0;
    for (const auto& [text, origin] : rows)
        if (text.size() <= kWidest) width = std::max(width, text.size());
    std::string out;
    for (const auto& [text, origin] : rows)
        out += fmt::format("{:<{}}  # {}\n", text, width, origin);
    return out;
}

}  // namespace aivm::scenarios
