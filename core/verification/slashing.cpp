#include "core/verification/slashing.h"

#include <algorithm>

#include "core/ledger/ledger.h"

namespace aivm {

using ledger::Pot;

void slash_provider(Transition& t, const ProviderSlash& slash) {
    Provider& provider = t.edit_provider(slash.provider);
    const Amount from_bond = std::min(slash.due, provider.bond);
    const Amount from_credit = std::min(slash.due - from_bond, provider.credit);
    const Amount taken = from_bond + from_credit;
    provider.bond -= from_bond;
    provider.credit -= from_credit;
    provider.slashed_total += taken;
    const Address owner = provider.owner;
    ledger::move(t, Pot::kCredits, Pot::kBonds, from_credit);

    event::Slashed out;
    out.cause = slash.cause;
    out.task = slash.task;
    out.account = owner;
    out.provider = slash.provider;
    out.due = slash.due;
    out.taken = taken;
    if (slash.challenger) {
        out.challenger = *slash.challenger;
        out.to_challenger = taken.bps(t.policy().challenger_share_bps);
        ledger::release(t, Pot::kBonds, *slash.challenger, out.to_challenger);
    }
    if (slash.requester) {
        out.to_requester = taken.bps(t.policy().requester_share_bps);
        ledger::release(t, Pot::kBonds, *slash.requester, out.to_requester);
    }
    out.burned = taken - out.to_challenger - out.to_requester;
    ledger::burn(t, Pot::kBonds, out.burned);
    t.emit(out);
}

void slash_challenger(Transition& t, const ChallengerSlash& slash) {
    event::Slashed out;
    out.cause = SlashCause::kLostChallenge;
    out.task = slash.task;
    out.account = slash.challenger;
    out.due = slash.bond;
    out.taken = slash.bond;
    if (slash.right_provider) {
        out.provider = *slash.right_provider;
        out.to_provider = slash.bond.bps(t.policy().provider_share_bps);
        Provider& provider = t.edit_provider(*slash.right_provider);
        provider.credit += out.to_provider;
        ledger::move(t, Pot::kChallengeBonds, Pot::kCredits, out.to_provider);
    }
    out.burned = slash.bond - out.to_provider;
    ledger::burn(t, Pot::kChallengeBonds, out.burned);
    t.emit(out);
}

Amount slash_exposure(const VmParameters& parameters, const Task& task, const Seat& seat) {
    if (!seat.open()) return {};
    const Policy& policy = parameters.policy;
    const bool redundant = task.mode == VerificationMode::kRedundant;
    // What is still ahead of a seat: an answer found wrong, before that a reveal withheld, before
    // that silence.
    std::uint32_t bps = policy.slash_bps;
    if (redundant && parameters.config.challenge_window_blocks == 0)
        bps = 0;  // nobody can prove it wrong
    if (redundant) bps = std::max(bps, policy.slash_divergent_bps);
    const bool will_reveal =
        redundant && policy.commit_reveal && seat.status != SeatStatus::kPosted;
    if (will_reveal) bps = std::max(bps, policy.slash_unrevealed_bps);
    if (seat.status == SeatStatus::kSelected) {
        bps = std::max(bps, redundant ? policy.slash_silent_bps : policy.slash_timeout_bps);
    }
    return seat.locked.bps(bps);
}

}  // namespace aivm
