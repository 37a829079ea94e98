// What the attacks of the catalogue bring over honest play. Each golden file states the effect of
// every owner that breaks the protocol, measured on the seeds from 1 on; here it is measured again
// on fresh seeds, and the test fails when
// - the two differ by more than chance explains (two-sample t test with a pooled variance, with
//   kFamilyError over all effects by Bonferroni),
// - all runs together, or the fresh ones alone, contradict the stored verdict, or
// - the fresh runs do not show the sign of the stored verdict, where enough of them are run for
//   that: in the economic fidelity as many as it takes, up to kFreshRunsMost.
// With AIVM_UPDATE_EXPECTED=1 the golden effects are replaced by new measurements.
// AIVM_EFFECT_SCALE=N takes N times as many fresh seeds and includes the scenarios that need
// seconds per run.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/cli/catalog.h"
#include "scenarios/cli/golden_file.h"
#include "scenarios/file/load.h"
#include "scenarios/run/counterfactual.h"
#include "scenarios/run/run.h"
#include "scenarios/run/setting.h"
#include "scenarios/statistics/cheating_gain.h"

namespace aivm::scenarios::cli {
namespace {

// That any of the tests fails although nothing has changed.
constexpr double kFamilyError = 0.01;
constexpr double kConfidence = 0.95;
// That the verdict on one effect fails although nothing has changed.
constexpr double kVerdictError = 1e-3;
// The chance that the test of a stored "yes" or "no" passes although the true effect is zero. It
// is kept where few enough runs can keep it.
constexpr double kZeroPasses = 0.01;
constexpr std::uint64_t kGoldenRuns = 16;
constexpr std::uint64_t kGoldenRunsOfHeavy = 4;
constexpr std::uint64_t kGoldenRunsOfNoisy = 256;
constexpr std::uint64_t kGoldenRunsOfDag = 128;  // its delays are small beside chance
constexpr std::uint64_t kFreshRuns = 4;
constexpr std::uint64_t kFreshRunsMost = 128;  // at most about two seconds
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

// So uncertain after a few runs that no number of fresh ones would tell their effects from zero.
bool is_noisy(const sim::Scenario& scenario) {
    static constexpr std::array kNoisy{
        "model_downgrade",        "noise_gamer",    "noisy_devices",  "p_plus_epsilon",
        "p_plus_epsilon_audited", "stale_attester", "threshold_check"};
    return std::ranges::find(kNoisy, scenario.name) != kNoisy.end();
}

// Attacks that are there to delay, on a chain: everybody's finality is compared, too.
bool delays_finality(const sim::Scenario& scenario) {
    static constexpr std::array kDelaying{"clock_waiter", "delay_attacker", "restart_griefer"};
    return std::ranges::find(kDelaying, scenario.name) != kDelaying.end();
}

// What an attack on a DAG is about is compared with what other validators of its owner would do: a
// proof's time with honest ones (an owner that is honest in all its roles leaves nothing to prove),
// and what an attack adds to a simpler one with those that play the simpler one.
struct Rival {
    std::string_view scenario;
    std::string_view metric;
    const char* unit;
    const char* strategy;  // of the owner's validators in the other run
    const char* over;      // that, in the line of the effect
};
constexpr std::array kRivals{
    Rival{"job_key_griefer", "ttp_mean", "s to prove", "honest", "honest validators"},
    Rival{"job_key_griefer_operation", "ttp_mean", "s to prove", "honest", "honest validators"},
    Rival{"balance_attacker", "ttd_mean", "s to decide", "vertex_equivocator",
          "vertex_equivocator"},
    Rival{"orphan_maker", "n_vertices_orphaned", "orphans", "conflict_flooder",
          "conflict_flooder"}};

const Rival* rival_of(const sim::Scenario& scenario) {
    const auto found = std::ranges::find(kRivals, scenario.name, &Rival::scenario);
    return found == kRivals.end() ? nullptr : &*found;
}

std::uint64_t golden_runs(const sim::Scenario& scenario) {
    if (is_heavy(scenario)) return kGoldenRunsOfHeavy;
    if (is_noisy(scenario)) return kGoldenRunsOfNoisy;
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

// --- Measuring ---

double ttf_of(const sim::Outcome& outcome) { return std::get<double>(outcome.metric("ttf_mean")); }

// A count or a mean; NaN without data.
double value_of(const sim::Outcome& outcome, std::string_view metric) {
    return std::visit([](auto value) { return static_cast<double>(value); },
                      outcome.metric(metric));
}

// By owner: by how much everybody's tasks are final later than where this owner is honest.
std::map<std::string, double> delays_to_finality(const sim::Scenario& scenario,
                                                 const RunOptions& played,
                                                 const sim::Outcome& outcome) {
    RunOptions options = played;
    options.counterfactual = false;
    std::map<std::string, double> out;
    for (const sim::Owner& owner : owners_of(make_setting(scenario).value())) {
        if (owner.honest) continue;
        const auto honest = run_scenario(with_honest(scenario, owner), options);
        if (!honest) throw std::runtime_error(honest.error().text());
        out[owner.label] = ttf_of(outcome) - ttf_of(*honest);
    }
    return out;
}

// The scenario in which this owner's validators have another strategy, and nobody else changes.
sim::Scenario with_validators(sim::Scenario scenario, const sim::Owner& owner,
                              const char* strategy) {
    for (sim::ActorGroup& group : scenario.actors) {
        if (group.role != sim::Role::kValidator || sim::owner_label(group) != owner.label) continue;
        group.strategy = strategy;
        group.parameters.clear();
    }
    return scenario;
}

// By owner: by how much the metric is greater than with the rival's validators.
std::map<std::string, double> beside_rival(const sim::Scenario& scenario, const Rival& rival,
                                           const RunOptions& played, const sim::Outcome& outcome) {
    RunOptions options = played;
    options.counterfactual = false;
    std::map<std::string, double> out;
    for (const sim::Owner& owner : owners_of(make_setting(scenario).value())) {
        if (owner.honest) continue;
        const auto other = run_scenario(with_validators(scenario, owner, rival.strategy), options);
        if (!other) throw std::runtime_error(other.error().text());
        const double more = value_of(outcome, rival.metric) - value_of(*other, rival.metric);
        if (std::isfinite(more)) out[owner.label] = more;  // both runs had something to measure
    }
    return out;
}

struct Measured {
    std::vector<std::vector<sim::CounterfactualRow>> rows;  // by run
    std::map<std::string, Moments> to_finality;             // by owner; empty: not compared
    std::map<std::string, Moments> beside_rival;            // the same
};

// By how much everybody's vertices are settled later than where this owner is honest; no values on
// a chain.
Moments delays_to_settlement(const Measured& runs, const std::string& owner) {
    Moments out;
    for (const auto& rows : runs.rows) {
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
    if (interval.high < 0) return "shorter";
    const bool none = interval.low == 0 && interval.high == 0;  // in every run
    return none ? "no" : "cannot be told";
}

Effect effect_on_time(const std::string& owner, const Moments& delays, const char* unit) {
    return {owner,         verdict_on_delay(delays),
            delays.mean(), std::sqrt(delays.variance()),
            delays.n(),    unit};
}

Effect effect_beside(const std::string& owner, const Moments& more, const Rival& rival) {
    Effect out = effect_on_time(owner, more, rival.unit);
    out.over = rival.over;
    if (std::string_view(rival.unit).starts_with("s ")) return out;
    if (out.verdict == "longer") out.verdict = "more";
    if (out.verdict == "shorter") out.verdict = "fewer";
    return out;
}

std::vector<Effect> measure(const sim::Scenario& scenario, std::uint64_t first_seed,
                            std::uint64_t runs) {
    const Rival* const rival = rival_of(scenario);
    Measured measured;
    for (std::uint64_t i = 0; i < runs; ++i) {
        RunOptions options;
        options.seed = first_seed + i;
        options.counterfactual = true;
        const auto outcome = run_scenario(scenario, options);
        if (!outcome) throw std::runtime_error(outcome.error().text());
        for (const sim::Violation& violation : outcome->violations)
            EXPECT_TRUE(violation.expected || may_fork(scenario.name))
                << scenario.name << " seed " << options.seed << ": " << violation.invariant << " "
                << violation.message;
        measured.rows.push_back(outcome->counterfactuals);
        if (delays_finality(scenario)) {
            for (const auto& [owner, delay] : delays_to_finality(scenario, options, *outcome))
                measured.to_finality[owner].add(delay);
        }
        if (rival == nullptr) continue;
        for (const auto& [owner, more] : beside_rival(scenario, *rival, options, *outcome))
            measured.beside_rival[owner].add(more);
    }
    std::vector<Effect> effects;
    for (const CheatingGain& gain : gains_over(measured.rows, kConfidence)) {
        effects.push_back({gain.label, std::string(word(gain.pays)),
                           gain.gains.mean() / kNluxPerLux,
                           std::sqrt(gain.gains.variance()) / kNluxPerLux, gain.gains.n()});
        const Moments settled = delays_to_settlement(measured, gain.label);
        if (settled.n() > 0) effects.push_back(effect_on_time(gain.label, settled, "s to settle"));
        const auto final = measured.to_finality.find(gain.label);
        if (final != measured.to_finality.end())
            effects.push_back(effect_on_time(gain.label, final->second, "s to finality"));
        const auto beside = measured.beside_rival.find(gain.label);
        if (beside != measured.beside_rival.end())
            effects.push_back(effect_beside(gain.label, beside->second, *rival));
    }
    return effects;
}

// --- Comparing ---

SampleSummary summary(const Effect& effect) {
    return {static_cast<double>(effect.runs), effect.mean, effect.sd * effect.sd};
}

// Of how many effects the golden files speak.
std::size_t effects_in_all() {
    static const std::size_t count = [] {
        std::size_t sum = 0;
        for (const std::string& name : catalog_names()) sum += read_golden(name).effects.size();
        return sum;
    }();
    return count;
}

// Whether the means of two samples differ by more than chance explains. Where neither varies they
// must be equal, to the digits of a golden file.
bool differ(const Effect& a, const Effect& b) {
    const double confidence = 1 - kFamilyError / static_cast<double>(effects_in_all());
    return std::abs(a.mean - b.mean) > 1e-3 + chance_difference(summary(a), summary(b), confidence);
}

// The sign that a verdict claims; 0 for none.
int sign_of(const Effect& effect) {
    if (effect.verdict == "cannot be told" || effect.mean == 0) return 0;
    static constexpr std::array<std::string_view, 3> kAbove{"yes", "longer", "more"};
    return std::ranges::find(kAbove, effect.verdict) != kAbove.end() ? 1 : -1;
}

// All values of both samples.
SampleSummary joined(const SampleSummary& a, const SampleSummary& b) {
    const double n = a.n + b.n;
    const double apart = b.mean - a.mean;
    const double squares =
        (a.n - 1) * a.variance + (b.n - 1) * b.variance + apart * apart * a.n * b.n / n;
    return {n, (a.n * a.mean + b.n * b.mean) / n, squares / (n - 1)};
}

// Whether new runs refute the stored verdict: the interval of the new runs alone, or of old and new
// runs together, lies wholly on the other side of zero. "Cannot be told" is refuted when the
// interval of old and new runs together leaves out zero, on either side.
bool contradicts(const Effect& stored, const Effect& fresh) {
    const auto sign = [](const SampleSummary& sample) {
        const Interval interval = t_interval(sample, 1 - kVerdictError);
        return interval.low > 0 ? 1 : interval.high < 0 ? -1 : 0;
    };
    const int together = sign(joined(summary(stored), summary(fresh)));
    const int alone = sign(summary(fresh));
    if (stored.verdict == "cannot be told") return together != 0;
    if (sign_of(stored) == 0) return together > 0 || alone > 0;  // "no": zero in every run
    return together * sign_of(stored) < 0 || alone * sign_of(stored) < 0;
}

// Student's quantile of this many runs with one variance in two samples.
double quantile(double error, double runs) { return student_t_quantile(1 - error, runs - 2); }

// How far from zero the mean of the fresh runs must lie to show a sign.
double reach_of_zero(const Effect& stored, const Effect& fresh) {
    const SampleSummary a = summary(stored);
    const SampleSummary b = summary(fresh);
    const double pooled = ((a.n - 1) * a.variance + (b.n - 1) * b.variance) / (a.n + b.n - 2);
    return quantile(kZeroPasses, a.n + b.n) * std::sqrt(pooled / b.n);
}

// Whether the fresh runs show the sign of the stored verdict.
bool shows_the_sign(const Effect& stored, const Effect& fresh) {
    return sign_of(stored) * fresh.mean > reach_of_zero(stored, fresh);
}

// The fewest fresh runs, from `least` on, that show the sign of the stored verdict: half of
// kVerdictError is for stored runs that were that far from the true mean, and half for the fresh
// ones. Nothing for an effect without a sign, and where `most` are not enough.
std::optional<std::uint64_t> runs_to_show_the_sign(const Effect& stored, std::uint64_t least,
                                                   std::uint64_t most) {
    if (sign_of(stored) == 0) return std::nullopt;
    const auto golden = static_cast<double>(stored.runs);
    const double nearest =
        std::abs(stored.mean) -
        student_t_quantile(1 - kVerdictError / 2, golden - 1) * stored.sd / std::sqrt(golden);
    for (std::uint64_t runs = least; runs <= most; ++runs) {
        const auto fresh = static_cast<double>(runs);
        const double reach =
            quantile(kZeroPasses, golden + fresh) + quantile(kVerdictError / 2, golden + fresh);
        if (nearest > reach * stored.sd / std::sqrt(fresh)) return runs;
    }
    return std::nullopt;
}

struct FreshRuns {
    std::uint64_t least = 0;
    std::uint64_t most = 0;
};

FreshRuns fresh_runs(const sim::Scenario& scenario) {
    const std::uint64_t times = std::max(scale(), 1UL);
    if (is_heavy(scenario)) return {kGoldenRunsOfHeavy, kGoldenRunsOfHeavy};
    if (is_slow(scenario)) return {kFreshRuns * times, kFreshRuns * times};
    return {kFreshRuns * times, kFreshRunsMost * times};
}

// The fewest runs that show the sign of every stored effect; those that would need more than
// range.most are left out.
std::uint64_t runs_for(const FreshRuns& range, const std::vector<Effect>& stored) {
    std::uint64_t runs = range.least;
    for (const Effect& one : stored)
        runs = std::max(runs, runs_to_show_the_sign(one, range.least, range.most).value_or(0));
    return runs;
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
    const FreshRuns range = fresh_runs(scenario);
    const std::uint64_t runs = runs_for(range, golden.effects);
    const std::vector<Effect> fresh = measure(scenario, kFirstFreshSeed, runs);
    ASSERT_EQ(fresh.size(), golden.effects.size());
    for (std::size_t i = 0; i < fresh.size(); ++i) {
        const Effect& stored = golden.effects[i];
        SCOPED_TRACE(effect_line(stored) + "\nand on fresh seeds\n" + effect_line(fresh[i]));
        EXPECT_EQ(fresh[i].owner, stored.owner);
        EXPECT_EQ(fresh[i].unit, stored.unit);
        EXPECT_EQ(fresh[i].over, stored.over);
        EXPECT_FALSE(differ(fresh[i], stored));
        EXPECT_FALSE(contradicts(stored, fresh[i]));
        if (runs_to_show_the_sign(stored, range.least, range.most)) {
            EXPECT_TRUE(shows_the_sign(stored, fresh[i]));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Catalog, EffectOf, testing::ValuesIn(names_of_attacks()),
                         [](const auto& run) { return run.param; });

// Where a run takes milliseconds, no effect with a sign passes for zero.
TEST(Effects, EverySignThatIsCheapToShowIsShown) {
    std::size_t shown = 0;
    for (const std::string& name : catalog_names()) {
        const sim::Scenario scenario = scenario_of(name);
        if (is_slow(scenario)) continue;
        const FreshRuns range = fresh_runs(scenario);
        for (const Effect& stored : read_golden(name).effects) {
            if (sign_of(stored) == 0) continue;
            EXPECT_TRUE(runs_to_show_the_sign(stored, range.least, range.most))
                << name << ": " << effect_line(stored) << ": is it one of kNoisy?";
            ++shown;
        }
    }
    EXPECT_GT(shown, 50U) << "they are no longer found";
}

TEST(Effects, AVerdictThatFreshRunsContradictIsSeen) {
    const Effect yes{"liar", "yes", 10, 10, 16};
    EXPECT_FALSE(contradicts(yes, {"liar", "", -10, 10, 4}));
    EXPECT_TRUE(contradicts(yes, {"liar", "", -10, 10, 40})) << "the fresh ones alone";
    EXPECT_TRUE(contradicts({"liar", "no", -0.1, 10, 16}, {"liar", "", 10, 10, 64}));
    const Effect untold{"liar", "cannot be told", 3, 10, 16};
    EXPECT_FALSE(contradicts(untold, {"liar", "", 3, 10, 16}));
    EXPECT_TRUE(contradicts(untold, {"liar", "", 5, 10, 200})) << "now it can";
    const Effect nothing{"liar", "no", 0, 0, 16};
    EXPECT_FALSE(contradicts(nothing, {"liar", "", 0, 0, 4}));
    EXPECT_TRUE(contradicts(nothing, {"liar", "", 1, 0.01, 4}));
}

TEST(Effects, AnEffectOfZeroDoesNotPassForOneWithASign) {
    const Effect yes{"liar", "yes", 20, 10, 16};
    const auto runs = runs_to_show_the_sign(yes, kFreshRuns, kFreshRunsMost);
    ASSERT_TRUE(runs);
    EXPECT_FALSE(shows_the_sign(yes, {"liar", "", 0, 10, *runs}));
    EXPECT_FALSE(shows_the_sign(yes, {"liar", "", 0, 0, *runs}));
    EXPECT_TRUE(shows_the_sign(yes, {"liar", "", 20, 10, *runs}));
    EXPECT_GT(runs_to_show_the_sign({"liar", "yes", 17, 10, 16}, kFreshRuns, kFreshRunsMost), runs)
        << "a smaller effect needs more runs";
    EXPECT_EQ(runs_to_show_the_sign({"liar", "yes", 6, 10, 16}, kFreshRuns, kFreshRunsMost),
              std::nullopt)
        << "the stored runs allow for zero themselves";
    EXPECT_EQ(runs_to_show_the_sign({"liar", "no", 0, 0, 16}, kFreshRuns, kFreshRunsMost),
              std::nullopt);
}

TEST(Effects, SamplesAreJoinedAsIfTheyWereOne) {
    Moments first;
    Moments second;
    Moments all;
    for (const double value : {1.0, 4.0, 2.0}) first.add(value);
    for (const double value : {7.0, 5.0}) second.add(value);
    for (const double value : {1.0, 4.0, 2.0, 7.0, 5.0}) all.add(value);
    const SampleSummary both =
        joined({3, first.mean(), first.variance()}, {2, second.mean(), second.variance()});
    EXPECT_EQ(both.n, 5);
    EXPECT_NEAR(both.mean, all.mean(), 1e-12);
    EXPECT_NEAR(both.variance, all.variance(), 1e-12);
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
    EXPECT_THROW(parse_effect("effect floods: longer, 0.25 m to settle"), std::runtime_error);
    for (const Effect& one :
         {Effect{"the ring", "cannot be told", -3.25, 10.5, 16},
          Effect{"floods", "longer", 0.25, 0.5, 16, "s to settle"},
          Effect{"waiter", "shorter", -2, 0.5, 16, "s to finality"},
          Effect{"griefer", "longer", 3, 0.5, 16, "s to prove", "honest validators"},
          Effect{"maker", "more", 3, 0.5, 16, "orphans", "conflict_flooder"}})
        EXPECT_EQ(effect_line(parse_effect(effect_line(one))), effect_line(one));
}

}  // namespace
}  // namespace aivm::scenarios::cli
