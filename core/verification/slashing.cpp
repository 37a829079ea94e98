#include "core/verification/slashing.h"

#include <algorithm>
#include <vector>

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

// An amount times a ratio, at most `most`.
Amount scaled(Amount amount, std::uint64_t numerator, std::uint64_t denominator, Amount most) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{amount.nlux()} * numerator / denominator;
    return product >= most.nlux() ? most : Amount(static_cast<std::uint64_t>(product));
}

// What a further proven wrong answer costs: `base` times the escalation for every offence before,
// of which the unlocked bond pays what exceeds `base`.
Amount escalated(const Policy& policy, const Provider& provider, Amount base) {
    constexpr std::uint64_t kWhole = 10'000;
    const Amount most = std::max(base, provider.unlocked());
    Amount due = base;
    for (std::uint64_t i = 0; i < provider.offences && due < most; ++i) {
        const Amount next = scaled(due, policy.slash_escalation_bps, kWhole, most);
        if (next == due) break;  // so small that rounding takes all that it would grow by
        due = next;
    }
    return due;
}

// A penalty that is still to come covers the offences until then.
void note_offence(Transition& t, Provider& provider, TaskIndex task) {
    count_up(provider.offences);
    provider.trust_lost = true;
    provider.earned_until = 0;
    if (t.policy().correlation_multiplier == 0 || provider.penalty_due) return;
    provider.penalty_due = true;
    provider.offended_at = t.block().height;
    provider.offended_task = task;
    provider.offended_bond = provider.bond;
}

// The bonds of which the correlated penalty is a share.
struct OffendedBonds {
    WideNlux offended = 0;  // of providers that were proven wrong around that time
    WideNlux all = 0;
};

OffendedBonds count_offended(const State& state, Height at, std::uint64_t window) {
    OffendedBonds out;
    state.providers.for_each([&](std::size_t, const Provider& p) {
        const Height apart = std::max(p.offended_at, at) - std::min(p.offended_at, at);
        const bool counts = p.offended_at != 0 && apart <= window;
        out.all += counts ? p.offended_bond.nlux() : p.bond.nlux();
        if (counts) out.offended += p.offended_bond.nlux();
    });
    return out;
}

void charge_correlated(Transition& t, ProviderIndex index) {
    Provider& provider = t.edit_provider(index);
    provider.penalty_due = false;
    const OffendedBonds bonds =
        count_offended(t.state(), provider.offended_at, t.policy().correlation_window_blocks);
    if (bonds.all == 0) return;
    const WideNlux share = std::min(bonds.all, bonds.offended * t.policy().correlation_multiplier);
    // The share in millionths, so that the product fits.
    const auto ppm = static_cast<std::uint64_t>(share * 1'000'000 / bonds.all);
    event::Slashed out =
        begin_slash(SlashCause::kCorrelated, SlashVictim::kProvider, provider.owner);
    out.task = provider.offended_task;
    out.provider = index;
    out.due = out.taken = scaled(provider.offended_bond, ppm, 1'000'000, provider.unlocked());
    provider.bond -= out.taken;
    provider.slashed_total = provider.slashed_total.saturating_plus(out.taken);
    finish_slash(t, Pot::kBonds, out);
}

}  // namespace

void charge_correlated_penalties(Transition& t) {
    const Policy& policy = t.policy();
    if (policy.correlation_multiplier == 0) return;
    const Height height = t.block().height;
    std::vector<ProviderIndex> due;
    t.state().providers.for_each([&](std::size_t i, const Provider& p) {
        if (p.penalty_due && p.offended_at + policy.correlation_window_blocks == height)
            due.push_back(ProviderIndex{static_cast<std::uint32_t>(i)});
    });
    for (const ProviderIndex provider : due) charge_correlated(t, provider);
}

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
    const bool wrong = slash.cause == SlashCause::kWrongAnswer;
    if (wrong) {
        out.due = escalated(t.policy(), provider, out.due);
        if (!AIVM_MUTANT(trust_kept)) note_offence(t, provider, slash.task);
    }
    const Amount from_bond = AIVM_MUTANT(D34) ? Amount() : std::min(out.due, provider.bond);
    const Amount from_credit = std::min(out.due - from_bond, provider.credit);
    out.taken = from_bond + from_credit;
    if (!AIVM_MUTANT(slash_kept)) provider.bond -= from_bond;
    provider.credit -= from_credit;
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
