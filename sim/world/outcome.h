// The outcome of a run, besides its rows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/amount.h"
#include "sim/engine/choice_source.h"
#include "sim/engine/time.h"
#include "sim/engine/trace_digest.h"
#include "sim/record/rows.h"

namespace aivm::sim {

struct Violation {
    std::string invariant;  // "E3"
    std::string name;       // "bond-outlives-obligation"
    std::string message;
    SimTime time = 0;
    Height block = 0;  // height of the accepted chain at that time
    std::uint64_t event = 0;
    std::vector<std::string> actors;
    std::vector<std::string> owners = {};  // the principals of the actors, in their order
    bool expected = false;
    bool liveness = false;
};

// How many events of one kind, or of one actor.
struct EventShare {
    std::string name;
    std::uint64_t events = 0;
};

// A run that a budget ended, and what filled its last second.
struct BudgetEnd {
    std::string budget;        // the key: "run.max_events"
    SimTime last_seconds = 0;  // what the rest is about: one to two seconds
    std::uint64_t last_events = 0;
    std::vector<EventShare> kinds;   // those with most events, descending
    std::vector<EventShare> actors;  // the same

    // One line: "run.max_events; 4 812 events in the last 1.2 s: timer 4 800, ...".
    [[nodiscard]] std::string text() const;
};

struct Outcome {
    std::string scenario;
    std::uint64_t seed = 0;
    RunStatus status = RunStatus::kClean;
    std::uint64_t events = 0;
    std::uint64_t messages = 0;
    SimTime virtual_time = 0;
    Height blocks = 0;
    Digest128 digest;
    std::vector<TraceCheckpoint> checkpoints;
    std::uint64_t invariant_checks = 0;
    std::vector<std::string> invariants;
    std::vector<std::uint64_t> checks_of;         // how often each of them compared something
    std::vector<Violation> violations;            // at most one per invariant
    std::vector<std::string> missing_violations;  // expected by the scenario and not seen
    ChoiceList choices;  // what the choice source answered other than "nothing happens"

    // From the end of the last fault until the chain had recovered (sim/invariants/recovery.h);
    // nothing in a run without faults, in the economic fidelity, and if it did not recover.
    std::optional<SimTime> recovery_time;
    std::optional<SimTime> recovery_limit;  // how long it might have taken
    std::optional<BudgetEnd> budget_end;    // set if the status is kBudget

    // Filled in by World::write_results.
    std::vector<MetricRow> metrics;
    std::vector<PrincipalRow> principals;
    std::vector<PayoffRow> payoffs;
    // Filled in by scenarios::run_scenario, if it was asked to compare with honest play.
    std::vector<CounterfactualRow> counterfactuals;

    // Neither an unexpected violation nor a missing one.
    [[nodiscard]] bool clean() const { return status == RunStatus::kClean; }
    // The metric for the whole run; NaN when the run has no data for it.
    [[nodiscard]] Number metric(std::string_view name) const;
};

}  // namespace aivm::sim
