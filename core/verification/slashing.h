// Taking bonds and stakes. Every slash goes through this file: the table of causes
// (core/config/slash_causes.h) says who loses and at which rate, the functions here say what is
// still there to take and who receives it. The remainder is burned, and one Slashed event is
// emitted.
#pragma once

#include "core/config/slash_causes.h"
#include "core/state/transition.h"

namespace aivm {

// The amount that the policy takes for this cause when `stake` is at stake.
Amount due_for(const Policy& policy, SlashCause cause, Amount stake);

// A cause whose victim is a provider.
struct ProviderSlash {
    SlashCause cause = SlashCause::kWrongAnswer;
    TaskIndex task;
    ProviderIndex provider;
    Amount locked;                      // the result bond of the seat that is slashed
    std::optional<Address> challenger;  // receives challenger_share_bps of what is taken
    std::optional<Address> requester;   // receives requester_share_bps
    // There is no challenger to reward yet: its share waits in the task's escrow.
    bool share_waits = false;
};

// Takes what is due from the bond, and from unclaimed credit when the bond does not suffice. `due`
// and `taken` of the event differ when a bond escaped. Returns the share that waits.
Amount slash_provider(Transition& t, const ProviderSlash& slash);

// A cause whose victim is a challenger.
struct ChallengerSlash {
    SlashCause cause = SlashCause::kLostChallenge;
    TaskIndex task;
    Address challenger;
    Amount bond;
    std::optional<ProviderIndex> right_provider;  // receives provider_share_bps as credit
};
void slash_challenger(Transition& t, const ChallengerSlash& slash);

// A cause whose victim is a validator: takes from its stake. reporter_share_bps of that go to the
// account that reported it, the rest is burned.
void slash_validator(Transition& t, SlashCause cause, ValidatorIndex validator,
                     const Address& reporter);

// Charges the correlated penalties that are due in this block (Policy::correlation_multiplier).
void charge_correlated_penalties(Transition& t);

// The largest slash that one seat can still cost its provider; zero for a seat that has ended.
Amount slash_exposure(const VmParameters& parameters, const Task& task, const Seat& seat);

}  // namespace aivm
