#include "scenarios/run/run_info.h"

#include <algorithm>
#include <map>

#include "scenarios/file/check.h"
#include "scenarios/file/fields.h"
#include "scenarios/file/print.h"

namespace aivm::scenarios {
namespace {

std::string_view unit_of(const FieldInfo& info) {
    switch (info.type) {
        case FieldType::kDuration:
            return "ns";
        case FieldType::kAmount:
            return "nLUX";
        case FieldType::kRatio:
            return "ppm";
        case FieldType::kBandwidth:
            return "bit/s";
        case FieldType::kInteger:
            return info.unit;
        default:
            return "";
    }
}

template <class Owner>
void describe(const Field<Owner>& field, const Owner& owner, sim::PointParamRow& row) {
    const Value value = field.get(owner);
    if (const auto* number = std::get_if<std::uint64_t>(&value))
        row.number = static_cast<double>(*number);
    if (const auto* flag = std::get_if<bool>(&value)) row.number = *flag ? 1 : 0;
    row.unit = unit_of(field.info);
}

}  // namespace

sim::PointParamRow param_of(const sim::Scenario& scenario, const std::string& key,
                            const std::string& text) {
    sim::PointParamRow row;
    row.name = key;
    row.text = text;
    row.design = is_design(key);
    for (const auto& field : scenario_fields()) {
        if (field.info.dotted() == key) describe(field, scenario, row);
    }
    for (const auto& group : scenario.actors) {
        for (const auto& field : group_fields()) {
            if (group_key(group, field.info.key) == key) describe(field, group, row);
        }
        for (const auto& [name, value] : group.parameters) {
            if (group_key(group, "parameters." + name) == key)
                row.number = static_cast<double>(value);
        }
    }
    for (std::size_t i = 0; i < scenario.links.size(); ++i) {
        for (const auto& field : link_fields()) {
            if (link_key(i, field.info.key) == key) describe(field, scenario.links[i], row);
        }
    }
    for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
        for (const auto& field : fault_fields()) {
            if (fault_key(i, field.info.key) == key) describe(field, scenario.faults[i], row);
        }
    }
    return row;
}

sim::RunInfo make_run_info(const LoadedScenario& loaded, std::span<const Override> overrides,
                           std::uint64_t seed) {
    sim::RunInfo info;
    info.scenario = loaded.scenario.name;
    info.scenario_text = loaded.text;
    info.config = canonical_text(loaded.scenario);
    info.seed = std::to_string(seed);
    std::map<std::string, std::string> last;
    for (const Override& one : overrides) last[one.key] = one.value;
    for (const auto& [key, value] : last) {
        info.overrides.push_back(key + "=" + value);
        info.params.push_back(param_of(loaded.scenario, key, value));
    }
    return info;
}

}  // namespace aivm::scenarios
