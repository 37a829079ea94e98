// aivmsim._core: the simulator as the Python package sees it. Thin on purpose: what users call is in src/aivmsim.
#include "pyharness/src/bindings/bindings.h"

namespace py = pybind11;

PYBIND11_MODULE(_core, module) {
    module.doc() = "The compiled part of aivmsim; use the package instead.";
    module.attr("__version__") = AIVM_VERSION;
    py::register_exception<aivm::python::ScenarioFault>(module, "ScenarioError", PyExc_ValueError);
    py::register_exception<aivm::python::StudyFault>(module, "StudyError", PyExc_OSError);
    aivm::python::bind_scenario(module);
    aivm::python::bind_record(module);
    aivm::python::bind_run(module);
    aivm::python::bind_study(module);
}
