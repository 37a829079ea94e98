// Strategies written in Python, taking part in the same run as those of scenarios/adversaries. A
// group of a scenario names one by "python:NAME".
//
// A run does not hold the GIL; each call of a strategy takes it. Randomness comes from the actor's
// own stream, so runs do not depend on what else the process does.
#pragma once

#include <vector>

#include "pyharness/src/bindings/strategy_object.h"
#include "scenarios/adversaries/check_strategies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::python {

class PythonStrategies final : public sim::StrategyFactory {
public:
    // `registry` has check(role, name, parameters), polled(role, name), make(role, name,
    // parameters, context), is_honest(role, name) and watches_pending(role, name).
    PythonStrategies(py::object registry, StrategyFaults& faults)
        : registry_(std::move(registry)), faults_(&faults) {}
    ~PythonStrategies() override;

    // Everything wrong with the strategies that the scenario names, Python's and others.
    [[nodiscard]] std::vector<sim::ScenarioProblem> check(const sim::Scenario& scenario) const;

    [[nodiscard]] Result<std::unique_ptr<sim::ProviderStrategy>> provider(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override;
    [[nodiscard]] Result<std::unique_ptr<sim::ChallengerStrategy>> challenger(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override;
    [[nodiscard]] Result<std::unique_ptr<sim::RequesterStrategy>> requester(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override;
    [[nodiscard]] Result<std::unique_ptr<sim::ValidatorStrategy>> validator(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override;
    [[nodiscard]] bool is_honest(const sim::ActorGroup& group) const override;
    [[nodiscard]] bool watches_pending(const sim::ActorGroup& group) const override;

private:
    py::object registry_;
    StrategyFaults* faults_;
    scenarios::StrategyTable table_;
};

}  // namespace aivm::python
