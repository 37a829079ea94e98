// Scenarios: loaded, changed by key, read by key, printed. All of it by scenarios/file, so that
// Python has the same units and the same errors as a file.
#include <pybind11/stl.h>

#include <fmt/format.h>

#include <functional>
#include <optional>

#include "core/base/units.h"
#include "pyharness/src/bindings/bindings.h"
#include "scenarios/file/check.h"
#include "scenarios/file/fields.h"
#include "scenarios/file/names.h"
#include "scenarios/file/print.h"
#include "scenarios/run/run_info.h"

namespace py = pybind11;

namespace aivm::python {
namespace {

using scenarios::FieldInfo;
using scenarios::FieldType;
using scenarios::Value;
using KeyValues = std::vector<std::pair<std::string, std::string>>;

std::vector<scenarios::Override> as_overrides(const KeyValues& pairs) {
    std::vector<scenarios::Override> out;
    for (const auto& [key, value] : pairs) {
        out.push_back({scenarios::OriginKind::kSet, fmt::format("{}={}", key, value), key, value});
    }
    return out;
}

ScenarioHandle handle(scenarios::Loaded loaded, KeyValues overrides) {
    if (!loaded) throw ScenarioFault(scenarios::to_text(loaded.error()));
    return {std::move(*loaded), std::move(overrides)};
}

ScenarioHandle load_text(std::string_view text, std::string_view source, KeyValues overrides) {
    return handle(scenarios::load_scenario_text(text, source, as_overrides(overrides)), overrides);
}

ScenarioHandle load_file(const std::string& path) {
    return handle(scenarios::load_scenario_file(path), {});
}

ScenarioHandle replace(const ScenarioHandle& base, const KeyValues& changes) {
    KeyValues overrides = base.overrides;
    overrides.insert(overrides.end(), changes.begin(), changes.end());
    return load_text(base.loaded.text, base.loaded.source, std::move(overrides));
}

// Calls visit(key, info, value) for every key of the scenario, in the order of the field table.
void for_each_key(
    const sim::Scenario& scenario,
    const std::function<void(const std::string&, const FieldInfo&, const Value&)>& visit) {
    for (const auto& field : scenarios::scenario_fields()) {
        visit(field.info.dotted(), field.info, field.get(scenario));
    }
    for (const auto& group : scenario.actors) {
        for (const auto& field : scenarios::group_fields()) {
            visit(scenarios::group_key(group, field.info.key), field.info, field.get(group));
        }
    }
    for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
        for (const auto& field : scenarios::fault_fields()) {
            visit(scenarios::fault_key(i, field.info.key), field.info,
                  field.get(scenario.faults[i]));
        }
    }
}

struct KeyValue {
    FieldInfo info;
    Value value;
};

std::optional<KeyValue> find_key(const sim::Scenario& scenario, const std::string& key) {
    std::optional<KeyValue> found;
    for_each_key(scenario, [&](const std::string& name, const FieldInfo& info, const Value& value) {
        if (!found && name == key) found = {info, value};
    });
    return found;
}

// A parameter of a group's strategy, under "provider.lazy.parameters.guess_ppm".
std::optional<std::int64_t> find_parameter(const sim::Scenario& scenario, const std::string& key) {
    for (const auto& group : scenario.actors) {
        for (const auto& [name, value] : group.parameters) {
            if (scenarios::group_key(group, "parameters." + name) == key) return value;
        }
    }
    return std::nullopt;
}

// Integers, booleans, names and lists as Python's own; what has a unit as the text that replace()
// takes.
py::object as_object(const FieldInfo& info, const Value& value) {
    if (const auto* number = std::get_if<std::uint64_t>(&value)) {
        switch (info.type) {
            case FieldType::kDuration:
                return py::str(exact_duration(*number));
            case FieldType::kAmount:
                return py::str(exact_amount(Amount(*number)));
            case FieldType::kRatio:
                return py::str(scenarios::print_ratio_ppm(*number));
            case FieldType::kBandwidth:
                return py::str(scenarios::print_bandwidth_bps(*number));
            case FieldType::kChoice:
                return py::str(std::string(info.choices[*number]));
            default:
                return py::int_(*number);
        }
    }
    return std::visit([](const auto& other) -> py::object { return py::cast(other); }, value);
}

py::object get(const ScenarioHandle& self, const std::string& key) {
    const sim::Scenario& scenario = self.loaded.scenario;
    if (const auto found = find_key(scenario, key)) return as_object(found->info, found->value);
    if (const auto parameter = find_parameter(scenario, key)) return py::int_(*parameter);
    throw ScenarioFault(fmt::format("unknown key \"{}\"\n  {}\n", key,
                                    scenarios::suggest(key, scenarios::known_keys(scenario))));
}

// What a key holds: "duration", "amount", "share", "bandwidth", "integer", "flag", or "text" for
// everything else.
std::string kind_of(const ScenarioHandle& self, const std::string& key) {
    const auto found = find_key(self.loaded.scenario, key);
    if (!found) return find_parameter(self.loaded.scenario, key) ? "integer" : "text";
    switch (found->info.type) {
        case FieldType::kDuration:
            return "duration";
        case FieldType::kAmount:
            return "amount";
        case FieldType::kRatio:
            return "share";
        case FieldType::kBandwidth:
            return "bandwidth";
        case FieldType::kInteger:
            return "integer";
        case FieldType::kBoolean:
            return "flag";
        default:
            return "text";
    }
}

// The value of a key in base units, and the unit; no number for a text.
std::pair<std::optional<double>, std::string> number_of(const ScenarioHandle& self,
                                                        const std::string& key) {
    const sim::PointParamRow row = scenarios::param_of(self.loaded.scenario, key, "");
    return {row.number, row.unit};
}

}  // namespace

sim::RunInfo ScenarioHandle::run_info() const {
    sim::RunInfo info;
    info.scenario = loaded.scenario.name;
    info.scenario_text = loaded.text;
    info.config = scenarios::canonical_text(loaded.scenario);
    for (const auto& [key, value] : overrides) {
        info.overrides.push_back(fmt::format("{}={}", key, value));
        std::erase_if(info.params, [&key = key](const auto& row) {
            return row.name == key;
        });  // the last one counts
        info.params.push_back(scenarios::param_of(loaded.scenario, key, value));
    }
    return info;
}

void bind_scenario(py::module_& module) {
    py::class_<ScenarioHandle, std::shared_ptr<ScenarioHandle>>(module, "LoadedScenario")
        .def_static("from_file", &load_file, py::arg("path"))
        .def_static("from_text", &load_text, py::arg("text"), py::arg("source"),
                    py::arg("overrides") = KeyValues{})
        .def("replace", &replace, py::arg("changes"))
        .def("get", &get, py::arg("key"))
        .def("kind", &kind_of, py::arg("key"))
        .def("number", &number_of, py::arg("key"))
        .def("keys",
             [](const ScenarioHandle& self) { return scenarios::known_keys(self.loaded.scenario); })
        .def("to_toml",
             [](const ScenarioHandle& self) {
                 return scenarios::canonical_text(self.loaded.scenario);
             })
        .def("show_config",
             [](const ScenarioHandle& self) { return scenarios::show_config(self.loaded); })
        .def("notes",
             [](const ScenarioHandle& self) { return scenarios::to_text(self.loaded.notes); })
        .def_property_readonly("name",
                               [](const ScenarioHandle& self) { return self.loaded.scenario.name; })
        .def_property_readonly(
            "description",
            [](const ScenarioHandle& self) { return self.loaded.scenario.description; })
        .def_property_readonly("source",
                               [](const ScenarioHandle& self) { return self.loaded.source; })
        .def_property_readonly(
            "text", [](const ScenarioHandle& self) { return py::bytes(self.loaded.text); })
        .def_property_readonly("overrides",
                               [](const ScenarioHandle& self) { return self.overrides; });
}

}  // namespace aivm::python
