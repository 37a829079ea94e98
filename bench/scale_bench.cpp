// What a decided block costs against the number of validators, with invariants on, and how many
// runs of the swarm a second has. Every row is a process of its own, so that its CPU time and its
// peak memory are its own too; both include building the world.
//
//   scale_bench             the table, and the swarm
//   scale_bench --csv       the table for scale_picture.py
//   scale_bench --swarm     the swarm alone
//   scale_bench --row VALIDATORS K ALPHA BETA [SECONDS]   one row; with SECONDS, that much virtual
//                           time instead of the whole scenario: for profilers, and 10,000
//                           validators
//   scale_bench --quick     a short run that only checks that every part works
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
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

struct Size {
    std::uint32_t validators = 0;
    std::uint32_t k = 0;
    std::uint32_t alpha = 0;
    std::uint32_t beta = 0;
    std::uint32_t virtual_seconds = 0;  // of the scenario; 0: until its end
};
// Twice the sizes, by the two sets of parameters: that of the default chain, and that of the
// deployed primary network. From 500 validators on only the first blocks are played.
const std::vector<Size> kSizes{
    {4, 3, 3, 14},          {20, 11, 8, 14},        {50, 11, 8, 14},          {100, 11, 8, 14},
    {200, 11, 8, 14},       {500, 11, 8, 14, 60},   {1000, 11, 8, 14, 40},    {21, 20, 15, 20},
    {50, 20, 15, 20},       {100, 20, 15, 20},      {200, 20, 15, 20},        {500, 20, 15, 20, 60},
    {1000, 20, 15, 20, 40}, {2000, 20, 15, 20, 24}, {10'000, 20, 15, 20, 24},
};

void require(bool ok, std::string_view what) {
    if (ok) return;
    fmt::print(stderr, "scale_bench: {}\n", what);
    std::exit(3);
}

Scenario load(std::string_view path) {
    const auto loaded = scenarios::load_scenario_file(AIVM_SOURCE_DIR "/" + std::string(path));
    require(loaded.has_value(), "a scenario does not load");
    return loaded->scenario;
}

struct Played {
    std::uint64_t events = 0;
    std::uint64_t blocks = 0;
};

Played play(const Scenario& scenario, std::uint64_t seed, bool must_be_clean) {
    const auto setting = scenarios::make_setting(scenario);
    require(setting.has_value(), "setting");
    WorldOptions options;
    options.seed = seed;
    auto world = World::make(*setting, options);
    require(world.has_value(), "world");
    NullSink nowhere;
    require(nowhere.begin_run({}).has_value(), "begin");
    Outcome outcome = (*world)->run();
    (*world)->write_results(nowhere, 0, outcome);
    require(!must_be_clean || outcome.clean(), "a run is not clean");
    return {outcome.events, outcome.blocks};
}

struct Cost {
    Played played;
    double cpu_seconds = 0;
    double peak_mib = 0;
};

// Does the work in a process of its own.
Cost cost_of(const std::function<Played()>& work) {
    int ends[2] = {};
    require(pipe(ends) == 0, "no pipe");
    std::fflush(stdout);
    const pid_t child = fork();
    require(child >= 0, "no process");
    if (child == 0) {
        const Played played = work();
        const bool told = write(ends[1], &played, sizeof played) == sizeof played;
        std::_Exit(told ? 0 : 3);
    }
    close(ends[1]);
    Cost cost;
    const bool heard = read(ends[0], &cost.played, sizeof cost.played) == sizeof cost.played;
    close(ends[0]);
    int status = 0;
    rusage usage{};
    require(wait4(child, &status, 0, &usage) == child && status == 0 && heard, "a row failed");
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    cost.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    cost.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024;
    return cost;
}

Cost cost_of(const Size& size, bool quick) {
    Scenario scenario = load("bench/scale.toml");
    ChainSettings& chain = scenario.chain;
    chain.validators = size.validators;
    chain.k = size.k;
    chain.alpha_preference = chain.alpha_confidence = size.alpha;
    chain.beta = size.beta;
    if (quick) scenario.workload.tasks = 3;
    const std::uint64_t seconds = size.virtual_seconds;
    if (seconds != 0) scenario.run.max_time_ns = seconds * 1'000'000'000;
    return cost_of([&] { return play(scenario, 1, seconds == 0); });
}

std::string row_text(const Size& size, const Cost& cost) {
    const auto blocks = static_cast<double>(std::max<std::uint64_t>(cost.played.blocks, 1));
    return fmt::format(
        "{:>10}  {:>2} {:>2}/{:<2} {:>2} {:>12} {:>7} {:>8.2f} {:>12.2f} {:>12.2f} "
        "{:>8.0f}\n",
        size.validators, size.k, size.alpha, size.alpha, size.beta, cost.played.events,
        cost.played.blocks, cost.cpu_seconds,
        static_cast<double>(cost.played.events) / cost.cpu_seconds * 1e-6,
        cost.cpu_seconds / blocks * 1e3, cost.peak_mib);
}

void print_head() {
    fmt::print(
        "validators   k  alpha beta       events  blocks    CPU s  million ev/s  ms per block"
        "      MiB\n");
}

void print_csv(const Size& size, const Cost& cost) {
    fmt::print("{},{},{},{},{},{},{:.3f},{:.1f}\n", size.validators, size.k, size.alpha, size.beta,
               cost.played.events, cost.played.blocks, cost.cpu_seconds, cost.peak_mib);
}

// The catalogue's swarm with 7 validators, 5 providers and 200 tasks.
void measure_swarm(std::uint64_t runs) {
    Scenario scenario = load("scenarios/catalog/swarm.toml");
    scenario.chain.validators = 7;
    scenario.workload.tasks = 200;
    for (ActorGroup& group : scenario.actors) {
        if (group.name == "honest") group.count = 4;
    }
    const Cost cost = cost_of([&] {
        Played all;
        for (std::uint64_t seed = 1; seed <= runs; ++seed) {
            const Played one = play(scenario, seed, true);
            all.events += one.events;
            all.blocks += one.blocks;
        }
        return all;
    });
    fmt::print(
        "swarm of 7 validators, 5 providers, 200 tasks: {:.1f} runs per CPU second, {:.0f} "
        "MiB   target 8 runs, 64 MiB\n",
        static_cast<double>(runs) / cost.cpu_seconds, cost.peak_mib);
}

std::uint32_t number(const char* text) {
    return static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view mode = argc > 1 ? argv[1] : "";
    if (mode == "--row" && argc > 5) {
        const Size size{number(argv[2]), number(argv[3]), number(argv[4]), number(argv[5]),
                        argc > 6 ? number(argv[6]) : 0};
        print_head();
        fmt::print("{}", row_text(size, cost_of(size, false)));
        return 0;
    }
    if (mode == "--csv") {
        fmt::print("validators,k,alpha,beta,events,blocks,cpu_seconds,peak_mib\n");
        for (const Size& size : kSizes) print_csv(size, cost_of(size, false));
        return 0;
    }
    if (mode == "--swarm") {
        measure_swarm(50);
        return 0;
    }
    const bool quick = mode == "--quick";
    print_head();
    for (const Size& size : kSizes) {
        if (!quick || size.validators <= 50) fmt::print("{}", row_text(size, cost_of(size, quick)));
    }
    measure_swarm(quick ? 2 : 50);
    return 0;
}
