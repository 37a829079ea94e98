// Shrinks a run: repeats the scenario with fewer faults, random choices, tasks and identities, as
// long as it fails in the same way (shrink/shrink_passes.h). This is for violations that need the
// network, consensus or the kernels; violations that the accepted chain alone shows shrink further
// and faster as a history (sim/history).
#pragma once

#include <optional>

#include "scenarios/campaign/finding.h"
#include "sim/engine/choice_source.h"
#include "sim/history/shrink.h"

namespace aivm::scenarios {

// Everything that determines a run, with its random choices recorded.
struct RunPlan {
    sim::Scenario scenario;
    std::uint64_t seed = 1;
    sim::ChoiceList choices;
    bool draws = false;  // choices come from the seed instead
};

struct ShrunkRun {
    RunPlan plan;
    sim::Violation violation;
    std::string digest;
    std::vector<std::string> actions;
    std::size_t actions_after = 0;
};

// Runs the plan without rows. `keep_going` may be empty; it is called from time to time and
// interrupts the run by returning false.
Result<sim::Outcome> run_plan(const RunPlan& plan, const Rerun& rerun,
                              const std::function<bool()>& keep_going);

// The first violation of this invariant that the scenario does not expect; null if there is none.
const sim::Violation* unexpected_violation(const sim::Outcome& outcome, std::string_view invariant);

// Called with every smaller run that was found, as soon as it is known to fail twice.
using OnSmallerRun =
    std::function<void(const RunPlan&, const sim::Violation&, const std::string& digest)>;

// Empty if the whole plan does not fail as `found`, or if the budget ends before that is known. The
// result depends on the input only, unless the budget's clock ends the shrinking.
std::optional<ShrunkRun> shrink_run(const RunPlan& whole, const sim::Violation& found,
                                    const Rerun& rerun, sim::ShrinkBudget& budget,
                                    const OnSmallerRun& on_smaller = {});

// One scenario file that repeats the run by itself: its keys that are not the default, its seed,
// its choices, and whether it was paranoid.
std::string self_contained_text(const RunPlan& plan, const sim::Violation& violation,
                                const std::string& digest, const Rerun& rerun);

}  // namespace aivm::scenarios
