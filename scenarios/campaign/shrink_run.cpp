#include "scenarios/campaign/shrink_run.h"

#include <algorithm>

#include "core/kernels/kernels.h"
#include "scenarios/campaign/shrink/shrink_passes.h"
#include "scenarios/file/print.h"
#include "scenarios/file/recorded.h"
#include "scenarios/run/build_info.h"
#include "scenarios/run/describe_run.h"
#include "scenarios/run/run.h"
#include "scenarios/run/setting.h"
#include "sim/scenario/participants.h"

namespace aivm::scenarios {

Result<sim::Outcome> run_plan(const RunPlan& plan, const Rerun& rerun,
                              const std::function<bool()>& keep_going) {
    const std::unique_ptr<Kernels> kernels = rerun.make_kernels ? rerun.make_kernels() : nullptr;
    RunOptions options;
    options.seed = plan.seed;
    options.paranoid = rerun.paranoid;
    options.kernels = kernels.get();
    if (!plan.draws) options.choices = &plan.choices;
    if (keep_going) options.progress = [&](sim::SimTime, std::uint64_t) { return keep_going(); };
    return run_scenario(plan.scenario, options);
}

const sim::Violation* unexpected_violation(const sim::Outcome& outcome,
                                           std::string_view invariant) {
    const auto found = std::ranges::find_if(outcome.violations, [&](const sim::Violation& v) {
        return !v.expected && v.invariant == invariant;
    });
    return found == outcome.violations.end() ? nullptr : &*found;
}

std::optional<ShrunkRun> shrink_run(const RunPlan& whole, const sim::Violation& found,
                                    const Rerun& rerun, sim::ShrinkBudget& budget,
                                    const OnSmallerRun& on_smaller) {
    RunSearch search(whole, found, rerun, budget, on_smaller);
    if (!search.begin()) return std::nullopt;
    std::string before;
    do {
        before = canonical_text(search.best().scenario) + search.digest();
        for (const ShrinkPassRow& pass : kShrinkPasses)
            if (!search.over()) pass.run(search);
    } while (before != canonical_text(search.best().scenario) + search.digest() && !search.over());

    const RunPlan& best = search.best();
    const auto setting = make_setting(best.scenario);
    AIVM_CHECK(setting.has_value());  // it has just run
    const sim::Participants participants = sim::make_participants(*setting, *setting->strategies);
    return ShrunkRun{best, search.violation(), search.digest(),
                     describe_run(best.scenario, best.choices, participants), search.size()};
}

std::string self_contained_text(const RunPlan& plan, const sim::Violation& violation,
                                const std::string& digest, const Rerun& rerun) {
    return compact_text(plan.scenario) +
           recorded_text({plan.seed, violation.invariant, digest, build_info().version,
                          rerun.paranoid, true, plan.choices});
}

}  // namespace aivm::scenarios
