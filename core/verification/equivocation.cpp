#include "core/verification/equivocation.h"

#include <algorithm>

#include "core/chain/block.h"
#include "core/config/limits.h"
#include "core/ledger/ledger.h"

namespace aivm {

Status prove_equivocation(Transition& t, const op::Evidence& e) {
    if (e.validator >= t.state().validators.size()) return fail(ErrorCode::kNotFound, "validator");
    const Validator& accused = t.read_validator(ValidatorIndex{e.validator});
    if (e.first_id == e.second_id)
        return fail(ErrorCode::kInvalidArgument, "the two items are one");
    if (std::binary_search(accused.slashed_slots.begin(), accused.slashed_slots.end(), e.slot)) {
        return fail(ErrorCode::kDuplicate, "this slot has been punished");
    }
    if (accused.slashed_slots.size() >= kSlashedSlotsMax)
        return fail(ErrorCode::kLimitReached, "slashed slots");
    const auto signed_by_accused = [&](const Hash32& id, const Bytes& authorization) {
        return t.rules().authorizer->verify(
            accused.address, slot_message(t.rules().chain_id, e.slot, id), authorization);
    };
    if (!signed_by_accused(e.first_id, e.first_authorization) ||
        !signed_by_accused(e.second_id, e.second_authorization)) {
        return fail(ErrorCode::kNotAuthorized, "a signature is not the validator's");
    }
    Validator& validator = t.edit_validator(ValidatorIndex{e.validator});
    const Amount taken = validator.stake.bps(t.policy().slash_equivocation_bps);
    validator.stake -= taken;
    validator.slashed_slots.insert(
        std::upper_bound(validator.slashed_slots.begin(), validator.slashed_slots.end(), e.slot),
        e.slot);
    event::Slashed out;
    out.cause = SlashCause::kEquivocation;
    out.account = validator.address;
    out.due = out.taken = out.burned = taken;
    ledger::burn(t, ledger::Pot::kBonds, taken);
    t.emit(out);
    return {};
}

}  // namespace aivm
