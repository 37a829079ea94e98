// The database of a study, for writing; and the check of one that is read.
#include <pybind11/stl.h>

#include <fmt/format.h>

#include "pyharness/src/bindings/bindings.h"
#include "scenarios/run/build_info.h"
#include "scenarios/validation/validate.h"
#include "sim/record/check_rows.h"
#include "sim/record/recorder.h"
#include "sim/record/study.h"

namespace py = pybind11;

namespace aivm::python {
namespace {

void must_write(const Status& status) {
    if (!status) throw StudyFault(status.error().text());
}

std::shared_ptr<sim::Recorder> create(const std::string& path, const std::string& name,
                                      const std::string& created, bool overwrite) {
    const scenarios::BuildInfo& build = scenarios::build_info();
    auto recorder =
        sim::Recorder::create(path, {name, created, build.version, build.compiler, build.flags},
                              {.overwrite = overwrite});
    if (!recorder) throw StudyFault(recorder.error().text());
    return std::move(*recorder);
}

// Whether a file can be read: finished ones by all checks of the program, an unfinished one by its
// kind and its rows.
void check_study(const std::string& path, bool unfinished) {
    if (!unfinished) {
        const auto study = sim::open_study(path);
        if (!study) throw StudyFault(study.error().context);
        return;
    }
    auto database = sim::Database::open(path, sim::Database::Mode::kReadWrite);
    const auto kind =
        database ? database->integer("PRAGMA application_id") : Result<std::int64_t>(0);
    if (!kind || *kind != sim::kApplicationId)
        throw StudyFault(fmt::format("{} is no unfinished database of aivmsim", path));
    const auto version = database->integer("PRAGMA user_version");
    if (!version || *version != sim::kSchemaVersion)
        throw StudyFault(fmt::format("{} is of another version of aivmsim", path));
    if (const auto whole = sim::check_rows(*database, *version); !whole)
        throw StudyFault(whole.error().context);
}

}  // namespace

void bind_study(py::module_& module) {
    module.def("check_study", &check_study, py::arg("path"), py::arg("unfinished"));
    using sim::Recorder;
    const auto unlocked = py::call_guard<py::gil_scoped_release>();
    py::class_<Recorder, std::shared_ptr<Recorder>>(module, "Recorder")
        .def(py::init(&create), py::arg("path"), py::arg("name"), py::arg("created"),
             py::arg("overwrite") = false)
        .def(
            "add", [](Recorder& self, const RunRecord& run) { must_write(run.rows.copy_to(self)); },
            py::arg("run"), unlocked)
        .def(
            "add_validation",
            [](Recorder& self, const scenarios::Validation& validation) {
                must_write(scenarios::record_validation(validation, self));
            },
            py::arg("validation"), unlocked)
        .def(
            "merge", [](Recorder& self, const std::string& path) { must_write(self.merge(path)); },
            py::arg("path"), unlocked)
        .def("close", [](Recorder& self) { must_write(self.close()); }, unlocked);
}

}  // namespace aivm::python
