// Admission of tasks.
#pragma once

#include <span>

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// keccak over every field of the submission and its sender, so that nobody can exchange a field on
// which the payer relies.
Hash32 task_key(const Address& requester, const op::SubmitTask& submission);

// Computes the keys of all submissions among these operations side by side. Call it before they are
// applied in this order.
void prepare_keys(Transition& t, std::span<const OperationPtr> operations);

// Refuses a fee below the floor, a full queue, a duplicate id, an unknown model or row, and a
// balance that cannot cover the fee; otherwise moves the fee into escrow and sets the draw for two
// blocks later.
Status submit_task(Transition& t, const Address& sender, const op::SubmitTask& submission);

// The part of the check that depends on neither balances nor the queue of tasks: a mempool applies
// it before it accepts the operation.
Status check_submission(const State& state, const VmParameters& parameters,
                        const op::SubmitTask& submission);

}  // namespace aivm
