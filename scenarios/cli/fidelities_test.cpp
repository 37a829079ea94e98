// Both fidelities on every adversarial scenario of the catalogue that both can run: wrong answers,
// slashes by cause, violations, and what every group gains or loses.
//
// The fidelities draw other proposers and beacons, so runs of one seed are two samples, not twins.
// Under the hypothesis that both follow the same rules the samples have one distribution, and each
// figure is compared by the two-sample t test with a pooled variance, at kFamilyError over all
// comparisons (Bonferroni). A figure that never varies must be equal. The signs of payoffs are
// compared beside that, at a level of their own (kSignConfidence).
//
// With few seeds only large differences are seen. So there are as many as it takes to see a payoff
// that has the other sign in the full fidelity, up to kFullMost; what stays unseen is in kUnseen.
// AIVM_FIDELITY_SCALE multiplies the numbers of seeds.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "scenarios/adversaries/check_strategies.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/cli/catalog.h"
#include "scenarios/cli/payoffs.h"
#include "scenarios/file/load.h"
#include "scenarios/run/run.h"
#include "scenarios/run/setting.h"
#include "scenarios/statistics/intervals.h"
#include "sim/scenario/check_scenario.h"

namespace aivm::scenarios::cli {
namespace {

using sim::Fidelity;
using ::testing::HasSubstr;

// That any of the tests fails although the fidelities agree.
constexpr double kFamilyError = 0.01;
constexpr double kComparisonsMax = 1000;  // each test checks it
constexpr double kConfidence = 1 - kFamilyError / kComparisonsMax;
// That an interval of one sample has a payoff's sign. Two samples of one distribution have opposite
// ones with a chance below 3e-5, whatever the mean: below 0.01 over all payoffs.
constexpr double kSignConfidence = 0.999;
// A payoff has a sign if the interval of its economic runs at this level excludes zero.
constexpr double kToldConfidence = 0.95;

// Seeds of a scenario in each fidelity, first and at most.
constexpr std::uint64_t kFullFirst = 4;
constexpr std::uint64_t kFullMost = 16;
constexpr std::uint64_t kEconomicFirst = 12;
constexpr std::uint64_t kEconomicMost = 96;

struct OneFidelity {
    std::string_view name;
    std::string_view reason;  // part of what the other fidelity says
};
// Scenarios that only one fidelity, mostly the full one, can run.
constexpr OneFidelity kOneFidelity[] = {
    {"balance_attacker", "only on a DAG"},
    {"conflict_flooder", "only on a DAG"},
    {"cut_withholder", "only on a DAG"},
    {"eclipse", "only where validators vote"},
    {"equivocator", "only where validators decide together"},
    {"frontier_liar", "only where validators vote"},
    {"job_key_griefer", "only on a DAG"},
    {"job_key_griefer_operation", "only on a DAG"},
    {"late_answers", "only where validators are machines"},
    {"late_vertex", "only on a DAG"},
    {"malformed_bytes", "only where validators are machines"},
    {"minority_keeper", "only where validators decide together"},
    {"nothing_at_stake", "only where validators decide together"},
    {"orphan_maker", "only on a DAG"},
    {"orphaning_majority", "only where validators vote"},
    {"orphaning_response", "which snowman decides itself"},  // the economic one alone
    {"parasite_chain", "only on a DAG"},
    {"quickstart", "there is no network and no disk to break"},
    {"silent_validator", "only where validators decide together"},
    {"snow_breach", "only where validators"},
    {"swarm", "there is no network and no disk to break"},
    {"twin", "only where validators vote"},
    {"vertex_equivocator", "only on a DAG"},
    {"vote_equivocator", "only where validators decide together"},
};

struct Unseen {
    std::string_view scenario;
    std::string_view who;
};
// Payoffs that vary so much between runs that the full fidelity's could have the other sign unseen.
constexpr Unseen kUnseen[] = {
    {"noise_gamer", "watcher"},
    {"p_plus_epsilon_audited", "honest-requester"},
    {"partition_timed_fraud", "opportunist"},
    {"partition_timed_fraud", "watchers"},
    {"queue_flooder", "requesters"},  // a few runs of seconds
    {"restaker", "restaker"},
    {"restaker", "watchers"},
};

std::uint64_t scale() {
    const char* given = std::getenv("AIVM_FIDELITY_SCALE");
    return given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
}

// --- Which scenarios ---

sim::Scenario scenario_named(const std::string& name) {
    const auto loaded = load_scenario_file(scenario_path(name));
    if (!loaded) throw std::runtime_error(to_text(loaded.error()));
    return loaded->scenario;
}

bool has_group(const sim::Scenario& scenario, sim::Role role) {
    return std::ranges::count(scenario.actors, role, &sim::ActorGroup::role) != 0;
}

// Clients meet the chain that the economic fidelity stands for: a sequencer, with two replicas.
// Strategies of validators, and the scenarios written for Snowman, keep the consensus they have.
sim::Scenario in_fidelity(sim::Scenario scenario, Fidelity fidelity) {
    scenario.run.fidelity = fidelity;
    if (fidelity == Fidelity::kFull && !has_group(scenario, sim::Role::kValidator)) {
        scenario.chain.consensus = sim::ConsensusKind::kSequencer;
        scenario.chain.validators = 3;
        scenario.network.latency = "lan";
    }
    return scenario;
}

bool is_adversarial(const sim::Scenario& scenario) {
    return std::ranges::any_of(scenario.actors, [](const sim::ActorGroup& group) {
        return !find_strategy(group.strategy)->honest;
    });
}

// Why the fidelity refuses the scenario as it is written; empty if it runs.
std::string refusal(sim::Scenario scenario, Fidelity fidelity) {
    scenario.run.fidelity = fidelity;
    if (const auto problems = check_strategies(scenario); !problems.empty())
        return problem_text(problems.front());
    const Status runnable = sim::check_runnable(scenario);
    return runnable ? std::string() : runnable.error().text();
}

// Either fidelity's refusal; empty for a scenario that both run.
std::string refusal_of_one(const sim::Scenario& scenario) {
    const std::string full = refusal(scenario, Fidelity::kFull);
    return full.empty() ? refusal(scenario, Fidelity::kEconomic) : full;
}

std::vector<std::string> adversarial_names() {
    std::vector<std::string> names;
    for (const std::string& name : catalog_names()) {
        if (is_adversarial(scenario_named(name))) names.push_back(name);
    }
    return names;
}

std::vector<std::string> names_of_both() {
    std::vector<std::string> names = adversarial_names();
    std::erase_if(names, [](const std::string& name) {
        return std::ranges::count(kOneFidelity, name, &OneFidelity::name) != 0;
    });
    return names;
}

// A flood of 50,000 operations per run.
bool is_flood(const sim::Scenario& scenario) { return scenario.name == "queue_flooder"; }

// That, or Snowman with 21 validators.
bool takes_long(const sim::Scenario& scenario) {
    return has_group(scenario, sim::Role::kValidator) || is_flood(scenario);
}

// --- What is compared ---

// Figures of one run by name; one that is missing is 0. Payoffs begin with "net of ".
using Figures = std::map<std::string, double>;

Figures figures_of(const sim::Scenario& scenario, std::uint64_t seed) {
    Figures out;
    sim::VectorSink rows;
    RunOptions options;
    options.seed = seed;
    const auto outcome = run_scenario(scenario, options, rows, {});
    if (!outcome) throw std::runtime_error(outcome.error().text());
    const auto metric = [&](const char* name) {
        return static_cast<double>(std::get<std::int64_t>(outcome->metric(name)));
    };
    const double posted = metric("n_fraud_posted");
    out["wrong answers"] = posted;
    out["missed lies"] = metric("n_fraud_missed");
    out["LUX of false slashes"] = metric("honest_false_slash") / 1e9;
    out["share of lies missed"] = posted == 0 ? 0 : metric("n_fraud_missed") / posted;
    for (const sim::SlashRow& row : rows.rows<sim::SlashRow>()) {
        out["LUX slashed for " + row.cause] += static_cast<double>(row.taken.nlux()) / 1e9;
    }
    for (const sim::Violation& violation : outcome->violations) {
        out["violations of " + violation.invariant] += 1;
    }
    for (const PayoffLine& line : payoffs_by_group(scenario, *outcome)) {
        out["net of " + line.who] += static_cast<double>(line.net) / 1e9;
    }
    return out;
}

// Adds the seeds that are missing.
void extend(std::vector<Figures>& runs, const sim::Scenario& scenario, std::uint64_t seeds) {
    while (runs.size() < seeds) runs.push_back(figures_of(scenario, runs.size() + 1));
}

std::vector<Figures> sample(const sim::Scenario& scenario, std::uint64_t seeds) {
    std::vector<Figures> out;
    extend(out, scenario, seeds);
    return out;
}

Moments moments_of(const std::vector<Figures>& runs, const std::string& name) {
    Moments out;
    for (const Figures& run : runs) {
        const auto found = run.find(name);
        out.add(found == run.end() ? 0 : found->second);
    }
    return out;
}

SampleSummary summary_of(const Moments& values) {
    return {static_cast<double>(values.n()), values.mean(), values.variance()};
}

bool means_differ(const Moments& a, const Moments& b) {
    // Sums of equal amounts in LUX may differ in the last bits.
    const double rounding = 1e-9 * (std::abs(a.mean()) + std::abs(b.mean()));
    return std::abs(a.mean() - b.mean()) >
           rounding + chance_difference(summary_of(a), summary_of(b), kConfidence);
}

int sign_of(const Moments& values, double confidence) {
    const Interval interval = t_interval(values, confidence);
    return interval.low > 0 ? 1 : interval.high < 0 ? -1 : 0;
}

std::set<std::string> names_in(const std::vector<Figures>& a, const std::vector<Figures>& b) {
    std::set<std::string> names;
    for (const auto* runs : {&a, &b}) {
        for (const Figures& run : *runs) {
            for (const auto& [name, value] : run) names.insert(name);
        }
    }
    return names;
}

// One line per figure on which the two samples disagree.
std::vector<std::string> disagreements(const std::vector<Figures>& full,
                                       const std::vector<Figures>& economic) {
    std::vector<std::string> out;
    for (const std::string& name : names_in(full, economic)) {
        const Moments a = moments_of(full, name);
        const Moments b = moments_of(economic, name);
        const bool opposite = name.starts_with("net of ") &&
                              sign_of(a, kSignConfidence) * sign_of(b, kSignConfidence) < 0;
        if (!opposite && !means_differ(a, b)) continue;
        out.push_back(
            fmt::format("{}: full {:.3f} +- {:.3f} ({} runs), economic {:.3f} +- {:.3f} "
                        "({} runs){}",
                        name, a.mean(), a.standard_error(), a.n(), b.mean(), b.standard_error(),
                        b.n(), opposite ? ", opposite signs" : ""));
    }
    return out;
}

// --- How many runs ---

// Whether this many runs of the full fidelity are enough to see a payoff that has the opposite sign
// there, with a probability of 95 %.
bool shows_the_other_sign(const Moments& economic, std::uint64_t full_runs) {
    const SampleSummary here = summary_of(economic);
    const SampleSummary there{static_cast<double>(full_runs), -here.mean, here.variance};
    constexpr double kOneSided = 0.9;
    return 2 * std::abs(here.mean) >
           chance_difference(here, there, kConfidence) + chance_difference(here, there, kOneSided);
}

// The payoffs that have a sign in the economic fidelity, but whose full runs are too few to show
// the opposite one.
std::vector<std::string> unseen_signs(const std::vector<Figures>& economic,
                                      std::uint64_t full_runs) {
    std::vector<std::string> out;
    for (const std::string& name : names_in(economic, {})) {
        const Moments values = moments_of(economic, name);
        if (name.starts_with("net of ") && sign_of(values, kToldConfidence) != 0 &&
            !shows_the_other_sign(values, full_runs))
            out.push_back(name);
    }
    return out;
}

bool tells_every_sign(const std::vector<Figures>& runs) {
    return std::ranges::all_of(names_in(runs, {}), [&](const std::string& name) {
        const Moments values = moments_of(runs, name);
        const bool varies = values.variance() > 0;
        return !name.starts_with("net of ") || !varies || sign_of(values, kToldConfidence) != 0;
    });
}

struct Samples {
    std::vector<Figures> full;
    std::vector<Figures> economic;
};

// The first seeds of both, and more where they are too few. The economic runs alone decide on that.
Samples samples_of(const sim::Scenario& scenario) {
    const sim::Scenario cheap = in_fidelity(scenario, Fidelity::kEconomic);
    const bool few = takes_long(scenario);
    Samples out;
    std::uint64_t full = (few ? 2 : kFullFirst) * scale();
    extend(out.economic, cheap, (is_flood(scenario) ? 4 : kEconomicFirst) * scale());
    const bool enough = tells_every_sign(out.economic) && unseen_signs(out.economic, full).empty();
    if (!enough && !is_flood(scenario)) extend(out.economic, cheap, kEconomicMost * scale());
    while (!few && full < kFullMost * scale() && !unseen_signs(out.economic, full).empty())
        full += kFullFirst * scale();
    extend(out.full, in_fidelity(scenario, Fidelity::kFull), full);
    return out;
}

// --- The tests ---

class BothFidelitiesOf : public testing::TestWithParam<std::string> {};

TEST_P(BothFidelitiesOf, AgreeOnLiesSlashesAndPayoffs) {
    const Samples samples = samples_of(scenario_named(GetParam()));
    EXPECT_THAT(disagreements(samples.full, samples.economic), testing::IsEmpty());
    EXPECT_LE(names_in(samples.full, samples.economic).size() * names_of_both().size(),
              kComparisonsMax);
    for (const std::string& name : unseen_signs(samples.economic, samples.full.size())) {
        EXPECT_TRUE(std::ranges::any_of(kUnseen,
                                        [&](const Unseen& one) {
                                            return one.scenario == GetParam() &&
                                                   "net of " + std::string(one.who) == name;
                                        }))
            << name << " could have the other sign in the full fidelity: more seeds, or kUnseen";
    }
}

INSTANTIATE_TEST_SUITE_P(Catalog, BothFidelitiesOf, testing::ValuesIn(names_of_both()),
                         [](const auto& run) { return run.param; });

TEST(Fidelities, EveryAdversarialScenarioRunsInBothUnlessItIsListedWithTheReason) {
    for (const std::string& name : adversarial_names()) {
        const std::string refused = refusal_of_one(scenario_named(name));
        const auto* listed = std::ranges::find(kOneFidelity, name, &OneFidelity::name);
        if (listed == std::end(kOneFidelity)) {
            EXPECT_EQ(refused, "") << name;
        } else {
            EXPECT_THAT(refused, HasSubstr(listed->reason)) << name;
        }
    }
    for (const OneFidelity& listed : kOneFidelity) {
        const auto names = adversarial_names();
        EXPECT_EQ(std::ranges::count(names, listed.name), 1) << listed.name;
    }
}

// The rule that made the fidelities give opposite answers once: 64 places for disputes, on one side
// only.
TEST(Fidelities, ARuleThatOnlyOneFidelityFollowsIsSeen) {
    sim::Scenario limited = scenario_named("shield64");
    limited.vm.policy.disputes_per_result_max = 64;
    const auto full = sample(in_fidelity(limited, Fidelity::kFull), 4);
    const auto economic = sample(in_fidelity(scenario_named("shield64"), Fidelity::kEconomic), 4);
    EXPECT_THAT(disagreements(full, economic),
                testing::Contains(HasSubstr("share of lies missed")));
}

TEST(Fidelities, ARateThatDiffersIsSeenInTheSlashesByCause) {
    sim::Scenario half = scenario_named("lazy_provider");
    half.vm.policy.slash_bps = 1000;
    const auto full = sample(in_fidelity(half, Fidelity::kFull), 6);
    const auto economic =
        sample(in_fidelity(scenario_named("lazy_provider"), Fidelity::kEconomic), 12);
    EXPECT_THAT(disagreements(full, economic),
                testing::Contains(HasSubstr("LUX slashed for wrong_answer")));
}

TEST(Fidelities, OneNoisyPayoffNeedsMoreRunsToShowAnotherSign) {
    Moments noisy;
    for (int i = 0; i < 96; ++i) noisy.add(i % 2 == 0 ? 4 : -2);
    EXPECT_EQ(sign_of(noisy, kToldConfidence), 1);
    EXPECT_FALSE(shows_the_other_sign(noisy, kFullFirst));
    EXPECT_TRUE(shows_the_other_sign(noisy, 1000));
    std::vector<Figures> runs;
    for (int i = 0; i < 96; ++i) runs.push_back({{"net of liar", i % 2 == 0 ? 4 : -2}});
    EXPECT_THAT(unseen_signs(runs, kFullFirst), testing::ElementsAre("net of liar"));
    EXPECT_THAT(unseen_signs(runs, 1000), testing::IsEmpty());
    EXPECT_TRUE(tells_every_sign(runs));
    runs.resize(4);
    EXPECT_FALSE(tells_every_sign(runs));
}

// The test of means, and the level of that test, would let them pass.
TEST(Fidelities, SignsOfNoisyPayoffsAreComparedAtALevelOfTheirOwn) {
    const char* name = "net of liar";
    std::vector<Figures> gains;
    std::vector<Figures> losses;
    for (int i = 0; i < 96; ++i) gains.push_back({{name, i % 2 == 0 ? 10 : -4}});
    for (int i = 0; i < 16; ++i) losses.push_back({{name, i % 2 == 0 ? -3.5 : -2.5}});
    EXPECT_FALSE(means_differ(moments_of(gains, name), moments_of(losses, name)));
    EXPECT_EQ(sign_of(moments_of(gains, name), kConfidence), 0);
    EXPECT_THAT(disagreements(losses, gains), testing::Contains(HasSubstr("opposite signs")));
    gains.resize(8);
    EXPECT_THAT(disagreements(losses, gains), testing::IsEmpty()) << "too few to tell a sign";
}

TEST(Fidelities, OppositeSignsAreADisagreement) {
    const std::vector<Figures> gains(8, {{"net of liar", 1}});
    const std::vector<Figures> losses(8, {{"net of liar", -1}});
    EXPECT_THAT(disagreements(gains, losses), testing::Contains(HasSubstr("opposite signs")));
    EXPECT_THAT(disagreements(gains, gains), testing::IsEmpty());
}

}  // namespace
}  // namespace aivm::scenarios::cli
