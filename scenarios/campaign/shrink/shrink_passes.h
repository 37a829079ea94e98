// The passes of the search for a smaller run, one file each, in the order in which they are tried.
// A pass proposes candidates that are smaller in one respect; the search repeats all of them until
// none succeeds.
#pragma once

#include <array>
#include <string_view>

#include "scenarios/campaign/shrink/run_search.h"

namespace aivm::scenarios {

// Replaces faults that are drawn from the seed by the scheduled faults that were drawn, which the
// other passes can remove and change.
void schedule_drawn_faults(RunSearch& search);
// Ends the run soon after the violation.
void shorten_horizon(RunSearch& search);
// Removes recorded choices: lost, doubled and corrupted messages.
void drop_choices(RunSearch& search);
void drop_faults(RunSearch& search);
// Lowers the number of tasks, if necessary with another seed.
void drop_tasks(RunSearch& search);
// Removes groups of participants, then members of the others.
void drop_groups(RunSearch& search);
void drop_members(RunSearch& search);
// Removes validators, from faults and choices too.
void drop_validators(RunSearch& search);
// Shortens faults, rounds their times, and removes targets.
void simplify_faults(RunSearch& search);
// Sets keys to their defaults.
void restore_defaults(RunSearch& search);

struct ShrinkPassRow {
    std::string_view name;
    void (*run)(RunSearch& search);
};
inline constexpr std::array kShrinkPasses{
    ShrinkPassRow{"schedule_drawn_faults", schedule_drawn_faults},
    ShrinkPassRow{"shorten_horizon", shorten_horizon},
    ShrinkPassRow{"drop_choices", drop_choices},
    ShrinkPassRow{"drop_faults", drop_faults},
    ShrinkPassRow{"drop_tasks", drop_tasks},
    ShrinkPassRow{"drop_groups", drop_groups},
    ShrinkPassRow{"drop_members", drop_members},
    ShrinkPassRow{"drop_validators", drop_validators},
    ShrinkPassRow{"simplify_faults", simplify_faults},
    ShrinkPassRow{"restore_defaults", restore_defaults},
};

}  // namespace aivm::scenarios
