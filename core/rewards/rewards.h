// Payment for final work: the fee, the minted reward, the receipt, and the claim.
#pragma once

#include <span>

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// The scheduled reward for one answer in `compute_time_ms`: base_reward below 100 ms, 1.5 times it
// below 1 s, twice below 10 s, three times above; always base_reward on the flat schedule.
Amount scheduled_reward(const VmParameters& parameters, std::uint64_t compute_time_ms);

// Ends the task as completed: shares the escrow and the minted reward equally among the winners as
// credit (the remainder of the fee goes back to the requester) and appends the receipt.
void complete_task(Transition& t, TaskIndex task, std::span<const ProviderIndex> winners);

// Pays a provider's credit to its wallet. Only its owner may claim.
Status claim_rewards(Transition& t, const Address& sender, const op::ClaimRewards& claim);

// The receipt root in block headers and anchors.
Hash32 receipt_root(const State& state);

}  // namespace aivm
