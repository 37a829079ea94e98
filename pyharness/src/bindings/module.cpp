// aivmsim._core: the simulator as the Python package sees it. Thin on purpose: what users call is
// in src/aivmsim.
#include "pyharness/src/bindings/bindings.h"
#include "pyharness/src/bindings/strategy_views.h"

namespace py = pybind11;

PYBIND11_MODULE(_core, module) {
    module.doc() = "The compiled part of aivmsim; use the package instead.";
    module.attr("__version__") = AIVM_VERSION;
    py::register_exception<aivm::python::ScenarioFault>(module, "ScenarioError", PyExc_ValueError);
    py::register_exception<aivm::python::StudyFault>(module, "StudyError", PyExc_OSError);
    py::register_exception<aivm::python::StrategyFailure>(module, "StrategyError",
                                                          PyExc_RuntimeError);
    aivm::python::bind_scenario(module);
    aivm::python::bind_record(module);
    aivm::python::bind_run(module);
    aivm::python::bind_validation(module);
    aivm::python::bind_learning(module);
    aivm::python::bind_study(module);
    aivm::python::bind_sweep(module);
    aivm::python::bind_statistics(module);
    aivm::python::bind_vm(module);
    aivm::python::bind_chain_vm(module);
    aivm::python::bind_vertex_vm(module);
    aivm::python::bind_kernels(module);
    aivm::python::bind_strategy_views(module);
}
