// What the parts of the module share. Each bind_ function adds one file's classes to the module.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/file/load.h"
#include "sim/record/row_sink.h"
#include "sim/world/outcome.h"

namespace aivm::python {

// Becomes aivmsim.ScenarioError: a scenario, key or value that cannot be used.
struct ScenarioFault : std::runtime_error {
    using std::runtime_error::runtime_error;
};
// Becomes aivmsim.StudyError: a database that cannot be written or read.
struct StudyFault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Becomes aivmsim.StrategyError: a strategy in Python raised, which ended its run.
struct StrategyFailure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A scenario and what it was made from. Never changes, so threads may share it.
struct ScenarioHandle {
    scenarios::LoadedScenario loaded;
    // key and value, in the order given
    std::vector<std::pair<std::string, std::string>> overrides;

    // What a recording says about a run of this scenario, except for the seed.
    [[nodiscard]] sim::RunInfo run_info() const;
};

// A run with all its rows.
struct RunRecord {
    sim::Outcome outcome;
    sim::VectorSink rows;
};

void bind_scenario(pybind11::module_& module);
void bind_record(pybind11::module_& module);
void bind_run(pybind11::module_& module);
void bind_validation(pybind11::module_& module);
void bind_learning(pybind11::module_& module);
void bind_study(pybind11::module_& module);  // after bind_validation: it records what that makes
void bind_sweep(pybind11::module_& module);  // after bind_record
void bind_statistics(pybind11::module_& module);
void bind_vm(pybind11::module_& module);
void bind_chain_vm(pybind11::module_& module);
void bind_vertex_vm(pybind11::module_& module);  // after bind_chain_vm, which has Cancel
void bind_kernels(pybind11::module_& module);

}  // namespace aivm::python
