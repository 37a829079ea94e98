// What work costs on a DAG beside a chain: vertices and settled jobs per CPU second, at 20 and 100
// validators, at several rates of conflict. Every row is a process of its own, so that its CPU time
// is its own too, building the world included.
//
//   dag_bench           the table
//   dag_bench --quick   a short run that only checks that every part works
//
// One validator in ten contests what the others carry (A45). How often it does is set so that about
// the wanted share of vertices is contested; the measured share is in the table.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "scenarios/file/load.h"
#include "scenarios/run/run.h"

namespace {

using namespace aivm;       // NOLINT: a program, not a library
using namespace aivm::sim;  // NOLINT

void require(bool ok, std::string_view what) {
    if (ok) return;
    fmt::print(stderr, "dag_bench: {}\n", what);
    std::exit(3);
}

struct Played {
    std::uint64_t vertices = 0;
    std::uint64_t contested = 0;
    std::uint64_t jobs = 0;
};

struct Row {
    ConsensusKind engine = ConsensusKind::kAvalanche;
    std::uint32_t validators = 0;
    std::int64_t contest_ppm = 0;  // of the turns of those that contest
};

Scenario scenario_of(const Row& row, std::uint32_t tasks) {
    const auto loaded = scenarios::load_scenario_file(AIVM_SOURCE_DIR "/bench/scale.toml");
    require(loaded.has_value(), "the scenario does not load");
    Scenario out = loaded->scenario;
    ChainSettings& chain = out.chain;
    chain.consensus = row.engine;
    chain.validators = row.validators;
    chain.k = 11;
    chain.alpha_preference = chain.alpha_confidence = 8;
    chain.beta = chain.beta_virtuous = 14;
    chain.beta_rogue = 20;
    out.workload.tasks = tasks;
    if (row.contest_ppm == 0) return out;
    ActorGroup flooders;
    flooders.role = Role::kValidator;
    flooders.name = "flooders";
    flooders.count = row.validators / 10;
    flooders.strategy = "conflict_flooder";
    flooders.parameters = {{"share_ppm", row.contest_ppm}};
    out.actors.push_back(flooders);
    return out;
}

Played play(const Row& row, std::uint32_t tasks) {
    VectorSink rows;
    const auto outcome = scenarios::run_scenario(scenario_of(row, tasks), {}, rows, {});
    require(outcome && outcome->clean(), "a run is not clean");
    Played out;
    std::set<std::uint32_t> contested;
    for (const ConflictRow& each : rows.rows<ConflictRow>()) {
        contested.insert(each.first);
        contested.insert(each.second);
    }
    for (const VertexRow& each : rows.rows<VertexRow>()) {
        if (each.is_cut) continue;
        ++out.vertices;
        if (contested.contains(each.vertex)) ++out.contested;
    }
    for (const TaskRow& each : rows.rows<TaskRow>())
        if (each.outcome == TaskOutcome::kFinalOk) ++out.jobs;
    return out;
}

// The row and its CPU seconds, from a process of its own.
std::pair<Played, double> cost_of(const Row& row, std::uint32_t tasks) {
    int ends[2] = {};
    require(pipe(ends) == 0, "no pipe");
    std::fflush(stdout);
    const pid_t child = fork();
    require(child >= 0, "no process");
    if (child == 0) {
        const Played played = play(row, tasks);
        const bool told = write(ends[1], &played, sizeof played) == sizeof played;
        std::_Exit(told ? 0 : 3);
    }
    close(ends[1]);
    Played played;
    const bool heard = read(ends[0], &played, sizeof played) == sizeof played;
    close(ends[0]);
    int status = 0;
    rusage usage{};
    require(wait4(child, &status, 0, &usage) == child && status == 0 && heard, "a row failed");
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return {played, seconds(usage.ru_utime) + seconds(usage.ru_stime)};
}

void print_row(const Row& row, std::uint32_t tasks) {
    const auto [played, cpu_s] = cost_of(row, tasks);
    const auto vertices = static_cast<double>(played.vertices);
    const double share =
        played.vertices == 0 ? 0 : static_cast<double>(played.contested) / vertices;
    fmt::print("{:<10} {:>10} {:>9.1f} % {:>9} {:>6} {:>8.2f} {:>14.1f} {:>10.1f}\n",
               word(row.engine), row.validators, 100 * share, played.vertices, played.jobs, cpu_s,
               vertices / cpu_s, static_cast<double>(played.jobs) / cpu_s);
}

}  // namespace

int main(int count, char** arguments) {
    const bool quick = count > 1 && std::string_view(arguments[1]) == "--quick";
    const std::uint32_t tasks = quick ? 3 : 40;
    fmt::print(
        "engine     validators   contested  vertices   jobs    CPU s  vertices/CPU s  "
        "jobs/CPU s\n");
    for (const std::uint32_t validators : {20U, 100U}) {
        if (quick && validators > 20) break;
        print_row({ConsensusKind::kSnowman, validators, 0}, tasks);
        for (const std::int64_t contest_ppm : {0, 50'000, 500'000})
            print_row({ConsensusKind::kAvalanche, validators, contest_ppm}, tasks);
    }
    return 0;
}
