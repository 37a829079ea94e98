// The sweeps of the command line: the same plan, the same file, the same workers. A study is made
// here by C++ threads, or run by run by whoever has other workers; either can be stopped at any
// time, resumed and grown.
#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "pyharness/src/bindings/backend.h"
#include "pyharness/src/bindings/bindings.h"
#include "pyharness/src/bindings/convert.h"
#include "pyharness/src/bindings/strategies.h"
#include "scenarios/run/build_info.h"
#include "scenarios/sweep/sweep.h"
#include "scenarios/sweep/value_list.h"
#include "sim/record/study.h"

namespace py = pybind11;

namespace aivm::python {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

constexpr std::uint64_t kProgressIntervalNs = 100'000'000;

std::uint64_t sweep_clock_ns() {
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch() /
                                      std::chrono::nanoseconds(1));
}

std::string text_of(const Error& error) {
    return error.context.empty() ? error.text() : error.context;
}

void must_store(const Status& status) {
    if (!status) throw StudyFault(text_of(status.error()));
}

// The arguments of a sweep, as aivmsim.sweep passes them.
struct Asked {
    std::vector<std::pair<std::string, std::vector<std::string>>> over;
    std::vector<Settings> points;
    std::string seeds;
    std::vector<std::string> until_width;
    std::vector<std::string> until_decided;
    std::string confidence;
    std::string record;
    bool counterfactual = false;
    py::object registry = py::none();  // of strategies in Python; none where there are none
};

scenarios::SweepRequest request_of(const ScenarioHandle& scenario, Asked asked) {
    scenarios::SweepRequest out;
    out.text = scenario.loaded.text;
    out.source = scenario.loaded.source;
    for (const auto& [key, value] : scenario.overrides) {
        out.overrides.push_back(
            {scenarios::OriginKind::kSet, fmt::format("{}={}", key, value), key, value});
    }
    for (auto& [key, values] : asked.over) out.axes.push_back({key, std::move(values)});
    out.points = std::move(asked.points);
    out.seeds = std::move(asked.seeds);
    out.until_width = std::move(asked.until_width);
    out.until_decided = std::move(asked.until_decided);
    out.confidence = std::move(asked.confidence);
    out.detail = from_word<scenarios::Detail>(asked.record).value();
    out.counterfactual = asked.counterfactual;
    return out;
}

scenarios::SweepPlan plan_of(const scenarios::SweepRequest& request) {
    auto plan = scenarios::SweepPlan::make(request);
    if (!plan) throw ScenarioFault(fmt::format("{}", fmt::join(plan.error(), "\n")));
    return *std::move(plan);
}

struct StudyName {
    std::string name;
    std::string created;
};

// A study that is being made. Not thread safe.
class SweepStudy {
public:
    SweepStudy(const ScenarioHandle& scenario, Asked asked, std::string path, const StudyName& name)
        : path_(std::move(path)) {
        if (!asked.registry.is_none())
            strategies_ = std::make_unique<PythonStrategies>(asked.registry, faults_);
        scenarios::SweepRequest request = request_of(scenario, std::move(asked));
        request.strategies = strategies_.get();
        scenarios::SweepPlan plan = plan_of(request);
        for (std::size_t point = 0; point < plan.points(); ++point)
            asked_points_.push_back(plan.point_id(point));
        auto placed = scenarios::plan_in_place(path_, request, std::move(plan));
        if (!placed) throw StudyFault(text_of(placed.error()));
        plan_ = std::move(placed->plan);
        finished_ = placed->finished;
        if (finished_) return;
        const scenarios::BuildInfo& build = scenarios::build_info();
        auto recorder = scenarios::open_sweep(
            path_, {name.name, name.created, build.version, build.compiler, build.flags}, *plan_);
        if (!recorder) throw StudyFault(text_of(recorder.error()));
        recorder_ = std::move(*recorder);
    }

    [[nodiscard]] bool finished() const { return finished_; }
    [[nodiscard]] const std::vector<std::int64_t>& asked_points() const { return asked_points_; }
    [[nodiscard]] std::uint64_t runs_max() const { return plan_->runs_max(); }
    [[nodiscard]] std::string name_of(std::size_t point) const { return plan_->name_of(point); }
    [[nodiscard]] std::string partial_path() const { return path_ + ".partial"; }

    struct Workers {
        unsigned jobs = 1;
        std::string backend;
        bool stop_at_failure = false;
        bool heed_signals = false;
        std::function<void(std::uint64_t, std::uint64_t)> progress;
    };

    // Makes the missing runs; false if Ctrl-C or an exception in `progress` stopped them, which is
    // then raised. The runs so far are kept.
    void run(Workers workers) {
        std::optional<py::error_already_set> raised;
        const auto caller = std::this_thread::get_id();
        scenarios::SweepOptions options;
        options.jobs = workers.jobs;
        options.backend = backend_request(workers.backend);
        options.stop_at_failure = workers.stop_at_failure;
        options.wall_clock_ns = sweep_clock_ns;
        std::atomic<bool> stop = false;
        options.stop = [&] {
            if (stop || !workers.heed_signals || std::this_thread::get_id() != caller)
                return bool(stop);
            const py::gil_scoped_acquire lock;
            if (PyErr_CheckSignals() == 0) return false;
            raised.emplace();
            stop = true;
            return true;
        };
        std::uint64_t shown_ns = 0;
        options.progress = [&](const scenarios::SweepProgress& at) {
            const std::uint64_t now = sweep_clock_ns();
            if (stop || !workers.progress || now - shown_ns < kProgressIntervalNs) return;
            shown_ns = now;
            const py::gil_scoped_acquire lock;
            try {
                workers.progress(at.runs_there, at.runs_max);
            } catch (py::error_already_set& error) {
                raised.emplace(std::move(error));
                stop = true;
            }
        };
        std::optional<Error> error;
        scenarios::SweepOutcome outcome;
        {
            const py::gil_scoped_release unlock;
            auto made = scenarios::run_sweep(*plan_, options, *recorder_);
            if (made)
                outcome = *made;
            else
                error = std::move(made.error());
        }
        if (raised) throw py::error_already_set(std::move(*raised));
        if (error) throw StudyFault(text_of(*error));
        if (workers.progress) workers.progress(outcome.runs.runs_there, outcome.runs.runs_max);
    }

    std::vector<std::pair<std::size_t, std::size_t>> take_missing() {
        auto missing = scenarios::take_missing_runs(*plan_, *recorder_);
        if (!missing) throw StudyFault(text_of(missing.error()));
        std::vector<std::pair<std::size_t, std::size_t>> out;
        for (const scenarios::SweepItem& item : *missing)
            out.emplace_back(item.point, item.replicate);
        return out;
    }
    [[nodiscard]] Settings overrides_of(std::size_t point) const {
        Settings out;
        const auto values = plan_->values_at(point);
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!values[i].empty()) out.emplace_back(plan_->axes()[i].key, values[i]);
        return out;
    }
    [[nodiscard]] std::string seed_of(std::size_t replicate) const {
        return std::to_string(plan_->seeds().at(replicate));
    }
    void add(const RunRecord& run) {
        must_store(scenarios::record_run(*plan_, run.rows, *recorder_));
    }
    void add_failure(std::size_t point, std::size_t replicate, const std::string& reason) {
        must_store(scenarios::record_failed_run(*plan_, {point, replicate}, reason, *recorder_));
    }
    void commit() { must_store(recorder_->commit()); }

    // Writes the estimates, and renames the unfinished file to its final name.
    void close() {
        const auto sweeps = sim::select_rows<sim::SweepRow>(recorder_->database(), "");
        if (!sweeps) throw StudyFault(text_of(sweeps.error()));
        must_store(scenarios::write_conclusions(*recorder_, sweeps->front()));
        must_store(recorder_->close());
        recorder_.reset();
    }
    // Keeps what is there under the name of an unfinished file.
    void suspend() {
        if (recorder_) must_store(recorder_->suspend());
        recorder_.reset();
    }

private:
    std::string path_;
    StrategyFaults faults_;
    std::unique_ptr<PythonStrategies> strategies_;
    std::vector<std::int64_t> asked_points_;
    std::optional<scenarios::SweepPlan> plan_;
    std::unique_ptr<sim::Recorder> recorder_;
    bool finished_ = false;
};

}  // namespace

void bind_sweep(py::module_& module) {
    module.def(
        "parse_seeds",
        [](const std::string& text) {
            const auto seeds = scenarios::parse_seeds(text);
            if (!seeds)
                throw py::value_error(
                    fmt::format("seeds: {}; {}", seeds.error().message, seeds.error().remedy));
            std::vector<std::string> out;
            for (const std::uint64_t seed : *seeds) out.push_back(std::to_string(seed));
            return out;
        },
        py::arg("text"));
    const auto unlocked = py::call_guard<py::gil_scoped_release>();
    py::class_<SweepStudy>(module, "SweepStudy")
        .def(py::init([](const ScenarioHandle& scenario, std::string path, const std::string& name,
                         const std::string& created,
                         std::vector<std::pair<std::string, std::vector<std::string>>> over,
                         std::vector<Settings> points, std::string seeds,
                         std::vector<std::string> until_width,
                         std::vector<std::string> until_decided, std::string confidence,
                         std::string record, bool counterfactual, py::object registry) {
                 return std::make_unique<SweepStudy>(
                     scenario,
                     Asked{std::move(over), std::move(points), std::move(seeds),
                           std::move(until_width), std::move(until_decided), std::move(confidence),
                           std::move(record), counterfactual, std::move(registry)},
                     std::move(path), StudyName{name, created});
             }),
             py::arg("scenario"), py::arg("path"), py::arg("name"), py::arg("created"),
             py::kw_only(), py::arg("over"), py::arg("points"), py::arg("seeds"),
             py::arg("until_width"), py::arg("until_decided"), py::arg("confidence"),
             py::arg("record"), py::arg("counterfactual"), py::arg("registry"))
        .def_property_readonly("finished", &SweepStudy::finished)
        .def_property_readonly("asked_points", &SweepStudy::asked_points)
        .def_property_readonly("runs_max", &SweepStudy::runs_max)
        .def_property_readonly("partial_path", &SweepStudy::partial_path)
        .def("name_of", &SweepStudy::name_of, py::arg("point"))
        .def("overrides_of", &SweepStudy::overrides_of, py::arg("point"))
        .def("seed_of", &SweepStudy::seed_of, py::arg("replicate"))
        .def(
            "run",
            [](SweepStudy& self, unsigned jobs, std::string backend, bool stop_at_failure,
               bool heed_signals, std::function<void(std::uint64_t, std::uint64_t)> progress) {
                self.run(
                    {jobs, std::move(backend), stop_at_failure, heed_signals, std::move(progress)});
            },
            py::arg("jobs"), py::arg("backend"), py::arg("stop_at_failure"),
            py::arg("heed_signals"), py::arg("progress"))
        .def("take_missing", &SweepStudy::take_missing)
        .def("add", &SweepStudy::add, py::arg("run"), unlocked)
        .def("add_failure", &SweepStudy::add_failure, py::arg("point"), py::arg("replicate"),
             py::arg("reason"), unlocked)
        .def("commit", &SweepStudy::commit, unlocked)
        .def("close", &SweepStudy::close, unlocked)
        .def("suspend", &SweepStudy::suspend, unlocked);
}

}  // namespace aivm::python
