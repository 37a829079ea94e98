// The life of a task between its admission (core/tasks/admission.h) and its end: drawn, answered,
// perhaps timed out, settled. This file takes the decisions that all verification modes share and
// branches between the modes; optimistic.h, tee.h and redundant.h contain what is special to each.
//
//   submit_task -> draw -> submit_result | commit_result, reveal_result -> settle
//                   ^          |                     |                       |
//                   +-- time_out, no quorum, or a wrong answer: another draw, until the task fails
//
// On a posted answer, challenges run in between (dispute.h).
#pragma once

#include "core/chain/operation.h"
#include "core/verification/draw.h"

namespace aivm {

// Runs the draw that is due for a pending task: its providers get seats. With too few eligible
// providers the task waits one block more.
void draw(Transition& t, TaskIndex task, DrawSeeds& seeds);

// Takes the answer of a provider that holds an open seat, once. In redundant mode this is an answer
// without commitment, which only the policy without commit-reveal allows.
Status submit_result(Transition& t, const Address& sender, const op::SubmitResult& result);

// A pending or assigned task whose timeout has come. A pending one fails; the silent provider of an
// assigned one is slashed, and the task is drawn again or fails.
void time_out(Transition& t, TaskIndex task);

// Settles an answer whose window is over and on which no dispute is open: slashes those that were
// wrong and pays those that were right.
void settle(Transition& t, TaskIndex task);

}  // namespace aivm
