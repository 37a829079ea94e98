// Slashing: who loses how much, and who receives which share of it. The rest is burned.
#include <algorithm>

#include "core/reference/reference_chain.h"

namespace aivm::reference {
namespace {

constexpr Money kLargestTotal = Money{~std::uint64_t{0}};

// The rate of each cause, in basis points of what is at stake. A lost challenge costs all of it.
std::uint32_t rate_of(const Policy& policy, SlashCause cause) {
    switch (cause) {
        case SlashCause::kWrongAnswer:
            return policy.slash_bps;
        case SlashCause::kTimeout:
            return policy.slash_timeout_bps;
        case SlashCause::kDivergent:
            return policy.slash_divergent_bps;
        case SlashCause::kUnrevealed:
            return policy.slash_unrevealed_bps;
        case SlashCause::kSilent:
            return policy.slash_silent_bps;
        case SlashCause::kLostChallenge:
            return 10'000;
        case SlashCause::kEquivocation:
            return policy.slash_equivocation_bps;
        case SlashCause::kCorrelated:
            break;  // of its own rule
    }
    return 0;
}

}  // namespace

// The part of a bond that backs no open seat.
Money ReferenceChain::free_bond(Row provider) const {
    const Money locked = duties_of(provider).locked;
    const Money bond = world.providers[provider].bond;
    return bond > locked ? bond - locked : 0;
}

// Each offence before multiplies what this one costs; only the free bond pays for that.
Money ReferenceChain::escalated(const Provider& provider, Money base, Money free) const {
    const Money most = std::max(base, free);
    if (policy().slash_escalation_bps == 10'000) return base;
    Money due = base;
    for (std::uint64_t i = 0; i < provider.offences && due != 0 && due < most; ++i)
        due = std::min(due * policy().slash_escalation_bps / 10'000, most);
    return due;
}

void ReferenceChain::note_offence(Provider& provider, Row task) {
    if (provider.offences < ~std::uint64_t{0}) provider.offences += 1;
    provider.trust_lost = true;
    provider.earned_until = 0;
    if (policy().correlation_multiplier == 0 || provider.penalty_due) return;
    provider.penalty_due = true;
    provider.offended_at = height();
    provider.offended_task = task;
    provider.offended_bond = provider.bond;
}

// The penalty that grows with the share of all bonds that offended around the same time. Bonds are
// counted as they were at the offence.
void ReferenceChain::charge_correlated(Row row) {
    const std::uint64_t window = policy().correlation_window_blocks;
    Provider& provider = world.providers[row];
    if (policy().correlation_multiplier == 0 || !provider.penalty_due) return;
    if (height() != provider.offended_at + window) return;
    provider.penalty_due = false;
    Money all = 0;
    Money offended = 0;
    for (const Provider& other : world.providers) {
        const bool together = other.offended_at != 0 &&
                              other.offended_at + window >= provider.offended_at &&
                              provider.offended_at + window >= other.offended_at;
        all += together ? other.offended_bond : other.bond;
        offended += together ? other.offended_bond : 0;
    }
    if (all == 0) return;
    const Money ppm = std::min(offended * policy().correlation_multiplier, all) * 1'000'000 / all;
    const Money taken = std::min(provider.offended_bond * ppm / 1'000'000, free_bond(row));
    provider.bond -= taken;
    provider.slashed_total = std::min(provider.slashed_total + taken, kLargestTotal);
    world.head.burned += taken;
    event::Slashed event;
    event.cause = SlashCause::kCorrelated;
    event.task = {provider.offended_task};
    event.account = provider.owner;
    event.provider = {row};
    event.due = event.taken = event.burned = to_amount(taken);
    events.emplace_back(event);
}

// Ends the seat and takes from its provider's bond, then from its unclaimed credit. Returns the
// challenger's share that waits for a claim to turn out true.
Money ReferenceChain::slash_seat(Row row, std::size_t number, const ProviderSlash& slash) {
    const Seat seat = world.tasks[row].seats[number];
    end_seat(row, number, SeatStatus::kSlashed);
    Provider& provider = world.providers[seat.provider];
    Money due = share_of(seat.locked, rate_of(policy(), slash.cause));
    if (slash.cause == SlashCause::kWrongAnswer) {
        due = escalated(provider, due, free_bond(seat.provider));
        note_offence(provider, row);
    }
    const Money from_bond = std::min(due, provider.bond);
    const Money from_credit = std::min(due - from_bond, provider.credit);
    const Money taken = from_bond + from_credit;
    provider.bond -= from_bond;
    provider.credit -= from_credit;
    provider.slashed_total = std::min(provider.slashed_total + taken, kLargestTotal);

    event::Slashed event;
    event.cause = slash.cause;
    event.task = {row};
    event.account = provider.owner;
    event.provider = {seat.provider};
    event.due = to_amount(due);
    event.taken = to_amount(taken);
    Money burned = taken;
    const Money challenger_share = share_of(taken, policy().challenger_share_bps);
    if (slash.share_waits) {
        event.waiting = to_amount(challenger_share);
        burned -= challenger_share;
    }
    if (slash.challenger) {
        event.challenger = *slash.challenger;
        event.to_challenger = to_amount(challenger_share);
        add(*slash.challenger, challenger_share);
        burned -= challenger_share;
    }
    if (slash.requester) {
        const Money share = share_of(taken, policy().requester_share_bps);
        event.to_requester = to_amount(share);
        add(*slash.requester, share);
        burned -= share;
    }
    world.head.burned += burned;
    event.burned = to_amount(burned);
    events.emplace_back(event);
    return slash.share_waits ? challenger_share : 0;
}

// The whole bond; a share of it goes to a provider that was right.
void ReferenceChain::slash_challenger(Row row, std::optional<Row> right_provider) {
    Dispute& dispute = world.disputes[row];
    event::Slashed event;
    event.cause = SlashCause::kLostChallenge;
    event.task = {dispute.task};
    event.account = dispute.challenger;
    event.due = event.taken = to_amount(dispute.bond);
    Money burned = dispute.bond;
    if (right_provider) {
        const Money share = share_of(dispute.bond, policy().provider_share_bps);
        world.providers[*right_provider].credit += share;
        event.provider = {*right_provider};
        event.to_provider = to_amount(share);
        burned -= share;
    }
    dispute.bond = 0;
    world.head.burned += burned;
    event.burned = to_amount(burned);
    events.emplace_back(event);
}

void ReferenceChain::slash_validator(Row row) {
    Validator& validator = world.validators[row];
    const Money taken = share_of(validator.stake, rate_of(policy(), SlashCause::kEquivocation));
    const Money reward = share_of(taken, policy().reporter_share_bps);
    validator.stake -= taken;
    add(sender_, reward);
    world.head.burned += taken - reward;
    event::Slashed event;
    event.cause = SlashCause::kEquivocation;
    event.account = validator.address;
    event.due = event.taken = to_amount(taken);
    event.challenger = sender_;
    event.to_challenger = to_amount(reward);
    event.burned = to_amount(taken - reward);
    events.emplace_back(event);
}

}  // namespace aivm::reference
