// Validators: who joins and leaves the set, and evidence of equivocation.
#include <algorithm>

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/config/limits.h"
#include "core/reference/reference_chain.h"

namespace aivm::reference {

// Whoever was punished in more slots than this is no member and does not join again.
constexpr std::size_t kSlotsOfAMemberMax = kSlashedSlotsMax - 64;

// A newcomer takes the row of one that asked to leave and has taken its stake; it is in the set
// from the next epoch on. One that is in the set adds to its stake, and stays.
void ReferenceChain::operation(const op::JoinValidators& j) {
    std::optional<Row> known;
    std::optional<Row> vacant;
    for (Row i = 0; i < world.validators.size(); ++i) {
        const Validator& v = world.validators[i];
        if (v.address == sender_ && !known) known = i;
        if (!v.active && v.leaving && v.stake == 0 && !vacant) vacant = i;
    }
    const Money held = known ? world.validators[*known].stake : 0;
    require(!j.stake.is_zero(), ErrorCode::kInvalidArgument);
    require(held + to_money(j.stake) >= to_money(policy().validator_stake_min) &&
                balance(sender_) >= to_money(j.stake),
            ErrorCode::kInsufficientFunds);
    require(!known || world.validators[*known].slashed_slots.size() <= kSlotsOfAMemberMax,
            ErrorCode::kLimitReached);
    require(known || vacant || world.validators.size() < kValidatorsMax, ErrorCode::kLimitReached);
    if (!reasons_.none()) return;

    const auto last = static_cast<Row>(world.validators.size());
    const Row row = known ? *known : vacant ? *vacant : last;
    if (row == last) world.validators.emplace_back();
    Validator& validator = world.validators[row];
    if (!known) {
        validator = {};
        validator.address = sender_;
        validator.active = false;
    }
    add(sender_, -to_money(j.stake));
    validator.stake += to_money(j.stake);
    validator.leaving = false;
    if (!validator.active) {
        validator.beacon_commitment = j.beacon_commitment;
        validator.left_at = height();
    }
    events.emplace_back(event::ValidatorJoined{{row}, j.stake});
}

// The first asks to leave; the second, once the set was left and evidence is no longer taken, pays
// the stake out.
void ReferenceChain::operation(const op::WithdrawStake&) {
    const auto found = std::find_if(world.validators.begin(), world.validators.end(),
                                    [&](const Validator& v) { return v.address == sender_; });
    if (!require(found != world.validators.end(), ErrorCode::kNotFound)) return;
    Validator& validator = *found;
    const auto row = static_cast<Row>(found - world.validators.begin());
    if (!validator.leaving) {
        validator.leaving = true;
        events.emplace_back(event::ValidatorLeaving{{row}});
        return;
    }
    if (!require(!validator.active && validator.stake > 0, ErrorCode::kWrongState)) return;
    if (!require(height() >= validator.left_at + policy().stake_cooldown_blocks,
                 ErrorCode::kBondLocked)) {
        return;
    }
    events.emplace_back(event::StakeWithdrawn{{row}, to_amount(validator.stake)});
    add(sender_, validator.stake);
    validator.stake = 0;
}

// Two different items that one validator signed for one slot: (parent, proposer) for blocks,
// (proposer, sequence) for vertices, whose signature follows the number of the newest cut, which it
// covers, and for votes kind, round and height in 3, 24 and 36 bits below the highest bit, which is
// 1. Each slot is punished once.
void ReferenceChain::operation(const op::Evidence& e) {
    if (!require(e.validator < world.validators.size(), ErrorCode::kNotFound)) return;
    Validator& accused = world.validators[e.validator];
    const bool of_votes = e.slot >> 63 != 0;
    const bool of_vertices = !of_votes && law_.parameters.dag.has_value();
    const std::uint64_t voted_at = e.slot & ((std::uint64_t{1} << 36) - 1);
    const ProposalSlot slot{e.slot, *e.parent};
    if (of_votes || of_vertices) require(e.parent->is_zero(), ErrorCode::kInvalidArgument);
    Money made_after = of_vertices ? Money{0} : Money{of_votes ? voted_at : e.slot};
    const auto is_signed = [&](const Hash32& id, const Bytes& authorization) {
        Writer message;
        ByteView signature(authorization);
        if (of_votes) {
            message.raw(as_bytes("aivm-vote")).u64(law_.chain_id);
            message.u8(static_cast<std::uint8_t>(e.slot >> 60 & 7)).u64(voted_at);
            message.u32(static_cast<std::uint32_t>(e.slot >> 36 & 0xFFFFFF));
        } else if (of_vertices) {
            Reader in(signature);
            const std::uint64_t cut = in.u64();
            if (!require(in.ok(), ErrorCode::kInvalidArgument)) return false;
            made_after = std::max(made_after, Money{cut});
            signature = signature.subspan(sizeof cut);
            message.raw(as_bytes("aivm-vertex-slot")).u64(law_.chain_id).u64(e.slot).u64(cut);
        } else {
            message.raw(as_bytes("aivm-slot")).u64(law_.chain_id).u64(e.slot).fixed(*e.parent);
        }
        message.fixed(id);
        return !signature.empty() &&
               law_.authorizer->verify(accused.address, keccak256(message.view()), signature);
    };
    const bool first = is_signed(e.first_id, e.first_authorization);
    const bool second = is_signed(e.second_id, e.second_authorization);
    require(first && second, ErrorCode::kNotAuthorized);
    require(Money{height()} <= made_after + policy().evidence_ttl_blocks, ErrorCode::kWindowClosed);
    require(e.first_id != e.second_id, ErrorCode::kInvalidArgument);
    require(!accused.slashed_slots.contains(slot), ErrorCode::kDuplicate);
    require(accused.stake * policy().slash_equivocation_bps / 10'000 > 0, ErrorCode::kWrongState);
    require(accused.slashed_slots.size() < kSlashedSlotsMax, ErrorCode::kLimitReached);
    if (!reasons_.none()) return;
    accused.slashed_slots.insert(slot);
    slash_validator(e.validator);
}

// When an epoch closes: those that asked to leave, those below the minimum stake and those that
// were punished too often leave the set, the others are in it. The set never becomes empty.
void ReferenceChain::choose_validators() {
    const Money least = to_money(policy().validator_stake_min);
    const auto may_stay = [&](const Validator& v) {
        return !v.leaving && v.stake >= least && v.slashed_slots.size() <= kSlotsOfAMemberMax;
    };
    if (std::none_of(world.validators.begin(), world.validators.end(), may_stay)) return;
    for (Validator& validator : world.validators) {
        if (validator.active && !may_stay(validator)) validator.left_at = height();
        validator.active = may_stay(validator);
    }
}

}  // namespace aivm::reference
