// The moves of an honest player in a bisection: pure functions of the player's own trace and the
// public dispute.
#pragma once

#include <optional>
#include <vector>

#include "core/chain/operation.h"
#include "core/state/dispute.h"
#include "core/verification/reexecution.h"

namespace aivm {

// The provider's opening that is due, or nothing when it is not its turn. `trace` is the one whose
// root it posted.
std::optional<op::DisputeMove> next_provider_move(const std::vector<InferenceTraceStep>& trace,
                                                  const Dispute& dispute,
                                                  const std::string& job_id);

// The challenger's verdict that is due, or nothing when it is not its turn. `trace` is what the
// challenger computed.
std::optional<op::DisputeMove> next_challenger_move(const std::vector<InferenceTraceStep>& trace,
                                                    const Dispute& dispute,
                                                    const std::string& job_id);

}  // namespace aivm
