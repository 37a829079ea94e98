// Seats: the tie between a task and a provider drawn for it, and the part of the bond that the tie
// holds.
#pragma once

#include "core/config/limits.h"
#include "core/state/transition.h"

namespace aivm {

// Gives the provider a seat at the task and locks one result bond for it.
void take_seat(Transition& t, TaskIndex task, ProviderIndex provider);

// The provider has answered: the seat no longer counts against its task limit, but stays an
// obligation.
void mark_answered(Transition& t, TaskIndex task, std::size_t seat, SeatStatus status);

// Ends the seat and frees what it locked. `end` is kReleased or kSlashed.
void end_seat(Transition& t, TaskIndex task, std::size_t seat, SeatStatus end);

// The open seat of this provider at the task.
std::optional<std::size_t> find_seat(const Task& task, ProviderIndex provider);

// Puts the task back into the queue for another draw, or ends it and refunds the fee when it has
// used up its assignments. All seats must have ended.
void return_or_fail(Transition& t, TaskIndex task);

// Ends the task as failed and gives back what is left of the fee.
void fail_task(Transition& t, TaskIndex task);

}  // namespace aivm
