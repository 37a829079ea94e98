// Where attacks stop to pay: the sweeps of NAME.thresholds.json, simulated, against the theory that
// each of them names and against what they showed before (sweep_results.h; AIVM_UPDATE_EXPECTED=1
// replaces that). AIVM_THRESHOLDS=long includes those that take longer than a few seconds.
//
// A crossing is estimated by linear interpolation of the mean gain between the values of the grid;
// its standard error is that of the delete-one jackknife over the seeds, which all values share.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/cli/catalog.h"
#include "scenarios/cli/sweep_results.h"
#include "scenarios/cli/threshold_table.h"
#include "scenarios/file/load.h"
#include "scenarios/run/run.h"
#include "scenarios/statistics/intervals.h"

namespace aivm::scenarios::cli {
namespace {

constexpr double kSweepConfidence = 0.99;
constexpr double kLux = 1e9;

bool includes_long() {
    const char* given = std::getenv("AIVM_THRESHOLDS");
    return given != nullptr && std::string(given) == "long";
}

std::vector<Threshold> all_thresholds() {
    std::vector<Threshold> out;
    for (const std::string& name : catalog_names()) {
        auto read = read_thresholds(name);
        if (!read) throw std::runtime_error(name + ".thresholds.json: " + read.error().text());
        for (Threshold& one : *read) out.push_back(std::move(one));
    }
    return out;
}

std::vector<Threshold> thresholds_to_run() {
    std::vector<Threshold> out = all_thresholds();
    std::erase_if(out, [](const Threshold& one) { return one.is_long && !includes_long(); });
    return out;
}

sim::Scenario scenario_at(const Threshold& threshold, double x) {
    std::vector<Override> overrides;
    for (const std::string& assignment : threshold.set_at(x)) {
        const auto one = parse_override(assignment);
        if (!one) throw std::runtime_error("no assignment: " + assignment);
        overrides.push_back(*one);
    }
    const auto loaded = load_scenario_file(scenario_path(threshold.scenario), overrides);
    if (!loaded) throw std::runtime_error(to_text(loaded.error()));
    return loaded->scenario;
}

sim::Outcome outcome_of(const sim::Scenario& scenario, std::uint64_t seed, bool counterfactual) {
    RunOptions options;
    options.seed = seed;
    options.counterfactual = counterfactual;
    auto outcome = run_scenario(scenario, options);
    if (!outcome) throw std::runtime_error(outcome.error().text());
    return std::move(*outcome);
}

double metric_of(const sim::Outcome& outcome, const std::string& name) {
    return std::visit([](auto value) { return static_cast<double>(value); }, outcome.metric(name));
}

// --- Gains over honest play ---

// In LUX per member of the owner, of one seed.
double gain_of(const Threshold& threshold, const sim::Scenario& scenario, std::uint64_t seed) {
    for (const auto& row : outcome_of(scenario, seed, true).counterfactuals) {
        if (row.label != threshold.owner) continue;
        return static_cast<double>(row.payoff_nlux - row.honest_payoff_nlux) / row.members / kLux;
    }
    throw std::runtime_error("no gain of " + threshold.owner + " was measured");
}

// By value of the grid, then by seed.
using Gains = std::vector<std::vector<double>>;

Gains measure_gains(const Threshold& threshold) {
    Gains out;
    for (const double x : threshold.grid) {
        const sim::Scenario scenario = scenario_at(threshold, x);
        std::vector<double>& of_seeds = out.emplace_back();
        for (std::uint64_t seed = 1; seed <= threshold.runs; ++seed)
            of_seeds.push_back(gain_of(threshold, scenario, seed));
    }
    return out;
}

Interval interval_of(const std::vector<double>& values) {
    Moments moments;
    for (const double value : values) moments.add(value);
    return t_interval(moments, kSweepConfidence);
}

double mean_without(const std::vector<double>& values, std::size_t left_out) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i != left_out) sum += values[i];
    }
    return sum / static_cast<double>(values.size() - (left_out < values.size() ? 1 : 0));
}

// The first x at which the mean gain changes its sign; nullopt if it does not.
std::optional<double> crossing_of(const std::vector<double>& grid, const Gains& gains,
                                  std::size_t left_out) {
    double before = mean_without(gains.front(), left_out);
    for (std::size_t i = 1; i < grid.size(); ++i) {
        const double after = mean_without(gains[i], left_out);
        if (before * after <= 0 && before != after)
            return grid[i - 1] + (grid[i] - grid[i - 1]) * before / (before - after);
        before = after;
    }
    return std::nullopt;
}

struct CrossingEstimate {
    double x = 0;
    double half_width = 0;  // of its interval
};

std::optional<CrossingEstimate> estimate_crossing(const std::vector<double>& grid,
                                                  const Gains& gains) {
    const std::size_t runs = gains.front().size();
    const auto all = crossing_of(grid, gains, runs);
    if (!all) return std::nullopt;
    Moments without_one;
    for (std::size_t i = 0; i < runs; ++i) {
        const auto x = crossing_of(grid, gains, i);
        if (!x) return std::nullopt;
        without_one.add(*x);
    }
    const auto n = static_cast<double>(runs);
    const double error = std::sqrt(without_one.variance() / n) * (n - 1);
    const double half_width = error * student_t_quantile((1 + kSweepConfidence) / 2, n - 1);
    // Where every seed has the same crossing, what is left is rounding.
    return CrossingEstimate{*all, half_width < 1e-9 * std::abs(*all) ? 0 : half_width};
}

// The lines of the measured gains.
std::string gain_lines(const Threshold& threshold, const Gains& gains) {
    std::string out;
    for (std::size_t i = 0; i < gains.size(); ++i) {
        const Interval interval = interval_of(gains[i]);
        out += fmt::format("  x = {}: gain {:.2f} LUX [{:.2f}, {:.2f}]\n", threshold.grid[i],
                           mean_without(gains[i], gains[i].size()), interval.low, interval.high);
    }
    return out;
}

// Compares what a sweep shows with what it showed when it was last measured: they must agree within
// their intervals.
void expect_result(const Threshold& threshold, const std::string& finding,
                   const std::string& values) {
    const SweepResult found{fmt::format("{} [{} runs per value]", finding, threshold.runs), values};
    fmt::print("{} {} {}", threshold.adversary, threshold.scenario, to_text(threshold.name, found));
    if (std::getenv("AIVM_UPDATE_EXPECTED") != nullptr)
        write_sweep_result(threshold.scenario, threshold.name, found);
    const auto stored = read_sweep_results(threshold.scenario);
    const auto before = stored.find(threshold.name);
    ASSERT_NE(before, stored.end()) << "measure it: AIVM_UPDATE_EXPECTED=1";
    EXPECT_TRUE(agree(found, before->second))
        << to_text("before", before->second) << to_text("now", found)
        << "if this is meant: AIVM_UPDATE_EXPECTED=1 and review it";
}

void expect_crossing(const Threshold& threshold) {
    const Gains gains = measure_gains(threshold);
    const Interval first = interval_of(gains.front());
    const Interval last = interval_of(gains.back());
    EXPECT_TRUE((first.low > 0 && last.high < 0) || (first.high < 0 && last.low > 0))
        << "the ends of the grid must have gains of opposite signs, beyond chance";
    const auto found = estimate_crossing(threshold.grid, gains);
    ASSERT_TRUE(found) << "the mean gain does not change its sign";
    const double theory = *threshold.predicted(0);
    const double tolerance = threshold.tolerance * std::abs(theory);
    expect_result(threshold,
                  fmt::format("crosses zero at {:.4g} +- {:.2g}, theory {:.4g}", found->x,
                              found->half_width, theory),
                  gain_lines(threshold, gains));
    EXPECT_LE(found->half_width, tolerance) << "it takes more runs";
    EXPECT_NEAR(found->x, theory, tolerance + found->half_width);
}

void expect_one_sign(const Threshold& threshold) {
    const Gains gains = measure_gains(threshold);
    const bool never = threshold.prediction == Prediction::kNever;
    expect_result(threshold,
                  fmt::format("{} pays for x = {}", never ? "never" : "always",
                              fmt::join(threshold.grid, ", ")),
                  gain_lines(threshold, gains));
    for (std::size_t i = 0; i < gains.size(); ++i) {
        const Interval interval = interval_of(gains[i]);
        if (never) {
            EXPECT_LE(interval.high, 0) << "at " << threshold.grid[i];
        } else {
            EXPECT_GT(interval.low, 0) << "at " << threshold.grid[i];
        }
    }
}

// --- Curves ---

struct Measured {
    double mean = 0;
    Interval interval;
};

// Of a gain, of a metric, or of a ratio of two metrics.
Measured measure_at(const Threshold& threshold, double x) {
    const sim::Scenario scenario = scenario_at(threshold, x);
    Moments values;
    PairedShares ratio;
    double part = 0;
    double whole = 0;
    for (std::uint64_t seed = 1; seed <= threshold.runs; ++seed) {
        if (!threshold.owner.empty()) {
            values.add(gain_of(threshold, scenario, seed));
            continue;
        }
        const sim::Outcome outcome = outcome_of(scenario, seed, false);
        const double of_part = metric_of(outcome, threshold.part);
        if (threshold.whole.empty()) {
            values.add(of_part);
            continue;
        }
        const double of_whole = metric_of(outcome, threshold.whole);
        ratio.add(of_part, of_whole, 0, 1);
        part += of_part;
        whole += of_whole;
    }
    if (threshold.whole.empty()) return {values.mean(), t_interval(values, kSweepConfidence)};
    return {part / whole, ratio.interval(kSweepConfidence)};
}

void expect_curve(const Threshold& threshold) {
    std::string values;
    for (const double x : threshold.grid) {
        const auto theory = threshold.predicted(x);
        ASSERT_TRUE(theory) << theory.error().text();
        const Measured found = measure_at(threshold, x);
        const double half_width = found.interval.width() / 2;
        const double tolerance = threshold.tolerance * std::abs(*theory);
        values += fmt::format("  x = {}: {:.4g}{} [{:.4g}, {:.4g}], theory {:.4g}\n", x, found.mean,
                              threshold.owner.empty() ? "" : " LUX", found.interval.low,
                              found.interval.high, *theory);
        EXPECT_LE(half_width, tolerance) << "it takes more runs, at " << x;
        EXPECT_NEAR(found.mean, *theory, tolerance + half_width) << "at " << x;
    }
    expect_result(threshold, fmt::format("follows {}", threshold.expression), values);
}

class SweepOf : public testing::TestWithParam<Threshold> {};

TEST_P(SweepOf, IsAsTheoryPredicts) {
    const Threshold& threshold = GetParam();
    switch (threshold.prediction) {
        case Prediction::kCrossing:
            return expect_crossing(threshold);
        case Prediction::kCurve:
            return expect_curve(threshold);
        case Prediction::kNever:
        case Prediction::kAlways:
            return expect_one_sign(threshold);
    }
}

INSTANTIATE_TEST_SUITE_P(Catalog, SweepOf, testing::ValuesIn(thresholds_to_run()),
                         [](const auto& run) { return run.param.scenario + "_" + run.param.name; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SweepOf);

TEST(Thresholds, ASweepNamesAnAdversaryOfItsScenario) {
    for (const Threshold& one : all_thresholds()) {
        const sim::Scenario scenario = scenario_at(one, one.grid.front());
        const bool plays = std::ranges::any_of(scenario.actors, [&](const sim::ActorGroup& group) {
            const StrategyRow* row = find_strategy(group.strategy);
            return row != nullptr && row->id == one.adversary;
        });
        EXPECT_TRUE(plays) << one.scenario << ": " << one.name;
        EXPECT_NO_THROW(scenario_at(one, one.grid.back())) << one.scenario << ": " << one.name;
    }
}

TEST(Thresholds, EveryAdversaryHasASweep) {
    const std::vector<Threshold> sweeps = all_thresholds();
    for (const StrategyRow* row : strategies()) {
        if (row->id.empty()) continue;
        EXPECT_NE(std::ranges::find(sweeps, row->id, &Threshold::adversary), sweeps.end())
            << row->name;
    }
}

TEST(Thresholds, ACrossingIsFoundBetweenTwoValues) {
    const Gains gains{{30, 30, 33}, {10, 9, 11}, {-10, -11, -9}, {-40, -41, -40}};
    const auto found = estimate_crossing({1, 2, 4, 8}, gains);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->x, 3, 1e-9);
    EXPECT_GT(found->half_width, 0);
    EXPECT_FALSE(estimate_crossing({1, 2}, {{1, 2}, {3, 4}}));
}

// The jackknife of a linear estimate is its ordinary standard error.
TEST(Thresholds, TheErrorOfACrossingIsThatOfTheMeans) {
    const Gains gains{{12, 8, 11, 9}, {-8, -12, -9, -11}};  // a common shift of each seed
    const auto found = estimate_crossing({0, 20}, gains);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->x, 10, 1e-9);
    Moments moments;
    for (const double gain : gains.front()) moments.add(gain);
    EXPECT_NEAR(found->half_width, t_interval(moments, kSweepConfidence).width() / 2, 1e-9);
}

std::string problem_with(const std::string& changed) {
    const auto read = parse_thresholds("some", "[{" + changed + "}]");
    return read ? "" : read.error().context;
}

TEST(Thresholds, WhatIsWrongWithASweepIsSaid) {
    const std::string sound =
        R"("name": "n", "adversary": "A01", "claim": "c", "set": ["tasks.count={x}"],
           "grid": [1, 2], "owner": "o", "crossing": "a/2", "where": {"a": 3}, "tolerance": 0.1,
           "runs": 4)";
    EXPECT_EQ(problem_with(sound), "");
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = sound;
        text.replace(text.find(from), from.size(), to);
        return problem_with(text);
    };
    EXPECT_NE(with("\"runs\": 4", "\"runs\": 1"), "");
    EXPECT_NE(with("\"runs\": 4", "\"run\": 4"), "");
    EXPECT_NE(with("[1, 2]", "[2, 1]"), "");
    EXPECT_NE(with("{x}", "7"), "");
    EXPECT_NE(with("a/2", "b/2"), "");
    EXPECT_NE(with("\"owner\": \"o\"", "\"measure\": \"blocks\""), "");
    EXPECT_NE(with("\"tolerance\": 0.1,", ""), "");
    EXPECT_NE(with("\"crossing\": \"a/2\"", "\"pays\": \"seldom\""), "");
    EXPECT_NE(with("\"where\"", "\"pays\": \"never\", \"where\""), "");
    EXPECT_NE(problem_with(sound + "}, {" + sound), "") << "a name that is taken";
}

}  // namespace
}  // namespace aivm::scenarios::cli
