// Runs. A run holds no lock of Python's and shares nothing with another run, so threads run side by
// side.
#include <pybind11/stl.h>

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <optional>

#include "pyharness/src/bindings/backend.h"
#include "pyharness/src/bindings/bindings.h"
#include "pyharness/src/bindings/strategies.h"
#include "scenarios/run/run.h"
#include "scenarios/run/setting.h"
#include "sim/engine/seed.h"

namespace py = pybind11;

namespace aivm::python {
namespace {

// Asks runs on other threads to end.
struct StopFlag {
    std::atomic<bool> requested = false;
};

std::uint64_t wall_clock_ns() {
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch() /
                                      std::chrono::nanoseconds(1));
}

std::uint64_t parse_seed(const std::string& text) {
    const auto seed = sim::seed_from_text(text);
    if (!seed) throw py::value_error(seed.error().context);
    return *seed;
}

void check(const PythonStrategies& strategies, const ScenarioHandle& scenario) {
    std::vector<std::string> problems;
    for (const auto& one : strategies.check(scenario.loaded.scenario))
        problems.push_back(scenarios::problem_text(one));
    if (problems.empty()) return;
    const Error error{ErrorCode::kConfig, fmt::format("{}", fmt::join(problems, "; "))};
    throw ScenarioFault(fmt::format("{}: {}\n", scenario.loaded.source, error.text()));
}

struct RunPlace {
    std::uint32_t replicate = 0;
    std::string crn_group;
    std::string backend = "auto";
    bool counterfactual = false;
};

// An exception of a strategy ends the run as StrategyError, with the cause chained; Ctrl-C stays
// Ctrl-C.
[[noreturn]] void raise(StrategyFault fault) {
    if (!fault.error.matches(PyExc_Exception)) throw py::error_already_set(std::move(fault.error));
    const py::object type = py::module_::import("aivmsim._core").attr("StrategyError");
    const std::string text =
        fmt::format("the strategy python:{} failed: {}", fault.name, fault.error.what());
    py::raise_from(fault.error, type.ptr(), text.substr(0, text.find("\n\nAt:")).c_str());
    throw py::error_already_set();
}

// `heed_signals` on the main thread only: elsewhere Python has none to deliver.
std::shared_ptr<RunRecord> run(const ScenarioHandle& scenario, const std::string& seed,
                               const RunPlace& place, const std::shared_ptr<StopFlag>& stop,
                               bool heed_signals, py::object registry) {
    sim::RunInfo info = scenario.run_info();
    info.seed = seed;
    info.replicate = place.replicate;
    info.crn_group = place.crn_group;
    std::optional<py::error_already_set> raised;
    StrategyFaults faults;
    const PythonStrategies strategies(std::move(registry), faults);
    check(strategies, scenario);
    const auto backend = open_backend(place.backend);
    scenarios::RunOptions options;
    backend->use_in(options);
    options.seed = parse_seed(seed);
    options.wall_clock_ns = wall_clock_ns;
    options.strategies = &strategies;
    options.counterfactual = place.counterfactual;
    options.progress = [&](sim::SimTime, std::uint64_t) {
        if (stop && stop->requested) return false;
        if (!heed_signals) return true;
        const py::gil_scoped_acquire lock;
        if (PyErr_CheckSignals() == 0) return true;
        raised.emplace();  // takes over Python's exception: KeyboardInterrupt, or what a signal
                           // handler raised
        return false;
    };
    const auto record = std::make_shared<RunRecord>();
    std::optional<Error> error;
    {
        const py::gil_scoped_release unlock;
        try {
            auto outcome =
                scenarios::run_scenario(scenario.loaded.scenario, options, record->rows, info);
            if (outcome) {
                record->outcome = std::move(*outcome);
            } else {
                error = std::move(outcome.error());
            }
        } catch (const StrategyRaised&) {  // `faults` has it
        }
    }
    if (faults) raise(std::move(*faults));
    if (raised) throw py::error_already_set(std::move(*raised));
    if (error) throw ScenarioFault(fmt::format("{}: {}\n", scenario.loaded.source, error->text()));
    return record;
}

}  // namespace

void bind_run(py::module_& module) {
    py::class_<StopFlag, std::shared_ptr<StopFlag>>(module, "StopFlag")
        .def(py::init<>())
        .def("set", [](StopFlag& self) { self.requested = true; });
    module.def("parse_seed", &parse_seed, py::arg("text"));
    module.def(
        "run",
        [](const ScenarioHandle& scenario, const std::string& seed, std::uint32_t replicate,
           std::string crn_group, const std::shared_ptr<StopFlag>& stop, bool heed_signals,
           py::object registry, std::string backend, bool counterfactual) {
            return run(scenario, seed,
                       {replicate, std::move(crn_group), std::move(backend), counterfactual}, stop,
                       heed_signals, std::move(registry));
        },
        py::arg("scenario"), py::arg("seed"), py::arg("replicate") = 0, py::arg("crn_group") = "",
        py::arg("stop") = nullptr, py::arg("heed_signals") = false, py::kw_only(),
        py::arg("registry"), py::arg("backend") = "auto", py::arg("counterfactual") = false);
    module.def(
        "check_runnable",
        [](const ScenarioHandle& scenario, py::object registry) {
            StrategyFaults faults;
            const PythonStrategies strategies(std::move(registry), faults);
            check(strategies, scenario);
            const auto setting = scenarios::make_setting(scenario.loaded.scenario, &strategies);
            if (!setting)
                throw ScenarioFault(
                    fmt::format("{}: {}\n", scenario.loaded.source, setting.error().text()));
        },
        py::arg("scenario"), py::arg("registry"));
}

}  // namespace aivm::python
