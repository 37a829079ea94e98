// Seats: a provider's place at a task that it was drawn for, with the part of its bond that is
// locked for it; and the ends of an assignment: another draw, or failure.
#pragma once

#include "core/config/limits.h"
#include "core/state/transition.h"

namespace aivm {

// Seats the provider at the task and locks one result bond for it.
void take_seat(Transition& t, TaskIndex task, ProviderIndex provider);

// The provider has answered: the seat no longer counts against its task limit, but remains an
// obligation.
void mark_answered(Transition& t, TaskIndex task, std::size_t seat, SeatStatus status);

// Ends the seat and unlocks its part of the bond. `end` is kReleased or kSlashed.
void end_seat(Transition& t, TaskIndex task, std::size_t seat, SeatStatus end);

// The open seat of this provider at the task.
std::optional<std::size_t> find_seat(const Task& task, ProviderIndex provider);

// Returns the task to the queue for another draw, or fails it when it has used up its assignments.
// Requires that all seats have ended.
void return_or_fail(Transition& t, TaskIndex task);

// Ends the task as failed and refunds the rest of the fee.
void fail_task(Transition& t, TaskIndex task);

}  // namespace aivm
