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
    }
    return 0;
}

}  // namespace

// Ends the seat and takes from its provider's bond, then from its unclaimed credit. Returns the
// challenger's share that waits for a claim to turn out true.
Money ReferenceChain::slash_seat(Row row, std::size_t number, const ProviderSlash& slash) {
    const Seat seat = world.tasks[row].seats[number];
    end_seat(row, number, SeatStatus::kSlashed);
    Provider& provider = world.providers[seat.provider];
    const Money due = share_of(seat.locked, rate_of(policy(), slash.cause));
    const Money from_bond = std::min(due, provider.bond);
    const Money from_credit = std::min(due - from_bond, provider.credit);
    const Money taken = from_bond + from_credit;
    provider.bond -= from_bond;
    provider.credit -= from_credit;
    provider.slashed_total = std::min(provider.slashed_total + taken, kLargestTotal);
    if (slash.cause == SlashCause::kWrongAnswer) {
        provider.trust_lost = true;
        provider.earned_until = 0;
    }

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
