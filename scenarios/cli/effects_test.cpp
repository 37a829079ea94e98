// What the attacks of the catalogue bring over honest play. Each golden file states the effect of
// every owner that breaks the protocol, measured on the seeds from 1 on; here it is measured again
// on fresh seeds, and the test fails when the two differ by more than chance explains.
//
// The comparison is the two-sample t test with a pooled variance. kFamilyError is divided by the
// number of effects (Bonferroni). With AIVM_UPDATE_EXPECTED=1 the golden effects are replaced by
// new measurements. AIVM_EFFECT_SCALE=N takes N times as many fresh seeds and includes the
// scenarios that need seconds per run.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/cli/catalog.h"
#include "scenarios/cli/golden_file.h"
#include "scenarios/file/load.h"
#include "scenarios/run/run.h"
#include "scenarios/statistics/cheating_gain.h"

namespace aivm::scenarios::cli {
namespace {

// That any of the tests fails although nothing has changed.
constexpr double kFamilyError = 0.01;
constexpr double kEffectsMax = 100;  // each test checks it
constexpr double kConfidence = 0.95;
constexpr std::uint64_t kGoldenRuns = 16;
constexpr std::uint64_t kGoldenRunsOfHeavy = 4;
constexpr std::uint64_t kGoldenRunsOfDag = 128;  // its delays are small beside chance
constexpr std::uint64_t kFreshRuns = 4;
constexpr std::uint64_t kFirstFreshSeed = 1001;
constexpr double kNluxPerLux = 1e9;

std::uint64_t scale() {
    const char* given = std::getenv("AIVM_EFFECT_SCALE");
    return given == nullptr ? 0 : std::strtoull(given, nullptr, 10);
}
bool updates() { return std::getenv("AIVM_UPDATE_EXPECTED") != nullptr; }

sim::Scenario scenario_of(const std::string& name) {
    const auto loaded = load_scenario_file(scenario_path(name));
    if (!loaded) throw std::runtime_error(to_text(loaded.error()));
    return loaded->scenario;
}

bool breaks_the_protocol(const std::string& name) {
    const StrategyTable table;
    return !std::ranges::all_of(scenario_of(name).actors, [&](const sim::ActorGroup& group) {
        return table.is_honest(group);
    });
}

// Seconds per run instead of milliseconds.
bool is_slow(const sim::Scenario& scenario) {
    return scenario.run.fidelity == sim::Fidelity::kFull || scenario.name == "queue_flooder";
}

// So many seconds that only few runs are affordable.
bool is_heavy(const sim::Scenario& scenario) {
    return scenario.name == "queue_flooder" || scenario.name == "orphaning_majority" ||
           scenario.name == "censorship";
}

std::uint64_t golden_runs(const sim::Scenario& scenario) {
    if (is_heavy(scenario)) return kGoldenRunsOfHeavy;
    const bool is_dag = scenario.chain.consensus == sim::ConsensusKind::kAvalanche;
    return is_dag ? kGoldenRunsOfDag : kGoldenRuns;
}

std::vector<std::string> names_of_attacks() {
    std::vector<std::string> names = catalog_names();
    std::erase_if(names, [](const std::string& name) {
        return !breaks_the_protocol(name) || (scale() == 0 && is_slow(scenario_of(name)));
    });
    return names;
}

// By how much everybody's vertices are settled later than where this owner is honest; no values on
// a chain.
Moments delays_of(const std::vector<std::vector<sim::CounterfactualRow>>& runs,
                  const std::string& owner) {
    Moments out;
    for (const auto& rows : runs) {
        for (const sim::CounterfactualRow& row : rows) {
            if (row.label == owner && row.tts_mean_s && row.honest_tts_mean_s)
                out.add(*row.tts_mean_s - *row.honest_tts_mean_s);
        }
    }
    return out;
}

std::string verdict_on_delay(const Moments& delays) {
    const Interval interval = t_interval(delays, kConfidence);
    if (interval.low > 0) return "longer";
    return interval.high < 0 ? "shorter" : "cannot be told";
}

std::vector<Effect> measure(const sim::Scenario& scenario, std::uint64_t first_seed,
                            std::uint64_t runs) {
    std::vector<std::vector<sim::CounterfactualRow>> rows;
    for (std::uint64_t i = 0; i < runs; ++i) {
        RunOptions options;
        options.seed = first_seed + i;
        options.counterfactual = true;
        const auto outcome = run_scenario(scenario, options);
        if (!outcome) throw std::runtime_error(outcome.error().text());
        rows.push_back(outcome->counterfactuals);
    }
    std::vector<Effect> effects;
    for (const CheatingGain& gain : gains_over(rows, kConfidence)) {
        effects.push_back({gain.label, std::string(word(gain.pays)),
                           gain.gains.mean() / kNluxPerLux,
                           std::sqrt(gain.gains.variance()) / kNluxPerLux, gain.gains.n()});
        const Moments delays = delays_of(rows, gain.label);
        if (delays.n() == 0) continue;
        effects.push_back({gain.label, verdict_on_delay(delays), delays.mean(),
                           std::sqrt(delays.variance()), delays.n(), "s to settle"});
    }
    return effects;
}

// Whether the means of two samples differ by more than chance explains. Where neither varies they
// must be equal, to the digits of a golden file.
bool differ(const Effect& a, const Effect& b) {
    const auto summary = [](const Effect& effect) {
        return SampleSummary{static_cast<double>(effect.runs), effect.mean, effect.sd * effect.sd};
    };
    constexpr double kOfOne = 1 - kFamilyError / kEffectsMax;
    return std::abs(a.mean - b.mean) > 1e-3 + chance_difference(summary(a), summary(b), kOfOne);
}

class EffectOf : public testing::TestWithParam<std::string> {};

TEST_P(EffectOf, IsThatOfItsExpectedFile) {
    const sim::Scenario scenario = scenario_of(GetParam());
    if (updates()) {
        GoldenFile golden = read_golden(GetParam());
        golden.effects = measure(scenario, 1, golden_runs(scenario));
        write_golden(GetParam(), golden);
    }
    const GoldenFile golden = read_golden(GetParam());
    ASSERT_FALSE(golden.effects.empty()) << "measure it: AIVM_UPDATE_EXPECTED=1";
    const std::uint64_t runs =
        is_heavy(scenario) ? kGoldenRunsOfHeavy : kFreshRuns * std::max(scale(), 1UL);
    const std::vector<Effect> fresh = measure(scenario, kFirstFreshSeed, runs);
    ASSERT_EQ(fresh.size(), golden.effects.size());
    for (std::size_t i = 0; i < fresh.size(); ++i) {
        EXPECT_EQ(fresh[i].owner, golden.effects[i].owner);
        EXPECT_EQ(fresh[i].unit, golden.effects[i].unit);
        EXPECT_FALSE(differ(fresh[i], golden.effects[i]))
            << effect_line(golden.effects[i]) << "\nand on fresh seeds\n"
            << effect_line(fresh[i]);
    }
}

INSTANTIATE_TEST_SUITE_P(Catalog, EffectOf, testing::ValuesIn(names_of_attacks()),
                         [](const auto& run) { return run.param; });

TEST(Effects, ThereAreNotMoreThanTheErrorIsSharedAmong) {
    std::size_t effects = 0;
    for (const std::string& name : names_of_attacks()) effects += read_golden(name).effects.size();
    EXPECT_LE(effects, static_cast<std::size_t>(kEffectsMax));
}

TEST(Effects, ADifferenceBeyondChanceIsSeen) {
    const Effect golden{"liar", "yes", 200, 20, 16};
    EXPECT_FALSE(differ(golden, {"liar", "yes", 215, 20, 4}));
    EXPECT_TRUE(differ(golden, {"liar", "yes", 290, 20, 4}));
    EXPECT_TRUE(differ({"liar", "no", -10, 0, 16}, {"liar", "no", -11, 0, 4}));
    EXPECT_FALSE(differ({"liar", "no", -10, 0, 16}, {"liar", "no", -10, 0, 4}));
}

TEST(Effects, ALineIsReadAsItWasWritten) {
    EXPECT_EQ(effect_line({"the ring", "cannot be told", -3.25, 10.5, 16}),
              "effect the ring: cannot be told, -3.2500 LUX a run over honest play, sd 10.5000, 16 "
              "runs");
    EXPECT_EQ(effect_line({"floods", "longer", 0.25, 0.5, 16, "s to settle"}),
              "effect floods: longer, 0.2500 s to settle a run over honest play, sd 0.5000, 16 "
              "runs");
}

}  // namespace
}  // namespace aivm::scenarios::cli
