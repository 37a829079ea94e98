// The optimistic mode, in order of time: one provider is drawn (task_life.h), posts its answer, may
// be challenged for a window of blocks (dispute.h), and is settled in the block after. The TEE mode
// is the same, except that the answer may be used at once (tee.h).
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// The provider was silent until the timeout: its seat ends and it is slashed.
void slash_silent_provider(Transition& t, TaskIndex task);

// Only the provider that holds the open seat may post, once. The answer is challengeable in every
// block h with posted < h <= posted + challenge_window_blocks.
Status post_result(Transition& t, const Address& sender, const op::SubmitResult& result,
                   TaskIndex task, ProviderIndex provider);

// Pays out the disputes, then the provider or, when the answer was proven wrong, those it harmed.
// Claims that wait for the job's answer are settled with the answer that is final (claims.h).
void settle_result(Transition& t, TaskIndex task);

// The block in which a result is settled when every dispute on it closes by `closed`: the one after
// the window, or, for one provider's result proven wrong, the next.
Height settlement_height(const Task& task, const Config& config, Height closed);

}  // namespace aivm
