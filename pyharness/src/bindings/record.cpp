// A finished run: its verdict, its numbers, and its rows as columns. Rows come out through
// sim/record/tables.h, so a column here has the name, unit and meaning that it has in the database.
#include <pybind11/stl.h>

#include <fmt/format.h>

#include <limits>
#include <map>

#include "pyharness/src/bindings/bindings.h"
#include "pyharness/src/bindings/record_bytes.h"
#include "sim/record/metrics.h"
#include "sim/record/tables.h"

namespace py = pybind11;

namespace aivm::python {
namespace {

py::object as_object(const sim::Number& number) {
    return std::visit([](auto value) { return py::cast(value); }, number);
}
// No data is NaN.
py::object as_object(const std::optional<sim::Number>& number) {
    return number ? as_object(*number) : py::float_(std::numeric_limits<double>::quiet_NaN());
}

// The pandas type of a column: what a field is stored as, with gaps where it is optional.
template <class T>
struct Kind {
    static constexpr bool is_text = std::is_same_v<T, std::string> || std::is_enum_v<T>;
    static constexpr const char* name = is_text                          ? "str"
                                        : std::is_same_v<T, bool>        ? "bool"
                                        : std::is_same_v<T, double>      ? "float64"
                                        : std::is_same_v<T, sim::Number> ? "float64"
                                                                         : "int64";
};
template <class T>
struct Kind<std::optional<T>> {
    static constexpr const char* name = Kind<T>::is_text            ? "string"
                                        : std::is_same_v<T, bool>   ? "boolean"
                                        : std::is_same_v<T, double> ? "Float64"
                                                                    : "Int64";
};

template <>
struct Kind<std::optional<sim::Number>> {
    static constexpr const char* name = "float64";
};

template <class T>
py::object cell(const T& value) {
    if constexpr (std::is_same_v<T, Amount>) {
        return py::int_(value.nlux());
    } else if constexpr (std::is_same_v<T, sim::Number>) {
        return as_object(value);
    } else if constexpr (std::is_enum_v<T>) {
        return py::str(std::string(word(value)));
    } else {
        return py::cast(value);
    }
}
template <class T>
py::object cell(const std::optional<T>& value) {
    if constexpr (std::is_same_v<T, sim::Number>) {
        return as_object(value);
    } else {
        return value ? cell(*value) : py::object(py::none());
    }
}

// name -> (pandas type, list of cells)
template <class Row>
py::dict columns_of(const std::vector<Row>& rows) {
    py::dict out;
    const auto add = [&]<class Value>(const sim::Column<Row, Value>& column) {
        py::list cells(rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) cells[i] = cell(rows[i].*column.member);
        out[py::str(std::string(column.name))] = py::make_tuple(Kind<Value>::name, cells);
    };
    std::apply([&](const auto&... column) { (add(column), ...); }, sim::Table<Row>::columns);
    return out;
}

// Calls visit.operator()<Row>() for every table of a run.
template <class Visitor>
void for_each_run_table(Visitor visit) {
    sim::for_each_table([&]<class Row> {
        if constexpr (sim::Table<Row>::scope == sim::Scope::kRun &&
                      !std::is_same_v<Row, sim::RunRow>) {
            visit.template operator()<Row>();
        }
    });
}

std::vector<std::string> table_names() {
    std::vector<std::string> names;
    for_each_run_table([&]<class Row> { names.emplace_back(sim::Table<Row>::name); });
    return names;
}

py::dict columns(const RunRecord& self, const std::string& table) {
    std::optional<py::dict> found;
    for_each_run_table([&]<class Row> {
        if (sim::Table<Row>::name == table) found = columns_of(self.rows.rows<Row>());
    });
    if (found) return *found;
    throw py::key_error(fmt::format("\"{}\" is no table of a run; there are {}", table,
                                    fmt::join(table_names(), ", ")));
}

py::dict metrics(const RunRecord& self) {
    py::dict out;
    for (const sim::MetricRow& row : self.outcome.metrics) {
        if (row.mode.empty()) out[py::str(row.name)] = as_object(row.value);
    }
    return out;
}

// Of the means, shares and quantiles: how many values each is taken from.
std::map<std::string, std::uint64_t> metric_counts(const RunRecord& self) {
    std::map<std::string, std::uint64_t> out;
    for (const sim::MetricRow& row : self.outcome.metrics)
        if (row.mode.empty() && row.n) out[row.name] = *row.n;
    return out;
}

// (wrong ones among the final results, final results)
std::pair<std::uint64_t, std::uint64_t> final_results(const RunRecord& self) {
    std::pair<std::uint64_t, std::uint64_t> counts;
    for (const sim::TaskRow& row : self.rows.rows<sim::TaskRow>()) {
        const bool corrupt = row.outcome == sim::TaskOutcome::kFinalCorrupt;
        if (corrupt) ++counts.first;
        if (corrupt || row.outcome == sim::TaskOutcome::kFinalOk) ++counts.second;
    }
    return counts;
}

std::vector<std::tuple<std::string, std::string, std::string>> metric_specs() {
    std::vector<std::tuple<std::string, std::string, std::string>> out;
    for (const sim::MetricSpec& spec : sim::metric_specs())
        out.emplace_back(spec.name, spec.unit, spec.doc);
    return out;
}

void bind_violation(py::module_& module) {
    using sim::Violation;
    py::class_<Violation>(
        module, "Violation",
        "A violated invariant: which, when (virtual ns, tip, number of the event), who and what.")
        .def_readonly("invariant", &Violation::invariant)
        .def_readonly("name", &Violation::name)
        .def_readonly("message", &Violation::message)
        .def_readonly("time_ns", &Violation::time)
        .def_readonly("block", &Violation::block)
        .def_readonly("event", &Violation::event)
        .def_readonly("actors", &Violation::actors)
        .def_readonly("expected", &Violation::expected)
        .def_readonly("liveness", &Violation::liveness)
        .def("__repr__", [](const Violation& v) {
            return fmt::format("<{} {} at block {}: {}>", v.invariant, v.name, v.block, v.message);
        });
}

}  // namespace

void bind_record(py::module_& module) {
    bind_violation(module);
    py::class_<RunRecord, std::shared_ptr<RunRecord>>(module, "RunRecord")
        .def_property_readonly("seed", [](const RunRecord& self) { return self.outcome.seed; })
        .def_property_readonly(
            "status", [](const RunRecord& self) { return std::string(word(self.outcome.status)); })
        .def_property_readonly("digest",
                               [](const RunRecord& self) { return self.outcome.digest.hex(); })
        .def_property_readonly("violations",
                               [](const RunRecord& self) { return self.outcome.violations; })
        .def_property_readonly(
            "missing_violations",
            [](const RunRecord& self) { return self.outcome.missing_violations; })
        .def_property_readonly("invariants",
                               [](const RunRecord& self) { return self.outcome.invariants; })
        .def_property_readonly("invariant_checks",
                               [](const RunRecord& self) { return self.outcome.invariant_checks; })
        .def("metrics", &metrics)
        .def("metric_counts", &metric_counts)
        .def(py::pickle(
            [](const RunRecord& self) { return py::make_tuple(py::bytes(to_bytes(self))); },
            [](const py::tuple& state) {
                return record_from_bytes(state[0].cast<std::string_view>());
            }))
        .def_property_readonly("final_results", &final_results)
        .def("columns", &columns, py::arg("table"));
    module.def("table_names", &table_names);
    module.def("metric_specs", &metric_specs);
}

}  // namespace aivm::python
