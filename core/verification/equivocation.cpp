#include "core/verification/equivocation.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/chain/block.h"
#include "core/config/limits.h"
#include "core/verification/slashing.h"

namespace aivm {

Status check_equivocation(const State& state, Height height, const Rules& rules,
                          const op::Evidence& e) {
    if (e.validator >= state.validators.size()) return fail(ErrorCode::kNotFound, "validator");
    const Validator& accused = state.validator(ValidatorIndex{e.validator});
    const auto expires = checked_add(e.slot, rules.parameters.policy.evidence_ttl_blocks);
    if (expires && *expires < height) {
        return fail(ErrorCode::kWindowClosed,
                    fmt::format("evidence for slot {} was taken until block {}", e.slot, *expires));
    }
    if (e.first_id == e.second_id)
        return fail(ErrorCode::kInvalidArgument, "the two items are one");
    if (std::ranges::binary_search(accused.slashed_slots, e.slot))
        return fail(ErrorCode::kDuplicate, "this slot has been punished");
    if (accused.slashed_slots.size() >= kSlashedSlotsMax)
        return fail(ErrorCode::kLimitReached, "slashed slots");
    const auto signed_by_accused = [&](const Hash32& id, const Bytes& authorization) {
        return rules.authorizer->verify(accused.address, slot_message(rules.chain_id, e.slot, id),
                                        authorization);
    };
    if (!signed_by_accused(e.first_id, e.first_authorization) ||
        !signed_by_accused(e.second_id, e.second_authorization)) {
        return fail(ErrorCode::kNotAuthorized, "a signature is not the validator's");
    }
    return {};
}

Status prove_equivocation(Transition& t, const Address& reporter, const op::Evidence& e) {
    AIVM_TRY(check_equivocation(t.state(), t.block().height, t.rules(), e));
    const ValidatorIndex accused{e.validator};
    auto& slots = t.edit_validator(accused).slashed_slots;
    slots.insert(std::ranges::upper_bound(slots, e.slot), e.slot);
    slash_validator(t, SlashCause::kEquivocation, accused, reporter);
    return {};
}

}  // namespace aivm
