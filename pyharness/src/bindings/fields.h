// The members of the VM's structures by name: one table a structure, from which Python's views are
// made and Python's values are read. A structure without a table does not compile where one is
// asked for.
#pragma once

#include <string_view>
#include <tuple>

#include "core/chain/block.h"
#include "core/chain/operation.h"
#include "core/registry/attestation.h"
#include "core/state/event.h"
#include "core/state/state.h"
#include "sim/consensus/consensus.h"

namespace aivm::python {

template <class S, class T>
struct Field {
    std::string_view name;
    T S::* member;
};
template <class S, class T>
constexpr Field<S, T> field(std::string_view name, T S::* member) {
    return {name, member};
}

template <class S>
struct Fields;  // name: what Python calls the structure; list: its fields

// clang-format off
#define AIVM_FIELDS(S, NAME, ...)                           \
    template <>                                             \
    struct Fields<S> {                                      \
        using Self = S;                                     \
        static constexpr std::string_view name = NAME;      \
        static constexpr auto list = std::tuple{__VA_ARGS__}; \
    }
#define F(NAME) field(#NAME, &Self::NAME)

// --- Operations, in the order of OperationBody
AIVM_FIELDS(op::RegisterProvider, "RegisterProvider", F(provider_id), F(wallet), F(endpoint), F(models), F(bond), F(evidence));
AIVM_FIELDS(op::DeregisterProvider, "DeregisterProvider", F(provider_id));
AIVM_FIELDS(op::WithdrawBond, "WithdrawBond", F(provider_id));
AIVM_FIELDS(op::RegisterModel, "RegisterModel", F(model), F(license_root));
AIVM_FIELDS(op::SubmitTask, "SubmitTask", F(job_id), F(type), F(mode), F(model_id), F(input_row), F(fee));
AIVM_FIELDS(op::Commit, "Commit", F(job_id), F(provider_id), F(commitment));
AIVM_FIELDS(op::Reveal, "Reveal", F(job_id), F(provider_id), F(answer), F(embedding_digest), F(nonce));
AIVM_FIELDS(op::SubmitResult, "SubmitResult", F(job_id), F(provider_id), F(answer), F(trace_root), F(compute_time_ms));
AIVM_FIELDS(op::Challenge, "Challenge", F(job_id), F(commitment), F(claim));
AIVM_FIELDS(op::ChallengeReveal, "ChallengeReveal", F(job_id), F(claim), F(salt));
AIVM_FIELDS(op::DisputeMove, "DisputeMove", F(job_id), F(challenger), F(opens), F(input), F(output), F(proof), F(agrees));
AIVM_FIELDS(op::ClaimRewards, "ClaimRewards", F(provider_id));
AIVM_FIELDS(op::Attest, "Attest", F(provider_id), F(attestation), F(evidence));
AIVM_FIELDS(op::ModelUpdate, "ModelUpdate", F(update));
AIVM_FIELDS(op::Evidence, "Evidence", F(validator), F(slot), F(first_id), F(first_authorization), F(second_id), F(second_authorization));

// --- State
AIVM_FIELDS(Model, "Model", F(id), F(owner), F(weights), F(rows), F(steps), F(compute_time_ms));
AIVM_FIELDS(Provider, "Provider", F(id), F(owner), F(wallet), F(endpoint), F(models), F(status), F(bond), F(locked), F(credit),
    F(registered_at), F(unbonding_since), F(trust_score), F(hardware_attested), F(attested_at_ns), F(open_tasks), F(obligations),
    F(tasks_completed), F(rewards_total), F(slashed_total));
AIVM_FIELDS(Seat, "Seat", F(provider), F(status), F(locked), F(commitment), F(trace_root), F(answer), F(compute_time_ms), F(posted_at));
AIVM_FIELDS(Task, "Task", F(job_id), F(task_key), F(requester), F(type), F(mode), F(model), F(input_row), F(fee), F(escrow), F(status),
    F(submitted_at), F(waiting_since_ns), F(assignments), F(draw_at), F(seats), F(posted_at), F(settle_at), F(proven_wrong),
    F(provisional), F(truth), F(challenges_lost), F(open_disputes), F(closed_disputes), F(usable_at), F(final_at));
AIVM_FIELDS(Dispute, "Dispute", F(task), F(assignment), F(challenger), F(commitment), F(bond), F(status), F(claim), F(revealed),
    F(opened_at), F(deadline), F(closed_at), F(low), F(high), F(middle), F(provider_to_move), F(low_input), F(opened_input),
    F(opened_output), F(high_input), F(high_output));
AIVM_FIELDS(Receipt, "Receipt", F(task), F(task_key), F(outcome), F(answer), F(paid), F(burned), F(minted), F(height));
AIVM_FIELDS(Validator, "Validator", F(address), F(stake), F(beacon_commitment), F(slashed_slots));
AIVM_FIELDS(Totals, "Totals", F(genesis), F(minted), F(burned), F(bonds), F(task_escrows), F(challenge_bonds), F(credits),
    F(tasks_completed), F(tasks_failed));
AIVM_FIELDS(BlockHeader, "BlockHeader", F(parent), F(height), F(timestamp_ns), F(proposer), F(beacon_secret), F(beacon_commitment),
    F(parent_aivm_root), F(state_root), F(receipt_root));
AIVM_FIELDS(Policy, "Policy", F(fee_floor), F(fee_burn_bps), F(result_bond), F(challenger_bond), F(slash_bps), F(challenger_share_bps),
    F(requester_share_bps), F(provider_share_bps), F(slash_timeout_bps), F(slash_divergent_bps), F(slash_unrevealed_bps),
    F(slash_silent_bps), F(slash_equivocation_bps), F(challenge_reveal_blocks), F(dispute_move_blocks), F(unbond_cooldown_blocks),
    F(commit_window_blocks), F(reveal_window_blocks), F(redundancy_providers), F(max_assignments), F(dispute_game),
    F(reward_schedule), F(mint_cap), F(commit_reveal), F(challenge_in_clear), F(count_open_challenges), F(obligation_rule), F(self_reported_compute),
    F(max_clock_skew_ns));
AIVM_FIELDS(GpuEvidence, "GpuEvidence", F(mode), F(device_id), F(model), F(timestamp_ns), F(nonce), F(spdm_report), F(cc_enabled),
    F(tee_io_enabled), F(rim_verified), F(benchmark_hash), F(benchmark_time_ms), F(driver_version), F(provider_key),
    F(provider_signature));
AIVM_FIELDS(DeviceStatus, "DeviceStatus", F(attested), F(trust_score), F(last_seen_ns), F(operator_id), F(vendor), F(mode), F(hardware_cc));

// --- Events
AIVM_FIELDS(event::ProviderRegistered, "ProviderRegistered", F(provider));
AIVM_FIELDS(event::ProviderUnbonding, "ProviderUnbonding", F(provider));
AIVM_FIELDS(event::BondWithdrawn, "BondWithdrawn", F(provider), F(amount));
AIVM_FIELDS(event::TaskSubmitted, "TaskSubmitted", F(task));
AIVM_FIELDS(event::TaskAssigned, "TaskAssigned", F(task), F(provider), F(locked));
AIVM_FIELDS(event::ResultPosted, "ResultPosted", F(task), F(provider), F(answer));
AIVM_FIELDS(event::ResultCommitted, "ResultCommitted", F(task), F(provider));
AIVM_FIELDS(event::ResultRevealed, "ResultRevealed", F(task), F(provider), F(answer));
AIVM_FIELDS(event::QuorumReached, "QuorumReached", F(task), F(answer), F(votes));
AIVM_FIELDS(event::QuorumMissed, "QuorumMissed", F(task));
AIVM_FIELDS(event::UsableEarly, "UsableEarly", F(task), F(provider));
AIVM_FIELDS(event::ProviderAttested, "ProviderAttested", F(provider), F(trust_score), F(hardware));
AIVM_FIELDS(event::ChallengeOpened, "ChallengeOpened", F(task), F(dispute));
AIVM_FIELDS(event::ChallengeRevealed, "ChallengeRevealed", F(task), F(dispute));
AIVM_FIELDS(event::DisputeMoved, "DisputeMoved", F(task), F(dispute), F(provider_moved));
AIVM_FIELDS(event::DisputeClosed, "DisputeClosed", F(task), F(dispute), F(challenger_won));
AIVM_FIELDS(event::Slashed, "Slashed", F(cause), F(task), F(account), F(provider), F(due), F(taken), F(burned), F(to_challenger),
    F(to_requester), F(to_provider), F(challenger));
AIVM_FIELDS(event::ProviderPaid, "ProviderPaid", F(task), F(provider), F(amount));
AIVM_FIELDS(event::TaskCompleted, "TaskCompleted", F(task), F(answer), F(burned), F(minted));
AIVM_FIELDS(event::TaskRefunded, "TaskRefunded", F(task), F(amount));
AIVM_FIELDS(event::TaskReturned, "TaskReturned", F(task));
AIVM_FIELDS(event::TaskFailed, "TaskFailed", F(task));
AIVM_FIELDS(event::RewardsClaimed, "RewardsClaimed", F(provider), F(amount));
AIVM_FIELDS(event::Anchored, "Anchored", F(commit_root));
AIVM_FIELDS(event::EpochClosed, "EpochClosed", F(epoch));

// --- Polls
AIVM_FIELDS(sim::BlockRef, "BlockRef", F(id), F(height));
AIVM_FIELDS(sim::BlockInfo, "BlockInfo", F(id), F(parent), F(height));
AIVM_FIELDS(sim::PollQuestion, "Query", F(block), F(next_height));
AIVM_FIELDS(sim::Vote, "Vote", F(preferred), F(at_height), F(last_accepted));
// clang-format on

#undef F
#undef AIVM_FIELDS

// Calls visit(name, member) for every field.
template <class S, class Visit>
void for_each_field(S& object, Visit&& visit) {
    std::apply([&](const auto&... f) { (visit(f.name, object.*f.member), ...); },
               Fields<std::remove_const_t<S>>::list);
}

}  // namespace aivm::python
