// The first difference between what the rules make of a block and what the VM made of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/reference/world.h"
#include "core/state/event.h"

namespace aivm::reference {

// Such as "task 3.escrow is 900000000, by the rules 0"; nothing if there is none.
std::optional<std::string> first_difference(const World& by_the_rules, const World& in_the_vm);

// Events are compared as a collection, without their order.
std::optional<std::string> first_difference(const std::vector<VmEvent>& by_the_rules,
                                            const std::vector<VmEvent>& in_the_vm);

}  // namespace aivm::reference
