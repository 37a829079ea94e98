// Audits by chance: the chain runs the models of some results again when they settle, challenged or
// not (Policy::audit_bps).
#pragma once

#include "core/state/transition.h"

namespace aivm {

// Called before a result settles. If the block's beacon draws the result, its truth is known
// afterwards, and a wrong answer is proven.
void audit_by_chance(Transition& t, TaskIndex index);

}  // namespace aivm
