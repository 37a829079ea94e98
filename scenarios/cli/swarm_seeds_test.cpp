// The catalogue's swarm over many seeds, with few and many validators, under each engine: no
// invariant is violated, each that these runs could violate compared something, all work becomes
// final, and every kind of fault is seen. By default a few
// seeds of small networks; AIVM_SWARM_SEEDS=500 runs that many of each size, as does
//
//   aivmsim sweep swarm --over chain.validators=4,20,100 --over chain.consensus=sequencer,snowman
//     --seeds 1..500
//
// AIVM_SWARM_ONLY=SIZE takes one size, AIVM_SWARM_ENGINE=NAME one engine of kEngines,
// AIVM_SWARM_FIRST=SEED begins with that seed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <span>
#include <string_view>

#include "scenarios/cli/catalog.h"
#include "scenarios/cli/invariant_counts.h"
#include "scenarios/cli/tally.h"
#include "scenarios/file/load.h"
#include "scenarios/run/run.h"

namespace aivm::scenarios::cli {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* const text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

bool is_long() { return std::getenv("AIVM_SWARM_SEEDS") != nullptr; }

struct Size {
    std::uint32_t validators;
    bool in_short_test;
};
constexpr Size kSizes[] = {{4, true}, {20, true}, {100, false}};

// How many runs each kind of fault occurred in.
class FaultTable {
public:
    void add(const std::vector<sim::FaultRow>& faults) {
        ++runs_;
        std::map<std::string, std::uint64_t> in_run;
        for (const sim::FaultRow& fault : faults) ++in_run[fault.kind];
        for (const auto& [kind, count] : in_run) {
            ++runs_with_[kind];
            faults_[kind] += count;
        }
    }
    [[nodiscard]] std::string text() const {
        std::string out =
            fmt::format("{:<18} {:>6} {:>6}   of {} runs\n", "fault", "runs", "faults", runs_);
        for (const auto word : words<sim::FaultKind>) {
            const std::string kind(word);
            out += fmt::format("{:<18} {:>6} {:>6}\n", kind, count(runs_with_, kind),
                               count(faults_, kind));
        }
        return out;
    }
    [[nodiscard]] std::uint64_t seen(std::string_view kind) const {
        return count(faults_, std::string(kind));
    }

private:
    using Counts = std::map<std::string, std::uint64_t>;
    static std::uint64_t count(const Counts& counts, const std::string& kind) {
        const auto found = counts.find(kind);
        return found == counts.end() ? 0 : found->second;
    }

    std::uint64_t runs_ = 0;
    Counts runs_with_;
    Counts faults_;
};

constexpr auto kOfADag =
    std::to_array<std::string_view>({"S2", "S4", "S5", "S9", "S14", "S23", "L2", "L4", "R3"});
constexpr auto kOfCertifiedCuts = std::to_array<std::string_view>(
    {"S2", "S4", "S5", "S9", "S14", "S20", "S21", "S23", "L2", "L4", "L8", "R3"});
constexpr auto kOfPolls =
    std::to_array<std::string_view>({"S1", "S5", "S14", "S21", "S22", "S23", "S24", "L4"});
constexpr auto kOfVotes = std::to_array<std::string_view>({"S1", "S14", "S20", "S21", "L4"});
constexpr auto kOfOneOrderer = std::to_array<std::string_view>({"S1", "S14", "L4"});

// What a scenario is made to run, and the invariants that must have compared something under it
// over all seeds, whatever other engines compared.
struct EngineChoice {
    const char* name;
    sim::ConsensusKind engine;
    sim::CutFinality cut_finality;
    std::span<const std::string_view> must_compare;
};
constexpr EngineChoice kEngines[] = {
    {"sequencer", sim::ConsensusKind::kSequencer, sim::CutFinality::kNone, kOfOneOrderer},
    {"snowman", sim::ConsensusKind::kSnowman, sim::CutFinality::kNone, kOfPolls},
    {"bft", sim::ConsensusKind::kBft, sim::CutFinality::kNone, kOfVotes},
    {"hotstuff", sim::ConsensusKind::kHotstuff, sim::CutFinality::kNone, kOfVotes},
    {"avalanche", sim::ConsensusKind::kAvalanche, sim::CutFinality::kNone, kOfADag},
    {"certified_cuts", sim::ConsensusKind::kAvalanche, sim::CutFinality::kBft, kOfCertifiedCuts}};

sim::Scenario scenario_of(const sim::Scenario& swarm, const Size& size,
                          const EngineChoice& engine) {
    sim::Scenario out = swarm;
    out.chain.validators = size.validators;
    out.chain.consensus = engine.engine;
    out.chain.cut_finality = engine.cut_finality;
    return out;
}

// What these runs need not compare: no provider of theirs is silent for long (E4), offers evidence
// of trust (E15); the chain always has work (L5); and few are as long as the hundred blocks between
// two anchors (M2).
bool may_compare_nothing(std::string_view invariant) {
    // S27: few of the byzantine faults that are drawn forge blocks or vertices.
    constexpr std::array kUnseen{"E4", "E15", "L5", "M2", "S27"};
    return std::ranges::find(kUnseen, invariant) != kUnseen.end();
}

void run_seeds(const sim::Scenario& scenario, const char* engine, std::uint64_t seeds,
               FaultTable& table, InvariantCountsByEngine& comparisons) {
    const std::uint64_t first = number_from("AIVM_SWARM_FIRST", 1);
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        RunOptions options;
        options.seed = seed;
        sim::VectorSink rows;
        Tally tally(rows);
        const auto outcome = run_scenario(scenario, options, tally, {});
        ASSERT_TRUE(outcome) << outcome.error().text();
        const std::string where = fmt::format("{} validators, {}, seed {}",
                                              scenario.chain.validators, engine, options.seed);
        EXPECT_TRUE(outcome->clean()) << where;
        for (const sim::Violation& violation : outcome->violations)
            ADD_FAILURE() << where << ": " << violation.invariant << " " << violation.message;
        table.add(tally.faults());
        comparisons.add(engine, *outcome);
    }
}

TEST(SwarmSeeds, NothingIsViolatedAllWorkIsDoneAndEveryKindOfFaultIsSeen) {
    const auto loaded = load_scenario_file(scenario_path("swarm"));
    ASSERT_TRUE(loaded) << to_text(loaded.error());
    const std::uint64_t only = number_from("AIVM_SWARM_ONLY", 0);
    const char* const only_engine = std::getenv("AIVM_SWARM_ENGINE");
    FaultTable table;
    InvariantCountsByEngine comparisons;
    for (const Size& size : kSizes) {
        if (only != 0 ? only != size.validators : !is_long() && !size.in_short_test) continue;
        for (const EngineChoice& engine : kEngines) {
            if (only_engine != nullptr && std::string_view(only_engine) != engine.name) continue;
            run_seeds(scenario_of(loaded->scenario, size, engine), engine.name,
                      number_from("AIVM_SWARM_SEEDS", 8), table, comparisons);
        }
    }
    std::cout << table.text() << comparisons.text() << "\n";
    if (only_engine == nullptr) {
        for (const auto kind : words<sim::FaultKind>) EXPECT_GT(table.seen(kind), 0U) << kind;
    }
    if (only != 0) return;
    for (const EngineChoice& engine : kEngines) {
        if (only_engine != nullptr && std::string_view(only_engine) != engine.name) continue;
        for (const std::string_view id : engine.must_compare)
            EXPECT_GT(comparisons.of(engine.name, std::string(id)), 0U)
                << id << " under " << engine.name;
    }
    if (only_engine != nullptr) return;
    for (const auto& [id, count] : comparisons.sum().all())
        EXPECT_TRUE(count > 0 || may_compare_nothing(id)) << id;
}

// E8b compares once for each challenge of a wrong result that came into a block, and once for each
// block that went by without a waiting one.
//
// A reachable challenge under faults of all kinds: a provider that guesses, and honest challengers.
// What else the faults break is judged by the test above.
TEST(SwarmSeeds, AChallengeOfALieIsReachableWhateverFails) {
    const auto loaded = load_scenario_file(scenario_path("swarm"));
    ASSERT_TRUE(loaded) << to_text(loaded.error());
    const std::uint64_t seeds = number_from("AIVM_SWARM_SEEDS", 6);
    const std::uint64_t first = number_from("AIVM_SWARM_FIRST", 1);
    for (const EngineChoice& engine : std::span(kEngines).first(2)) {
        sim::Scenario scenario = scenario_of(loaded->scenario, kSizes[0], engine);
        scenario.workload.tasks = 30;
        InvariantCounts comparisons;
        std::uint64_t lies = 0;
        for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
            RunOptions options;
            options.seed = seed;
            const auto outcome = run_scenario(scenario, options);
            ASSERT_TRUE(outcome) << outcome.error().text();
            for (const sim::Violation& violation : outcome->violations) {
                EXPECT_NE(violation.invariant, "E8b")
                    << engine.name << ", seed " << seed << ": " << violation.message;
            }
            comparisons.add(*outcome);
            lies += static_cast<std::uint64_t>(
                std::get<std::int64_t>(outcome->metric("n_fraud_posted")));
        }
        const std::uint64_t compared = comparisons.of("E8b");
        fmt::print("E8b, {}: {} comparisons and {} lies in {} seeds\n", engine.name, compared, lies,
                   seeds);
        EXPECT_GT(lies, 0U) << engine.name;
        EXPECT_GT(compared, 0U) << engine.name;
    }
}

}  // namespace
}  // namespace aivm::scenarios::cli
