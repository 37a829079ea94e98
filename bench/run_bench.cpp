// A whole run of the demo: events per second of CPU time, and the cost of the trace digest, the
// invariants and the recorder. Each cost is the ratio of two runs that alternate in one process;
// the median of the pairs counts.
//
//   run_bench [--quick]    a short run that only checks that every part works and the results agree
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/file/load.h"
#include "scenarios/run/setting.h"
#include "sim/record/recorder.h"
#include "sim/world/world.h"

namespace {

using namespace aivm;       // NOLINT: a program, not a library
using namespace aivm::sim;  // NOLINT

constexpr int kPairs = 5;
constexpr double kDigestCostMax = 0.10;

void require(bool ok, std::string_view what) {
    if (ok) return;
    fmt::print(stderr, "run_bench: {}\n", what);
    std::exit(3);
}

// CPU time, because a run has one thread and the machine may be busy.
double seconds_of(const std::function<void()>& work) {
    const std::clock_t start = std::clock();
    work();
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

Setting load_setting(bool quick) {
    const auto loaded =
        scenarios::load_scenario_file(AIVM_SOURCE_DIR "/scenarios/catalog/quickstart.toml");
    require(loaded.has_value(), "the quickstart scenario does not load");
    Scenario scenario = loaded->scenario;
    if (quick) scenario.workload.tasks = 60;
    auto setting = scenarios::make_setting(scenario);
    require(setting.has_value(), "setting");
    return std::move(*setting);
}

struct Run {
    double seconds = 0;
    std::uint64_t events = 0;
    Digest128 digest;
};

Run run(const Setting& setting, const WorldOptions& options, RowSink& sink) {
    Run out;
    out.seconds = seconds_of([&] {
        auto world = World::make(setting, options);
        require(world.has_value(), "world");
        require(sink.begin_run({}).has_value(), "begin");
        Outcome outcome = (*world)->run();
        (*world)->write_results(sink, 0, outcome);
        require(sink.finish_run({}).has_value(), "finish");
        require(outcome.clean(), "the run is not clean");
        out.events = outcome.events;
        out.digest = outcome.digest;
    });
    return out;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

// The additional cost of `with` over `without`, as a share of the run with it: the median over
// alternating pairs.
double cost(int pairs, const std::function<Run()>& with, const std::function<Run()>& without) {
    std::vector<double> shares;
    for (int i = 0; i < pairs; ++i) {
        const bool first = i % 2 == 0;  // the second of a pair runs with warm caches
        Run a;
        Run b;
        if (first) a = with();
        b = without();
        if (!first) a = with();
        require(a.events == b.events, "what is measured changed the run");
        shares.push_back(1 - b.seconds / a.seconds);
    }
    return median(shares);
}

void measure_costs(const Setting& setting, int pairs) {
    NullSink nowhere;
    const auto plain = [&] { return run(setting, {}, nowhere); };
    const auto without = [&](bool WorldOptions::* part) {
        return [&setting, &nowhere, part] {
            WorldOptions options;
            options.*part = false;
            return run(setting, options, nowhere);
        };
    };
    const auto recorded = [&] {
        const auto path = std::filesystem::temp_directory_path() / "aivm-run-bench.db";
        std::filesystem::remove(path);
        auto recorder = Recorder::create(path.string(), {"bench", "", "", "", ""});
        require(recorder.has_value(), "recorder");
        const Run out = run(setting, {}, **recorder);
        require((*recorder)->close().has_value(), "close");
        std::filesystem::remove(path);
        return out;
    };
    std::vector<double> rates;
    std::vector<double> walls;
    for (int i = 0; i < pairs; ++i) {
        const Run one = plain();
        rates.push_back(static_cast<double>(one.events) / one.seconds);
        walls.push_back(one.seconds);
    }
    fmt::print("quickstart run         {:>12.0f} events/s   {:.2f} s of CPU time\n", median(rates),
               median(walls));
    const double digest = cost(pairs, plain, without(&WorldOptions::trace));
    fmt::print("trace digest           {:>11.1f} % of the run   target at most {:.0f} %\n",
               digest * 100, kDigestCostMax * 100);
    fmt::print("invariants             {:>11.1f} % of the run\n",
               cost(pairs, plain, without(&WorldOptions::invariants)) * 100);
    fmt::print("recorder               {:>11.1f} % of the run\n",
               cost(pairs, recorded, plain) * 100);
}

}  // namespace

int main(int argc, char** argv) {
    const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
    const Setting setting = load_setting(quick);
    measure_costs(setting, quick ? 1 : kPairs);
    return 0;
}
