// Shrinking a run: the scenario again and again with fewer faults, accidents, tasks and identities,
// as long as the same invariant is violated. For violations that need the network, consensus or the
// kernels to show; those of the accepted chain alone shrink further and faster as a history.
#pragma once

#include <optional>

#include "scenarios/campaign/finding.h"
#include "sim/engine/choice_source.h"
#include "sim/history/shrink.h"

namespace aivm::scenarios {

// All that decides a run, with what chance decided written down.
struct RunPlan {
    sim::Scenario scenario;
    std::uint64_t seed = 1;
    sim::ChoiceList choices;
};

struct ShrunkRun {
    RunPlan plan;
    sim::Violation violation;
    std::string digest;
    std::vector<std::string> actions;
    std::size_t actions_after = 0;
};

// The plan's run, with no rows. `keep_going` may be empty; it hears now and then and interrupts by
// returning false.
Result<sim::Outcome> run_plan(const RunPlan& plan, const Rerun& rerun,
                              const std::function<bool()>& keep_going);

// The first violation of this invariant that the scenario does not expect; null when there is none.
const sim::Violation* unexpected_violation(const sim::Outcome& outcome, std::string_view invariant);

// Nothing when the whole plan does not violate the invariant of `found`, or the budget ends before
// that is known. The same input gives the same result unless the budget's clock ends it.
std::optional<ShrunkRun> shrink_run(const RunPlan& whole, const sim::Violation& found,
                                    const Rerun& rerun, sim::ShrinkBudget& budget);

}  // namespace aivm::scenarios
