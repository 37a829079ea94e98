// The invariants over the catalogue, in both fidelities and at other seeds than the golden runs':
// none is violated that the scenario does not name, and each compares something. By default a few
// short scenarios at two seeds, and one with pauses in which the chain has nothing to do.
// AIVM_CATALOG_SEEDS=50 takes all of them at 50 seeds in the economic fidelity and at a tenth of
// that in the full one, AIVM_CATALOG_ONLY=NAME only one scenario.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>

#include "scenarios/cli/catalog.h"
#include "scenarios/cli/golden_file.h"
#include "scenarios/cli/invariant_counts.h"
#include "scenarios/file/load.h"
#include "scenarios/run/run.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::uint64_t kFirstSeed = 2;  // the golden runs have seed 1

std::vector<std::string> chosen_scenarios() {
    if (const char* only = std::getenv("AIVM_CATALOG_ONLY")) return {only};
    if (std::getenv("AIVM_CATALOG_SEEDS") != nullptr) return catalog_names();
    return {"avalanche",        "bft",           "bisection", "crash_restart",    "cut_finality",
            "hotstuff",         "lazy_provider", "partition", "redundant_quorum", "silent_selected",
            "shield64_limited", "tee_fast"};
}

std::uint64_t seeds_per_scenario(sim::Fidelity fidelity) {
    const char* text = std::getenv("AIVM_CATALOG_SEEDS");
    if (text == nullptr) return 2;
    const std::uint64_t count = std::strtoull(text, nullptr, 10);
    return fidelity == sim::Fidelity::kFull ? (count + 9) / 10 : count;
}

// What cannot be compared: the economic fidelity has one chain, without replicas, bytes, polls,
// receipt roots and slices, and no forged blocks.
bool compares_nothing(sim::Fidelity fidelity, std::string_view invariant) {
    constexpr std::array kOfReplicas{"S1",  "S3",  "S4",  "S5",  "S6",  "S7",  "S8",  "S9",
                                     "S10", "S11", "S12", "S13", "S14", "S15", "S16", "S17",
                                     "S18", "S20", "S21", "S22", "S23", "S24", "S26", "S27",
                                     "L2",  "L3",  "L5",  "L6",  "L8",  "M1",  "R3"};
    return fidelity == sim::Fidelity::kEconomic &&
           std::ranges::find(kOfReplicas, invariant) != kOfReplicas.end();
}

class Campaign {
public:
    void run(const std::string& name, sim::Fidelity fidelity) {
        const auto loaded = load_scenario_file(scenario_path(name));
        ASSERT_TRUE(loaded) << to_text(loaded.error());
        sim::Scenario scenario = loaded->scenario;
        scenario.run.fidelity = fidelity;
        for (std::uint64_t i = 0; i < seeds_per_scenario(fidelity); ++i) {
            RunOptions options;
            options.seed = kFirstSeed + i;
            const auto outcome = run_scenario(scenario, options);
            if (!outcome) return;  // it has parts that this fidelity does not
            ++runs;
            add(*outcome, fmt::format("{} {} seed {}", name, word(fidelity), options.seed));
        }
    }
    // Tasks so far apart that the chain is idle in between.
    void run_with_pauses() {
        const auto loaded = load_scenario_file(scenario_path("quickstart"));
        ASSERT_TRUE(loaded) << to_text(loaded.error());
        sim::Scenario scenario = loaded->scenario;
        scenario.run.fidelity = sim::Fidelity::kFull;
        scenario.run.max_time_ns = 24 * 3600 * std::uint64_t{1'000'000'000};
        scenario.workload.tasks = 8;
        scenario.workload.arrivals = sim::ArrivalLaw::kPoisson;
        scenario.workload.mean_gap_ns = 1800 * std::uint64_t{1'000'000'000};
        const auto outcome = run_scenario(scenario, {});
        ASSERT_TRUE(outcome) << outcome.error().text();
        ++runs;
        add(*outcome, "with pauses");
    }
    // Validators that send changed blocks beside their own.
    void run_with_forgeries() {
        const auto loaded = load_scenario_file(scenario_path("equivocator"));
        ASSERT_TRUE(loaded) << to_text(loaded.error());
        sim::Scenario scenario = loaded->scenario;
        for (sim::ActorGroup& group : scenario.actors) {
            if (group.strategy != "equivocator") continue;
            group.strategy = "block_forger";
            group.count = 2;  // of one alone it may never be the turn in so few blocks
        }
        const auto outcome = run_scenario(scenario, {});
        ASSERT_TRUE(outcome) << outcome.error().text();
        ++runs;
        add(*outcome, "with forgeries");
    }
    [[nodiscard]] std::string text() const {
        return fmt::format("{} runs, {}", runs, comparisons.text());
    }

    std::uint64_t runs = 0;
    InvariantCounts comparisons;

private:
    void add(const sim::Outcome& outcome, const std::string& what) {
        comparisons.add(outcome);
        for (const sim::Violation& violation : outcome.violations) {
            EXPECT_TRUE(violation.expected || may_fork(outcome.scenario))
                << what << ": " << violation.invariant << " " << violation.message;
        }
    }
};

TEST(CatalogSeeds, NoInvariantIsViolatedAndEachComparesSomethingInBothFidelities) {
    for (const sim::Fidelity fidelity : {sim::Fidelity::kEconomic, sim::Fidelity::kFull}) {
        Campaign campaign;
        for (const std::string& name : chosen_scenarios()) campaign.run(name, fidelity);
        if (fidelity == sim::Fidelity::kFull && std::getenv("AIVM_CATALOG_ONLY") == nullptr) {
            campaign.run_with_pauses();
            campaign.run_with_forgeries();
        }
        std::cout << word(fidelity) << ": " << campaign.text() << "\n";
        if (std::getenv("AIVM_CATALOG_ONLY") != nullptr) continue;
        for (const auto& [id, count] : campaign.comparisons.all()) {
            EXPECT_EQ(count == 0, compares_nothing(fidelity, id)) << id << " " << word(fidelity);
        }
    }
}

// Each failed once, and was found by chance among many.
TEST(CatalogSeeds, SeedsThatFailedOncePass) {
    struct Found {
        const char* scenario;
        std::uint64_t seed;
        const char* what;
        std::uint32_t validators = 0;  // 0: those of the scenario
        std::uint32_t tasks = 0;
    };
    for (const Found& each :
         {Found{"orphan_maker", 97,
                "L1: polls waited for vertices that stand on one which cannot be verified yet"},
          Found{"balance_attacker", 107,
                "L1: of two pairs of rivals, those were preferred that stand on the others"},
          Found{"swarm", 16499041611189565012U,
                "E8b: a challenge waited for the decision of the block that carried the one before",
                7, 30}}) {
        auto loaded = load_scenario_file(scenario_path(each.scenario));
        ASSERT_TRUE(loaded) << to_text(loaded.error());
        if (each.validators != 0) loaded->scenario.chain.validators = each.validators;
        if (each.tasks != 0) loaded->scenario.workload.tasks = each.tasks;
        RunOptions options;
        options.seed = each.seed;
        const auto outcome = run_scenario(loaded->scenario, options);
        ASSERT_TRUE(outcome) << outcome.error().text();
        EXPECT_TRUE(outcome->clean())
            << each.scenario << " seed " << each.seed << ": " << each.what;
    }
}

}  // namespace
}  // namespace aivm::scenarios::cli
