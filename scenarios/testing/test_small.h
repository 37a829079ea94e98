// A small world for the test of one strategy.
#pragma once

#include <gtest/gtest.h>

#include "scenarios/run/run.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

inline sim::ActorGroup group(std::string_view role, std::uint32_t count,
                             std::string strategy = "honest",
                             std::map<std::string, std::int64_t> parameters = {}) {
    sim::ActorGroup out;
    out.role = *from_word<sim::Role>(role);
    out.name = strategy + "s";
    out.strategy = std::move(strategy);
    out.count = count;
    out.stake = lux(5000);
    out.bond = lux(2500);
    out.parameters = std::move(parameters);
    return out;
}

// Five validators on a fast network, two honest providers, two watchers, 30 tasks, a window of 8
// blocks.
inline sim::Scenario small() {
    sim::Scenario s;
    s.name = "small";
    s.chain.validators = 5;
    s.chain.k = 8;
    s.chain.alpha_preference = 5;
    s.chain.alpha_confidence = 6;
    s.chain.beta = 12;
    s.network.latency = "lan";
    s.workload.tasks = 30;
    s.workload.tasks_per_block = 2;
    s.workload.feature_rows = 256;
    s.vm.config.challenge_window_blocks = 8;
    s.vm.policy.challenge_reveal_blocks = 6;
    s.vm.config.max_tasks_per_provider = 25;
    s.vm.policy.result_bond = lux(100);
    s.actors = {group("provider", 2), group("challenger", 2)};
    return s;
}

// The same in the economic fidelity, for tests where the network does not matter.
inline sim::Scenario small_economic() {
    sim::Scenario s = small();
    s.run.fidelity = sim::Fidelity::kEconomic;
    return s;
}

inline sim::Outcome run(const sim::Scenario& scenario) {
    auto outcome = run_scenario(scenario, {});
    if (!outcome) {
        ADD_FAILURE() << outcome.error().text();
        return {};
    }
    return *outcome;
}

inline std::int64_t count(const sim::Outcome& outcome, std::string_view metric) {
    return std::get<std::int64_t>(outcome.metric(metric));
}

inline double number(const sim::Outcome& outcome, std::string_view metric) {
    return std::get<double>(outcome.metric(metric));
}

inline std::string verdict(const sim::Outcome& outcome) {
    if (!outcome.violations.empty())
        return outcome.violations[0].invariant + ": " + outcome.violations[0].message;
    return outcome.clean() ? "clean" : "not clean";
}

// The summed payoffs of the principals whose label begins with this text.
inline sim::PayoffRow payoff(const sim::Outcome& outcome, std::string_view label) {
    sim::PayoffRow sum;
    bool found = false;
    for (std::size_t i = 0; i < outcome.principals.size(); ++i) {
        if (!outcome.principals[i].label.starts_with(label)) continue;
        found = true;
        const sim::PayoffRow& one = outcome.payoffs.at(i);
        sum.revenue += one.revenue;
        sum.cost += one.cost;
        sum.slashed += one.slashed;
        sum.bribes += one.bribes;
        sum.rewards += one.rewards;
        sum.net_nlux += one.net_nlux;
    }
    EXPECT_TRUE(found) << "no principal is called " << label;
    return sum;
}

constexpr std::int64_t kLux = 1'000'000'000;

}  // namespace aivm::scenarios
