// Admission of tasks.
#pragma once

#include <span>

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// keccak over every field of the submission, its sender and the version of the model that the task
// runs, so that nobody can exchange anything on which the payer relies.
Hash32 task_key(const Address& requester, const op::SubmitTask& submission,
                std::uint64_t model_version);

// Computes the keys of all submissions among these operations side by side. Call it before they are
// applied in this order.
void prepare_keys(Transition& t, std::span<const OperationPtr> operations);

// The least fee of a task that is submitted now: fee_floor, doubled for every sixteenth of the
// queue that is taken, plus lock_fee_bps of the result bond. Filling the queue therefore costs
// money, and the more the fuller it is.
Amount required_fee(const State& state, const VmParameters& parameters);
// The same with this many tasks in the queue.
Amount required_fee(const VmParameters& parameters, std::uint64_t waiting_tasks);

// Refuses a fee below the required one, a full queue, a duplicate id, an unknown or retired model,
// one that no provider which could be drawn offers, an unknown row, and a balance that cannot cover
// the fee. Otherwise burns fee_burn_bps of the fee, moves the rest into escrow and sets the draw
// for two blocks later.
Status submit_task(Transition& t, const Address& sender, const op::SubmitTask& submission);

// The part of the check that depends on neither balances nor the queue of tasks: a mempool applies
// it before it accepts the operation. The model that the task asks for.
Result<ModelIndex> check_submission(const State& state, const VmParameters& parameters,
                                    const Address& requester, const op::SubmitTask& submission);

}  // namespace aivm
