#include "core/registry/validators.h"

#include <fmt/format.h>

#include "core/base/mutant.h"
#include "core/config/limits.h"
#include "core/ledger/ledger.h"

namespace aivm {
namespace {

// With evidence of more slots a validator leaves the set and does not come back: its list of
// punished slots may become full, and then nothing could be taken from it any more.
constexpr std::size_t kSlashedSlotsOfMemberMax = kSlashedSlotsMax - 64;

bool is_punished_too_often(const Validator& v) {
    return v.slashed_slots.size() > kSlashedSlotsOfMemberMax;
}

// The first entry that `matches`; the number of entries if none does.
template <class Matches>
std::uint32_t find_entry(const State& state, Matches matches) {
    std::uint32_t found = static_cast<std::uint32_t>(state.validators.size());
    state.validators.for_each([&](std::size_t i, const Validator& v) {
        if (i < found && matches(v)) found = static_cast<std::uint32_t>(i);
    });
    return found;
}

std::optional<ValidatorIndex> find_validator(const State& state, const Address& address) {
    const auto i = find_entry(state, [&](const Validator& v) { return v.address == address; });
    if (i == state.validators.size()) return std::nullopt;
    return ValidatorIndex{i};
}

// Nothing that the entry's last validator signed can be punished any more: evidence about it has
// expired (stake_cooldown_blocks >= evidence_ttl_blocks).
bool is_free(const Validator& v) { return !v.active && v.stake.is_zero() && v.leaving; }

bool qualifies(const Validator& v, const Policy& policy) {
    const bool has_enough = v.stake >= policy.validator_stake_min || AIVM_MUTANT(F26);
    return !v.leaving && has_enough && !is_punished_too_often(v);
}

}  // namespace

Status join_validators(Transition& t, const Address& sender, const op::JoinValidators& j) {
    if (j.stake.is_zero()) return fail(ErrorCode::kInvalidArgument, "a stake of zero");
    const auto known = find_validator(t.state(), sender);
    if (known && is_punished_too_often(t.read_validator(*known)))
        return fail(ErrorCode::kLimitReached, "a validator that was punished in so many slots");
    const Amount held = known ? t.read_validator(*known).stake : Amount();
    const auto stake = held.checked_plus(j.stake);
    if (!stake || *stake < t.policy().validator_stake_min) {
        return fail(ErrorCode::kInsufficientFunds,
                    fmt::format("a stake of {} nLUX is below the minimum of {}", j.stake.nlux(),
                                t.policy().validator_stake_min.nlux()));
    }
    AIVM_TRY(ledger::check_balance(t.state(), sender, j.stake));
    const std::uint32_t entry = known ? known->value : find_entry(t.state(), is_free);
    if (entry >= kValidatorsMax) return fail(ErrorCode::kLimitReached, "validators");
    ledger::lock(t, sender, ledger::Pot::kBonds, j.stake);
    const bool is_new = entry == t.state().validators.size();
    if (is_new) t.add_validator({});
    Validator& validator = t.edit_validator(ValidatorIndex{entry});
    if (!known) {
        validator = Validator();
        validator.address = sender;
        validator.active = false;
    }
    validator.stake = *stake;
    validator.leaving = false;
    if (!validator.active) {
        validator.beacon_commitment = j.beacon_commitment;
        validator.left_at = t.block().height;
    }
    t.emit(event::ValidatorJoined{ValidatorIndex{entry}, j.stake});
    return {};
}

Status withdraw_stake(Transition& t, const Address& sender) {
    const auto index = find_validator(t.state(), sender);
    if (!index) return fail(ErrorCode::kNotFound, "the sender is no validator");
    const Validator& v = t.read_validator(*index);
    if (!v.leaving) {
        t.edit_validator(*index).leaving = true;
        t.emit(event::ValidatorLeaving{*index});
        return {};
    }
    if (v.active) return fail(ErrorCode::kWrongState, "it leaves the set when the epoch closes");
    if (v.stake.is_zero()) return fail(ErrorCode::kWrongState, "no stake is left");
    const auto free_at = checked_add(v.left_at, t.policy().stake_cooldown_blocks);
    if (!free_at) return fail(ErrorCode::kOverflow, "cooldown of the stake");
    if (t.block().height < *free_at) {
        return fail(ErrorCode::kBondLocked,
                    fmt::format("the stake may be withdrawn from block {} on", *free_at));
    }
    const Amount amount = v.stake;
    t.edit_validator(*index).stake = Amount();
    ledger::release(t, ledger::Pot::kBonds, sender, amount);
    t.emit(event::StakeWithdrawn{*index, amount});
    return {};
}

void choose_validators(Transition& t) {
    const Policy& policy = t.policy();
    const auto fit = [&](const Validator& v) { return qualifies(v, policy); };
    const std::uint32_t validators = static_cast<std::uint32_t>(t.state().validators.size());
    if (find_entry(t.state(), fit) == validators) return;
    for (std::uint32_t i = 0; i < validators; ++i) {
        const Validator& v = t.read_validator(ValidatorIndex{i});
        if (v.active == fit(v)) continue;
        Validator& changed = t.edit_validator(ValidatorIndex{i});
        changed.active = !changed.active;
        if (!changed.active) changed.left_at = t.block().height;
    }
}

}  // namespace aivm
