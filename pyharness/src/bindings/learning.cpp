// Learners over finished runs (scenarios/adversaries/learning.h). The package checks what it is
// given before it calls these.
#include "scenarios/adversaries/learning.h"

#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include "pyharness/src/bindings/bindings.h"

namespace py = pybind11;

namespace aivm::python {
namespace {

using scenarios::Game;
using scenarios::Mix;
using scenarios::Mixes;

// (place on each axis, payoff, evaluations): the axes by the number of their values.
py::tuple best_response(const std::vector<std::int64_t>& sizes,
                        const std::function<double(const scenarios::GridPoint&)>& payoff) {
    std::vector<scenarios::GridAxis> axes;
    for (const std::int64_t size : sizes) {
        scenarios::GridAxis& axis = axes.emplace_back();
        for (std::int64_t place = 0; place < size; ++place) axis.values.push_back(place);
    }
    const scenarios::BestResponse best = scenarios::best_response(axes, payoff);
    return py::make_tuple(best.point, best.payoff, best.evaluations);
}

std::pair<Mix, Mix> pair_of(const Mixes& mixes) { return {mixes.row, mixes.column}; }

}  // namespace

void bind_learning(py::module_& module) {
    module.def("best_response", &best_response, py::arg("sizes"), py::arg("payoff"));
    py::class_<Game>(module, "Game")
        .def(py::init([](std::size_t rows, std::size_t columns, std::vector<double> row_payoffs,
                         std::vector<double> column_payoffs) {
                 return Game{rows, columns, std::move(row_payoffs), std::move(column_payoffs)};
             }),
             py::arg("rows"), py::arg("columns"), py::arg("row_payoffs"), py::arg("column_payoffs"))
        .def(
            "regret",
            [](const Game& self, const Mix& row, const Mix& column) {
                return scenarios::regret(self, {row, column});
            },
            py::arg("row"), py::arg("column"))
        .def(
            "fictitious_play",
            [](const Game& self, std::size_t rounds) {
                return pair_of(scenarios::fictitious_play(self, rounds));
            },
            py::arg("rounds"), py::call_guard<py::gil_scoped_release>())
        .def(
            "replicator",
            [](const Game& self, const Mix& row, const Mix& column, double step,
               std::size_t rounds) {
                const scenarios::ReplicatorOrbit orbit =
                    scenarios::replicator(self, {row, column}, step, rounds);
                return std::pair(pair_of(orbit.last), pair_of(orbit.mean));
            },
            py::arg("row"), py::arg("column"), py::arg("step"), py::arg("rounds"),
            py::call_guard<py::gil_scoped_release>());
}

}  // namespace aivm::python
