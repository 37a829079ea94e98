// Small worlds for tests: a few validators on a fast network, honest actors, and a provider that
// always lies.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/verification/reexecution.h"
#include "sim/actors/strategy.h"
#include "sim/world/world.h"

namespace aivm::sim::test {

class ComputingProvider final : public ProviderStrategy {
public:
    explicit ComputingProvider(Answer added) : added_(added) {}
    std::uint32_t steps_to_compute(const TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const TaskView& view) override {
        return static_cast<Answer>(run_model(view.kernels, view.model, view.task.input_row) +
                                   added_);
    }

private:
    Answer added_;
};

class CheckingChallenger final : public ChallengerStrategy {
public:
    std::optional<std::uint32_t> steps_to_check(const TaskView& view) override {
        return view.model.steps;
    }
    std::optional<Answer> claim(const TaskView& view) override {
        const Answer truth = run_model(view.kernels, view.model, view.task.input_row);
        return truth == view.task.provisional ? std::nullopt : std::optional(truth);
    }
};

class AskingRequester final : public RequesterStrategy {};

class IncludingValidator final : public ValidatorStrategy {
public:
    bool includes(const SignedOperation&) override { return true; }
};

// Knows "honest" for everyone and "liar" for providers.
class SmallStrategies final : public StrategyFactory {
public:
    Result<std::unique_ptr<ProviderStrategy>> provider(const ActorGroup& group,
                                                       const StrategyContext&) const override {
        return std::make_unique<ComputingProvider>(group.strategy == "liar" ? Answer{1}
                                                                            : Answer{0});
    }
    Result<std::unique_ptr<ChallengerStrategy>> challenger(const ActorGroup& group,
                                                           const StrategyContext&) const override {
        if (group.strategy != "honest") return fail(ErrorCode::kConfig, "no such challenger");
        return std::make_unique<CheckingChallenger>();
    }
    Result<std::unique_ptr<RequesterStrategy>> requester(const ActorGroup&,
                                                         const StrategyContext&) const override {
        return std::make_unique<AskingRequester>();
    }
    Result<std::unique_ptr<ValidatorStrategy>> validator(const ActorGroup&,
                                                         const StrategyContext&) const override {
        return std::make_unique<IncludingValidator>();
    }
    bool is_honest(const ActorGroup& group) const override { return group.strategy == "honest"; }
};

inline const SmallStrategies kSmallStrategies;

inline ActorGroup group_of(std::string_view role, std::uint32_t count,
                           std::string strategy = "honest") {
    ActorGroup group;
    group.role = *from_word<Role>(role);
    group.name = fmt::format("{} {}", strategy, role);
    group.strategy = std::move(strategy);
    group.count = count;
    group.stake = lux(5000);
    group.bond = lux(2500);
    return group;
}

// 5 validators in two regions, 3 providers, 2 challengers, one of the providers a liar; 20 tasks, a
// window of 8 blocks.
inline Scenario small_scenario() {
    Scenario s;
    s.name = "small";
    s.chain.validators = 5;
    s.chain.k = 8;
    s.chain.alpha_preference = 5;
    s.chain.alpha_confidence = 6;
    s.chain.beta = 12;
    s.chain.block_interval_ns = 2'000'000'000;
    s.network.loss_ppm = 10'000;
    s.workload.tasks = 20;
    s.workload.tasks_per_block = 2;
    s.workload.requesters = 2;
    s.workload.feature_rows = 64;
    s.vm.config.challenge_window_blocks = 8;
    s.vm.config.max_tasks_per_provider = 25;
    s.vm.policy.challenge_reveal_blocks = 4;
    s.vm.policy.result_bond = lux(100);
    s.actors = {group_of("provider", 2), group_of("provider", 1, "liar"),
                group_of("challenger", 2)};
    return s;
}

inline Setting setting_of(const Scenario& scenario) {
    Setting setting;
    setting.scenario = scenario;
    setting.stakes.assign(scenario.chain.validators, lux(2000));
    setting.latency = {2, {5'000'000, 40'000'000, 40'000'000, 5'000'000}};
    setting.region_names = {"east", "west"};
    for (std::uint32_t i = 0; i < scenario.chain.validators; ++i)
        setting.validator_regions.push_back(i % 2);
    for (std::uint32_t i = 0; i < client_count(scenario); ++i)
        setting.client_regions.push_back(i % 2);
    setting.strategies = &kSmallStrategies;
    return setting;
}

struct Played {
    Outcome outcome;
    VectorSink rows;
};

inline std::unique_ptr<Played> play(const Scenario& scenario, const WorldOptions& options = {}) {
    auto out = std::make_unique<Played>();
    auto world = World::make(setting_of(scenario), options);
    if (!world) {
        ADD_FAILURE() << world.error().text();
        return out;
    }
    out->outcome = (*world)->run();
    (*world)->write_results(out->rows, 0, out->outcome);
    return out;
}

// A metric that counts.
inline std::int64_t figure(const Outcome& outcome, std::string_view metric) {
    return std::get<std::int64_t>(outcome.metric(metric));
}

// "clean", or the first violation in words.
inline std::string verdict(const Outcome& outcome) {
    if (!outcome.violations.empty())
        return outcome.violations[0].invariant + ": " + outcome.violations[0].message;
    return outcome.clean() ? "clean" : "not clean";
}

}  // namespace aivm::sim::test
