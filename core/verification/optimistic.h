// The optimistic mode: an answer is posted, may be challenged for a window of blocks, and is
// settled in the block after.
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// Only the provider that holds the open seat may post, once. The answer is challengeable in every
// block h with posted < h <= posted + challenge_window_blocks.
Status submit_result(Transition& t, const Address& sender, const op::SubmitResult& result);

// Settles a posted result whose time has come and on which no dispute is open: pays out the
// disputes, then the provider or, when the result was proven wrong, its victims.
void settle(Transition& t, TaskIndex task);

// The block in which a result is settled when every dispute on it closes by `closed`: the one after
// the window, or, for one provider's result proven wrong, the next.
Height settlement_height(const Task& task, const Config& config, Height closed);

}  // namespace aivm
