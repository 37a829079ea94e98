#include "core/verification/equivocation.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/mutant.h"
#include "core/chain/block.h"
#include "core/chain/vertex.h"
#include "core/chain/vote_slot.h"
#include "core/config/limits.h"
#include "core/verification/slashing.h"

namespace aivm {
namespace {

struct SignedItem {
    Hash32 message;
    ByteView authorization;
    Height made_after = 0;  // the settled height that the signer knew
};

// The item as the evidence shows it: a vote, or a block or vertex. The authorisation of a vertex
// follows eight bytes, the number of the newest cut on which it stands.
Result<SignedItem> item_of(const Rules& rules, const ProposalSlot& slot, const Hash32& id,
                           ByteView authorization) {
    if (const auto vote = vote_slot_of(slot.number))
        return SignedItem{vote_message(rules.chain_id, *vote, id), authorization, vote->height};
    if (!rules.parameters.dag)
        return SignedItem{slot_message(rules.chain_id, slot, id), authorization, slot.number};
    Reader in(authorization);
    const std::uint64_t cut = in.u64();
    if (!in.ok()) return fail(ErrorCode::kInvalidArgument, "a vertex is signed with its cut");
    return SignedItem{vertex_slot_message(rules.chain_id, slot.number, cut, id),
                      authorization.subspan(sizeof cut), cut};
}

ProposalSlot slot_of(const op::Evidence& e) { return {e.slot, *e.parent}; }

}  // namespace

Status check_equivocation(const State& state, Height height, const Rules& rules,
                          const op::Evidence& e) {
    if (e.validator >= state.validators.size()) return fail(ErrorCode::kNotFound, "validator");
    const Validator& accused = state.validator(ValidatorIndex{e.validator});
    const ProposalSlot slot = slot_of(e);
    // Else one sequence or vote would be as many slots as there are parents to name.
    const bool of_a_block = !rules.parameters.dag && !vote_slot_of(slot.number);
    if (!of_a_block && !slot.parent.is_zero())
        return fail(ErrorCode::kInvalidArgument, "the slot of a vertex or a vote has no parent");
    AIVM_ASSIGN(const SignedItem first, item_of(rules, slot, e.first_id, e.first_authorization));
    AIVM_ASSIGN(const SignedItem second, item_of(rules, slot, e.second_id, e.second_authorization));
    const auto expires = checked_add(std::max(first.made_after, second.made_after),
                                     rules.parameters.policy.evidence_ttl_blocks);
    if (expires && *expires < height) {
        return fail(ErrorCode::kWindowClosed,
                    fmt::format("evidence for slot {} was taken until block {}", e.slot, *expires));
    }
    if (e.first_id == e.second_id)
        return fail(ErrorCode::kInvalidArgument, "the two items are one");
    if (!AIVM_MUTANT(evidence_again) && std::ranges::binary_search(accused.slashed_slots, slot))
        return fail(ErrorCode::kDuplicate, "this slot has been punished");
    // Else evidence of made-up slots would cost nobody anything.
    if (due_for(rules.parameters.policy, SlashCause::kEquivocation, accused.stake).is_zero())
        return fail(ErrorCode::kWrongState, "nothing of this validator's stake is left to slash");
    if (accused.slashed_slots.size() >= kSlashedSlotsMax)
        return fail(ErrorCode::kLimitReached, "slashed slots");
    const auto signed_by_accused = [&](const SignedItem& item) {
        // Nothing proves nothing, also where operations are not signed.
        return !item.authorization.empty() &&
               rules.authorizer->verify(accused.address, item.message, item.authorization);
    };
    if (!signed_by_accused(first) || !signed_by_accused(second)) {
        return fail(ErrorCode::kNotAuthorized, "a signature is not the validator's");
    }
    return {};
}

Status prove_equivocation(Transition& t, const Address& reporter, const op::Evidence& e) {
    AIVM_TRY(check_equivocation(t.state(), t.block().height, t.rules(), e));
    const ValidatorIndex accused{e.validator};
    auto& slots = t.edit_validator(accused).slashed_slots;
    slots.insert(std::ranges::upper_bound(slots, slot_of(e)), slot_of(e));
    slash_validator(t, SlashCause::kEquivocation, accused, reporter);
    return {};
}

}  // namespace aivm
