// Theory beside simulation: the suite of scenarios/validation, as `aivmsim validate` runs it.
#include "scenarios/validation/validate.h"

#include <pybind11/stl.h>

#include <atomic>
#include <optional>
#include <thread>

#include "pyharness/src/bindings/backend.h"
#include "pyharness/src/bindings/bindings.h"
#include "pyharness/src/bindings/convert.h"
#include "scenarios/run/build_info.h"
#include "sim/engine/seed.h"

namespace py = pybind11;

namespace aivm::python {
namespace {

using scenarios::CaseResult;
using scenarios::Validation;

py::dict verdict_of(const CaseResult& result) {
    const auto measured = [&](double number) {
        return result.measured() ? py::object(py::float_(number)) : py::none();
    };
    py::dict out;
    out["case"] = result.c.id;
    out["verdict"] = word(result.verdict);
    out["simulated"] = measured(result.simulated);
    out["expected"] = result.c.expected;
    out["low"] = measured(result.interval.low);
    out["high"] = measured(result.interval.high);
    out["z"] = measured(result.z);
    out["p_value"] = measured(result.p_value);
    out["n"] = result.n;
    out["runs"] = result.runs;
    out["margin"] = measured(result.margin.reach);
    out["method"] = result.how.empty() ? "" : word(result.method);
    out["kind"] = word(result.c.kind);
    out["quantity"] = result.c.quantity;
    out["expression"] = result.c.expression;
    out["parameters"] = result.c.parameters;
    out["how"] = result.how;
    out["reason"] = result.reason;
    return out;
}

// Ctrl-C is noticed on the thread that called, which works on the cases as the others do; they see
// that it was.
class Interruption {
public:
    explicit Interruption(bool heed_signals)
        : listener_(heed_signals ? std::this_thread::get_id() : std::thread::id()) {}

    bool requested() {
        if (requested_ || std::this_thread::get_id() != listener_) return requested_;
        const py::gil_scoped_acquire lock;
        if (PyErr_CheckSignals() == 0) return false;
        raised_.emplace();  // takes over Python's exception: KeyboardInterrupt, or what a signal
                            // handler raised
        requested_ = true;
        return true;
    }
    void rethrow() {
        if (raised_) throw py::error_already_set(std::move(*raised_));
    }

private:
    std::thread::id listener_;
    std::atomic<bool> requested_ = false;
    std::optional<py::error_already_set> raised_;
};

std::shared_ptr<Validation> validate(const std::string& file, const std::vector<std::string>& ids,
                                     const std::string& seed, double margin, unsigned jobs,
                                     const std::string& backend, bool heed_signals) {
    if (!(margin > 0 && margin < 1)) throw py::value_error("the margin must lie between 0 and 1");
    if (jobs == 0) throw py::value_error("jobs is 0; it must be at least 1");
    const auto number = sim::seed_from_text(seed);
    if (!number) throw py::value_error(number.error().context);
    const auto all = scenarios::load_cases(file);
    if (!all) throw py::value_error(all.error().context);
    const auto wanted = scenarios::choose_cases(*all, ids);
    if (!wanted) throw py::value_error(wanted.error().context);
    Interruption interruption(heed_signals);
    scenarios::ValidateOptions options;
    options.seed = *number;
    options.margin = margin;
    options.jobs = jobs;
    options.backend = backend_request(backend);
    options.interrupted = [&] { return interruption.requested(); };
    std::optional<Result<Validation>> done;
    {
        const py::gil_scoped_release unlock;
        done = scenarios::validate(*wanted, options);
    }
    interruption.rethrow();
    if (!*done && done->error().code == ErrorCode::kGpuNotAvailable) throw VmFault(done->error());
    if (!*done) throw std::runtime_error(done->error().text());
    return std::make_shared<Validation>(std::move(**done));
}

py::list cases_of(const Validation& self) {
    py::list out;
    for (const CaseResult& result : self.cases) out.append(verdict_of(result));
    return out;
}

}  // namespace

void bind_validation(py::module_& module) {
    py::class_<Validation, std::shared_ptr<Validation>>(module, "Validation")
        .def_property_readonly("cases", &cases_of)
        .def_property_readonly("passed", &Validation::passed)
        .def_property_readonly("backend", [](const Validation& self) { return self.backend; })
        .def_property_readonly("kernel_fallbacks",
                               [](const Validation& self) { return self.kernel_fallbacks; })
        .def_property_readonly("badge", [](const Validation& self) {
            return scenarios::badge(self, scenarios::build_info().version);
        });
    module.def("validate", &validate, py::arg("file"), py::arg("ids"), py::arg("seed"),
               py::arg("margin"), py::arg("jobs"), py::arg("backend") = "auto",
               py::arg("heed_signals") = false);
    module.attr("QUICK_MARGIN") = scenarios::kQuickMargin;
    module.attr("FULL_MARGIN") = scenarios::kFullMargin;
}

}  // namespace aivm::python
