#include "core/verification/slashing.h"

#include <algorithm>

#include "core/base/mutant.h"
#include "core/ledger/ledger.h"

namespace aivm {
namespace {

using ledger::Pot;

static_assert(static_cast<int>(SeatStatus::kSelected) == static_cast<int>(SeatStage::kDrawn) &&
              static_cast<int>(SeatStatus::kCommitted) == static_cast<int>(SeatStage::kCommitted) &&
              static_cast<int>(SeatStatus::kPosted) == static_cast<int>(SeatStage::kPosted));

event::Slashed begin_slash(SlashCause cause, SlashVictim victim, const Address& account) {
    AIVM_CHECK(slash_cause(cause).victim == victim);
    event::Slashed slash;
    slash.cause = cause;
    slash.account = account;
    return slash;
}

// Burns what was taken from `pot` and nobody received.
void finish_slash(Transition& t, Pot pot, event::Slashed slash) {
    slash.burned =
        slash.taken - slash.to_challenger - slash.to_requester - slash.to_provider - slash.waiting;
    ledger::burn(t, pot, slash.burned);
    t.emit(slash);
}

}  // namespace

Amount due_for(const Policy& policy, SlashCause cause, Amount stake) {
    const SlashCauseRow& row = slash_cause(cause);
    if (row.rate == nullptr) return stake;
    return stake.bps(AIVM_MUTANT(slash_half) ? policy.*row.rate / 2 : policy.*row.rate);
}

Amount slash_provider(Transition& t, const ProviderSlash& slash) {
    Provider& provider = t.edit_provider(slash.provider);
    event::Slashed out = begin_slash(slash.cause, SlashVictim::kProvider, provider.owner);
    out.task = slash.task;
    out.provider = slash.provider;
    out.due = due_for(t.policy(), slash.cause, slash.locked);
    const Amount from_bond = AIVM_MUTANT(D34) ? Amount() : std::min(out.due, provider.bond);
    const Amount from_credit = std::min(out.due - from_bond, provider.credit);
    out.taken = from_bond + from_credit;
    if (!AIVM_MUTANT(slash_kept)) provider.bond -= from_bond;
    provider.credit -= from_credit;
    if (slash.cause == SlashCause::kWrongAnswer && !AIVM_MUTANT(trust_kept)) {
        provider.trust_lost = true;
        provider.earned_until = 0;
    }
    provider.slashed_total = provider.slashed_total.saturating_plus(out.taken);
    ledger::move(t, Pot::kCredits, Pot::kBonds, from_credit);

    if (slash.share_waits) {
        AIVM_CHECK(!slash.challenger);
        out.waiting = out.taken.bps(t.policy().challenger_share_bps);
        ledger::move(t, Pot::kBonds, Pot::kTaskEscrows, out.waiting);
    }
    if (slash.challenger) {
        out.challenger = *slash.challenger;
        out.to_challenger =
            out.taken.bps(AIVM_MUTANT(slash_shares) ? t.policy().requester_share_bps
                                                    : t.policy().challenger_share_bps);
        ledger::release(t, Pot::kBonds, *slash.challenger, out.to_challenger);
    }
    if (slash.requester) {
        out.to_requester = out.taken.bps(t.policy().requester_share_bps);
        ledger::release(t, Pot::kBonds, *slash.requester, out.to_requester);
    }
    finish_slash(t, Pot::kBonds, out);
    return out.waiting;
}

void slash_challenger(Transition& t, const ChallengerSlash& slash) {
    event::Slashed out = begin_slash(slash.cause, SlashVictim::kChallenger, slash.challenger);
    out.task = slash.task;
    out.due = due_for(t.policy(), slash.cause, slash.bond);
    out.taken = out.due;
    if (slash.right_provider) {
        out.provider = *slash.right_provider;
        out.to_provider = out.taken.bps(t.policy().provider_share_bps);
        t.edit_provider(*slash.right_provider).credit += out.to_provider;
        ledger::move(t, Pot::kChallengeBonds, Pot::kCredits, out.to_provider);
    }
    finish_slash(t, Pot::kChallengeBonds, out);
}

void slash_validator(Transition& t, SlashCause cause, ValidatorIndex index,
                     const Address& reporter) {
    Validator& validator = t.edit_validator(index);
    event::Slashed out = begin_slash(cause, SlashVictim::kValidator, validator.address);
    out.due = due_for(t.policy(), cause, validator.stake);
    out.taken = out.due;
    validator.stake -= out.taken;
    out.challenger = reporter;
    out.to_challenger = out.taken.bps(t.policy().reporter_share_bps);
    ledger::release(t, Pot::kBonds, reporter, out.to_challenger);
    finish_slash(t, Pot::kBonds, out);
}

Amount slash_exposure(const VmParameters& parameters, const Task& task, const Seat& seat) {
    if (!seat.open()) return {};
    const auto stage = static_cast<SeatStage>(seat.status);
    std::uint32_t bps = 0;
    for (const SlashCauseRow& row : kSlashCauses) {
        if (row.victim != SlashVictim::kProvider || stage > row.last_stage) continue;
        if (row.possible(parameters, task.mode)) bps = std::max(bps, parameters.policy.*row.rate);
    }
    return seat.locked.bps(bps);
}

}  // namespace aivm
