// The search for a smaller run that fails in the same way. Passes (shrink_passes.h) propose
// candidates; this class runs them, believes only what repeats, and keeps the best.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "scenarios/campaign/shrink_run.h"

namespace aivm::scenarios {

// What a failure must have in common with the one that was found: the invariant, whether it is a
// limit, and the message without its numbers.
struct FailureKind {
    std::string invariant;
    bool liveness = false;
    std::string message;

    friend bool operator==(const FailureKind&, const FailureKind&) = default;
};
FailureKind failure_kind(const sim::Violation& violation);

class RunSearch {
public:
    // The references must outlive the search. `on_smaller` is called with every new best, before
    // the next candidate runs.
    RunSearch(const RunPlan& whole, const sim::Violation& found, const Rerun& rerun,
              sim::ShrinkBudget& budget, OnSmallerRun on_smaller);

    // Runs the whole plan. False: it does not fail in this way, or not twice.
    bool begin();
    // Runs the candidate, unless it was tried before or breaks a rule of scenarios. If it fails in
    // the same way, twice with one digest, it becomes the best, with only the choices that its run
    // used.
    bool attempt(RunPlan candidate);

    [[nodiscard]] const RunPlan& best() const { return best_; }
    [[nodiscard]] const sim::Violation& violation() const { return violation_; }
    [[nodiscard]] const std::string& digest() const { return digest_; }
    // When the run that is shrunk would have ended at the latest.
    [[nodiscard]] std::uint64_t whole_time_ns() const { return whole_time_ns_; }
    [[nodiscard]] bool over() const { return budget_.over(); }
    [[nodiscard]] sim::ShrinkBudget& budget() { return budget_; }
    // Of the best: what the search reduces.
    [[nodiscard]] std::size_t size() const;

private:
    struct Failed {
        sim::Violation violation;
        std::string digest;
        sim::ChoiceList choices;
    };
    // Runs the plan once; empty if it does not fail in the same way.
    std::optional<Failed> fails(const RunPlan& plan);
    // Whether the plan was not tried before; notes it.
    bool is_new(const RunPlan& plan);

    RunPlan best_;
    std::uint64_t whole_time_ns_;
    sim::Violation violation_;
    std::string digest_;
    sim::Violation found_;
    FailureKind kind_;
    const Rerun& rerun_;
    sim::ShrinkBudget& budget_;
    OnSmallerRun on_smaller_;
    std::set<std::string> tried_;
};

}  // namespace aivm::scenarios
