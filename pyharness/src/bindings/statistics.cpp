// The statistics of finished runs that the tool itself uses, so that Python and the terminal say
// the same.
#include <pybind11/stl.h>

#include "pyharness/src/bindings/bindings.h"
#include "scenarios/statistics/intervals.h"
#include "scenarios/statistics/sequential.h"

namespace py = pybind11;

namespace aivm::python {
namespace {

void check_confidence(double confidence) {
    if (!(confidence > 0 && confidence < 1))
        throw py::value_error("the confidence must lie between 0 and 1");
}

// (share, low, high)
std::tuple<double, double, double> share_interval(const std::vector<double>& parts,
                                                  const std::vector<double>& wholes,
                                                  double confidence) {
    check_confidence(confidence);
    if (parts.size() != wholes.size()) throw py::value_error("as many parts as wholes are needed");
    scenarios::ClusteredShare share;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!(0 <= parts[i] && parts[i] <= wholes[i]))
            throw py::value_error("a part is no part of its whole");
        share.add(parts[i], wholes[i]);
    }
    const scenarios::Interval interval = share.interval(confidence);
    return {share.share(), interval.low, interval.high};
}

// One share minus another over runs of common seeds: (difference, low, high).
std::tuple<double, double, double> paired_share_interval(const std::vector<double>& parts,
                                                         const std::vector<double>& wholes,
                                                         const std::vector<double>& base_parts,
                                                         const std::vector<double>& base_wholes,
                                                         double confidence) {
    check_confidence(confidence);
    if (parts.size() != wholes.size() || parts.size() != base_parts.size() ||
        parts.size() != base_wholes.size()) {
        throw py::value_error("pairs need as many parts and wholes on both sides");
    }
    scenarios::PairedShares shares;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (!(0 <= parts[i] && parts[i] <= wholes[i] && 0 <= base_parts[i] &&
              base_parts[i] <= base_wholes[i])) {
            throw py::value_error("a part is no part of its whole");
        }
        shares.add(parts[i], wholes[i], base_parts[i], base_wholes[i]);
    }
    const scenarios::Interval interval = shares.interval(confidence);
    return {shares.difference(), interval.low, interval.high};
}

// (mean, low, high)
std::tuple<double, double, double> mean_interval(const std::vector<double>& values,
                                                 double confidence) {
    check_confidence(confidence);
    scenarios::Moments moments;
    for (const double value : values) moments.add(value);
    const scenarios::Interval interval = scenarios::t_interval(moments, confidence);
    return {moments.mean(), interval.low, interval.high};
}

std::vector<std::pair<std::uint64_t, double>> plan_looks(std::uint64_t runs_max,
                                                         double confidence) {
    check_confidence(confidence);
    if (runs_max == 0) throw py::value_error("at least one run is needed");
    std::vector<std::pair<std::uint64_t, double>> out;
    for (const scenarios::Look& look : scenarios::plan_looks(runs_max, confidence)) {
        out.emplace_back(look.runs, look.confidence);
    }
    return out;
}

}  // namespace

void bind_statistics(py::module_& module) {
    module.def("share_interval", &share_interval, py::arg("parts"), py::arg("wholes"),
               py::arg("confidence"));
    module.def("paired_share_interval", &paired_share_interval, py::arg("parts"), py::arg("wholes"),
               py::arg("base_parts"), py::arg("base_wholes"), py::arg("confidence"));
    module.def("mean_interval", &mean_interval, py::arg("values"), py::arg("confidence"));
    module.def("plan_looks", &plan_looks, py::arg("runs_max"), py::arg("confidence"));
}

}  // namespace aivm::python
