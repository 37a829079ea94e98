// The economic fidelity on the reference study (catalogue: safe_window): task outcomes per second
// of CPU time, with recording off and on, and the cost of a task relative to the full fidelity. A
// task is timed from its submission to its outcome, including its share of building and closing the
// world. Invariants are on unless stated otherwise.
//
// First it compares the peak memory of the process after few and after many runs recorded into one
// file: the memory of a sweep must not grow with its length.
//
//   economic_bench [--quick]       a short run that only checks that every part works
//   economic_bench --plain WORLDS  for bench/peers: "safe_window TASKS SECONDS POSTED MISSED",
//                                  no recording
//   economic_bench --recorded WORLDS  tasks per second alone, recorded: for profilers
#include <fmt/format.h>
#include <sys/resource.h>

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

constexpr double kRateTarget = 200'000;
constexpr double kRecordedTarget = 100'000;
constexpr int kRounds = 5;
constexpr long kGrowthMaxKib = 4096;    // what allocators keep for later
constexpr long kPageCacheKib = 65'536;  // of the recorder

void require(bool ok, std::string_view what) {
    if (ok) return;
    fmt::print(stderr, "economic_bench: {}\n", what);
    std::exit(3);
}

// CPU time, because a run has one thread and the machine may be busy.
double seconds_of(const std::function<void()>& work) {
    const std::clock_t start = std::clock();
    work();
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

Scenario load_study() {
    const auto loaded =
        scenarios::load_scenario_file(AIVM_SOURCE_DIR "/scenarios/catalog/safe_window.toml");
    require(loaded.has_value(), "the safe_window scenario does not load");
    return loaded->scenario;
}

struct Study {
    std::int64_t tasks = 0;
    std::int64_t posted = 0;
    std::int64_t missed = 0;
};

Study play(const Setting& setting, std::uint64_t worlds, RowSink& sink, WorldOptions options = {}) {
    Study study;
    for (; options.seed <= worlds; ++options.seed) {
        auto world = World::make(setting, options);
        require(world.has_value(), "world");
        RunInfo info;
        info.seed = std::to_string(options.seed);
        require(sink.begin_run(info).has_value(), "begin");
        Outcome outcome = (*world)->run();
        (*world)->write_results(sink, 0, outcome);
        require(sink.finish_run({}).has_value(), "finish");
        require(outcome.clean(), "a run is not clean");
        study.tasks += std::get<std::int64_t>(outcome.metric("tasks"));
        study.posted += std::get<std::int64_t>(outcome.metric("n_fraud_posted"));
        study.missed += std::get<std::int64_t>(outcome.metric("n_fraud_missed"));
    }
    return study;
}

double rate(const Setting& setting, std::uint64_t worlds, RowSink& sink,
            const WorldOptions& options = {}) {
    Study study;
    const double seconds = seconds_of([&] { study = play(setting, worlds, sink, options); });
    return static_cast<double>(study.tasks) / seconds;
}

double recorded_rate(const Setting& setting, std::uint64_t worlds) {
    const auto path = std::filesystem::temp_directory_path() / "aivm-economic-bench.db";
    std::filesystem::remove(path);
    Study study;
    const double seconds = seconds_of([&] {
        auto recorder = Recorder::create(path.string(), {"bench", "", "", "", ""});
        require(recorder.has_value(), "recorder");
        study = play(setting, worlds, **recorder);
        require((*recorder)->close().has_value(), "close");
    });
    std::filesystem::remove(path);
    return static_cast<double>(study.tasks) / seconds;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void measure(const Scenario& study, int rounds, std::uint64_t worlds) {
    const auto economic = scenarios::make_setting(study);
    Scenario slow = study;
    slow.run.fidelity = Fidelity::kFull;
    slow.workload.tasks = std::min<std::uint32_t>(slow.workload.tasks, 100);
    const auto full = scenarios::make_setting(slow);
    require(economic.has_value() && full.has_value(), "setting");
    NullSink nowhere;
    WorldOptions unwatched;
    unwatched.invariants = false;
    std::vector<double> off, on, ratios, bare;
    for (int i = 0; i < rounds; ++i) {
        off.push_back(rate(*economic, worlds, nowhere));
        on.push_back(recorded_rate(*economic, worlds));
        bare.push_back(rate(*economic, worlds, nowhere, unwatched));
        ratios.push_back(off.back() / rate(*full, 1, nowhere));
    }
    fmt::print("economic, recording off {:>10.0f} outcomes/s   target {:.0f}\n", median(off),
               kRateTarget);
    fmt::print("economic, recorded      {:>10.0f} outcomes/s   target {:.0f}\n", median(on),
               kRecordedTarget);
    fmt::print("neither recorded nor watched {:>5.0f} outcomes/s\n", median(bare));
    fmt::print("economic to full        {:>10.0f} times the outcomes/s\n", median(ratios));
}

// The peak memory of the process so far, in KiB.
long peak_memory() {
    rusage usage{};
    require(getrusage(RUSAGE_SELF, &usage) == 0, "no memory figures");
    return usage.ru_maxrss;
}

// The most memory that `many` runs may need beyond `few`.
long growth(std::uint64_t few, std::uint64_t many,
            const std::function<void(std::uint64_t runs)>& play_runs, std::string_view what) {
    play_runs(few);
    const long before = peak_memory();
    play_runs(many);
    const long after = peak_memory();
    fmt::print("memory, {:9} after {:>3} runs {:>6.1f} MiB, after {} {:.1f} MiB\n", what, few,
               static_cast<double>(before) / 1024, many, static_cast<double>(after) / 1024);
    return after - before;
}

void measure_memory(Scenario study, std::uint64_t few, std::uint64_t many) {
    study.workload.tasks = 100;
    const auto setting = scenarios::make_setting(study);
    require(setting.has_value(), "setting");
    NullSink nowhere;
    const long plain =
        growth(few, many, [&](std::uint64_t runs) { play(*setting, runs, nowhere); }, "in memory");
    const long recorded =
        growth(few, many, [&](std::uint64_t runs) { recorded_rate(*setting, runs); }, "recorded");
    require(plain <= kGrowthMaxKib, "the memory of a sweep grows with the number of its runs");
    require(recorded <= kGrowthMaxKib + kPageCacheKib,
            "the memory of a recorded sweep grows beyond its page cache");
}

void print_plain(const Scenario& scenario, std::uint64_t worlds) {
    const auto setting = scenarios::make_setting(scenario);
    require(setting.has_value(), "setting");
    NullSink nowhere;
    Study study;
    const double seconds = seconds_of([&] { study = play(*setting, worlds, nowhere); });
    fmt::print("safe_window {} {:.6f} {} {}\n", study.tasks, seconds, study.posted, study.missed);
}

}  // namespace

int main(int argc, char** argv) {
    const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
    Scenario study = load_study();
    if (argc > 2 && std::string_view(argv[1]) == "--plain") {
        print_plain(study, std::strtoull(argv[2], nullptr, 10));
        return 0;
    }
    if (argc > 2 && std::string_view(argv[1]) == "--recorded") {
        const auto setting = scenarios::make_setting(study);
        require(setting.has_value(), "setting");
        fmt::print("{:.0f} outcomes/s recorded\n",
                   recorded_rate(*setting, std::strtoull(argv[2], nullptr, 10)));
        return 0;
    }
    measure_memory(study, 10, quick ? 60 : 1000);
    if (quick) study.workload.tasks = 60;
    measure(study, quick ? 1 : kRounds, quick ? 1 : 20);
    return 0;
}
