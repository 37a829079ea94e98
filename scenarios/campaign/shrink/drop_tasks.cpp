#include "scenarios/campaign/shrink/shrink_passes.h"

namespace aivm::scenarios {
namespace {

// More tasks do not always fail more: what matters may be when blocks are built. So numbers are
// tried from below, in steps that grow.
constexpr std::uint32_t kGrowth = 4;  // by a quarter
// Seeds tried with one task, which is the least there can be, and with each other number.
constexpr std::uint64_t kSeedsWithOneTask = 12;
constexpr std::uint64_t kOtherSeeds = 3;

}  // namespace

void drop_tasks(RunSearch& search) {
    for (std::uint32_t tasks = 1; tasks < search.best().scenario.workload.tasks && !search.over();
         tasks += 1 + tasks / kGrowth) {
        RunPlan candidate = search.best();
        candidate.scenario.workload.tasks = tasks;
        if (search.attempt(candidate)) return;
        // A failure that needs luck needs other luck in a smaller run, and time for it.
        candidate.scenario.run.max_time_ns = search.whole_time_ns();
        candidate.choices.clear();
        candidate.draws = true;
        const std::uint64_t seeds = tasks == 1 ? kSeedsWithOneTask : kOtherSeeds;
        for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
            candidate.seed = seed;
            if (search.attempt(candidate)) return;
        }
    }
}

}  // namespace aivm::scenarios
