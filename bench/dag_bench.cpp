// What work costs on a DAG beside a chain: vertices and settled jobs per CPU second, at 20 and 100
// validators, at several rates of conflict. Every row is a process of its own, so that its CPU time
// is its own too, building the world included.
//
//   dag_bench           the table
//   dag_bench --quick   a short run that only checks that every part works
//
// bench/dag.toml is the world. One validator in ten contests the others: each vertex that carries
// something gets, with the chance that the row states, a rival with the same operations. A row
// whose measured share of contested vertices is not that chance, within what chance explains,
// fails.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/vm/dag_vm.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/file/load.h"
#include "scenarios/run/run.h"

namespace {

using namespace aivm;       // NOLINT: a program, not a library
using namespace aivm::sim;  // NOLINT

constexpr double kPpm = 1e6;

void require(bool ok, std::string_view what) {
    if (ok) return;
    fmt::print(stderr, "dag_bench: {}\n", what);
    std::exit(3);
}

struct Played {
    std::uint64_t vertices = 0;
    std::uint64_t contestable = 0;  // those of validators that contest nothing
    std::uint64_t contested = 0;    // of these
    std::uint64_t jobs = 0;
};

struct Row {
    ConsensusKind engine = ConsensusKind::kAvalanche;
    std::uint32_t validators = 0;
    std::uint32_t conflict_ppm = 0;  // of the vertices that get a rival

    [[nodiscard]] std::uint32_t contesters() const { return (validators + 9) / 10; }
    [[nodiscard]] bool is_contester(std::uint32_t validator) const {
        return validator >= validators - contesters();
    }
};

// Contests the vertices that fall to it: which do, follows from their ids.
class Contester final : public ValidatorStrategy {
public:
    Contester(const Row& row, ActorId self) : row_(row), self_(self) {}
    bool includes(const SignedOperation&) override { return true; }
    bool replies_to(const DagView&, const Vertex& vertex) override {
        const std::uint64_t drawn = vertex.id().prefix64();
        const bool falls_to_us = drawn % static_cast<std::uint64_t>(kPpm) < row_.conflict_ppm &&
                                 drawn / static_cast<std::uint64_t>(kPpm) % row_.contesters() ==
                                     row_.validators - 1 - self_;
        if (!falls_to_us || row_.is_contester(vertex.header().proposer.value)) return false;
        for (const OperationPtr& each : vertex.operations()) contested_.insert(each->id());
        return !contested_.empty();
    }
    void plans(const DagView&, VertexPlan& plan) override {
        if (contested_.empty()) return;
        plan.contests = true;
        plan.carries = [chosen = std::exchange(contested_, {})](const SignedOperation& one) {
            return chosen.contains(one.id());
        };
    }

private:
    Row row_;
    ActorId self_;
    std::set<Hash32> contested_;  // operations of the vertex to contest next
};

class Strategies final : public StrategyFactory {
public:
    explicit Strategies(const Row& row) : row_(row) {}
    [[nodiscard]] Result<std::unique_ptr<ProviderStrategy>> provider(
        const ActorGroup& group, const StrategyContext& context) const override {
        return table_.provider(group, context);
    }
    [[nodiscard]] Result<std::unique_ptr<ChallengerStrategy>> challenger(
        const ActorGroup& group, const StrategyContext& context) const override {
        return table_.challenger(group, context);
    }
    [[nodiscard]] Result<std::unique_ptr<RequesterStrategy>> requester(
        const ActorGroup& group, const StrategyContext& context) const override {
        return table_.requester(group, context);
    }
    [[nodiscard]] Result<std::unique_ptr<ValidatorStrategy>> validator(
        const ActorGroup& group, const StrategyContext& context) const override {
        if (row_.conflict_ppm == 0 || !row_.is_contester(context.self.id))
            return table_.validator(group, context);
        return std::make_unique<Contester>(row_, context.self.id);
    }
    [[nodiscard]] bool is_honest(const ActorGroup& group) const override {
        return table_.is_honest(group);
    }

private:
    Row row_;
    scenarios::StrategyTable table_;
};

Scenario scenario_of(const Row& row, std::uint32_t tasks) {
    const auto loaded = scenarios::load_scenario_file(AIVM_SOURCE_DIR "/bench/dag.toml");
    require(loaded.has_value(), "the scenario does not load");
    Scenario out = loaded->scenario;
    out.chain.consensus = row.engine;
    out.chain.validators = row.validators;
    out.chain.alpha_preference = out.chain.alpha_confidence;  // on a chain
    out.chain.beta = out.chain.beta_virtuous;
    if (tasks > 0) out.workload.tasks = tasks;
    return out;
}

Played play(const Row& row, std::uint32_t tasks) {
    VectorSink rows;
    const Strategies strategies(row);
    scenarios::RunOptions options;
    options.strategies = &strategies;
    const auto outcome = scenarios::run_scenario(scenario_of(row, tasks), options, rows, {});
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
        if (row.is_contester(each.proposer)) continue;
        ++out.contestable;
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

// Of the vertices that could be contested, the share that was. Four standard deviations, and half a
// per cent beyond, for what two validators carry at once when an account changes hands.
double measured_share(const Row& row, const Played& played) {
    if (played.contestable == 0) return 0;
    const auto n = static_cast<double>(played.contestable);
    const double wanted = row.conflict_ppm / kPpm;
    const double measured = static_cast<double>(played.contested) / n;
    const double reach = 0.005 + 4 * std::sqrt(wanted * (1 - wanted) / n);
    require(std::abs(measured - wanted) <= reach,
            fmt::format("{:.2f} % of {} vertices were contested, and {:.2f} % should be",
                        100 * measured, played.contestable, 100 * wanted));
    return measured;
}

void print_row(const Row& row, std::uint32_t tasks) {
    const auto [played, cpu_s] = cost_of(row, tasks);
    const auto vertices = static_cast<double>(played.vertices);
    fmt::print("{:<10} {:>10} {:>8.1f} % {:>9.1f} % {:>9} {:>6} {:>8.2f} {:>14.1f} {:>10.1f}\n",
               word(row.engine), row.validators, 100 * row.conflict_ppm / kPpm,
               100 * measured_share(row, played), played.vertices, played.jobs, cpu_s,
               vertices / cpu_s, static_cast<double>(played.jobs) / cpu_s);
}

}  // namespace

int main(int count, char** arguments) {
    const bool quick = count > 1 && std::string_view(arguments[1]) == "--quick";
    const std::uint32_t tasks = quick ? 20 : 0;  // 0: those of the scenario
    fmt::print(
        "engine     validators  conflicts    measured  vertices   jobs    CPU s  vertices/CPU s  "
        "jobs/CPU s\n");
    for (const std::uint32_t validators : {20U, 100U}) {
        if (quick && validators > 20) break;
        print_row({ConsensusKind::kSnowman, validators, 0}, tasks);
        for (const std::uint32_t conflict_ppm : {0U, 10'000U, 100'000U})
            print_row({ConsensusKind::kAvalanche, validators, conflict_ppm}, tasks);
    }
    return 0;
}
