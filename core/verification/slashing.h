// Taking bonds: how much is due, how much is still there, and who gets it.
#pragma once

#include "core/state/transition.h"

namespace aivm {

struct ProviderSlash {
    SlashCause cause = SlashCause::kWrongAnswer;
    TaskIndex task;
    ProviderIndex provider;
    Amount due;
    std::optional<Address> challenger;  // gets challenger_share_bps of what is taken
    std::optional<Address> requester;   // gets requester_share_bps
};

// Takes what is due from the bond, and from unclaimed credit when the bond does not suffice; shares
// it out and burns the rest. Emits Slashed with due and taken, which differ when a bond escaped.
void slash_provider(Transition& t, const ProviderSlash& slash);

// Takes a challenger's whole bond. A provider that was right gets provider_share_bps as credit; the
// rest burns.
struct ChallengerSlash {
    TaskIndex task;
    Address challenger;
    Amount bond;
    std::optional<ProviderIndex> right_provider;
};
void slash_challenger(Transition& t, const ChallengerSlash& slash);

// What one open seat could still cost its provider: the largest slash that its mode and status
// allow.
Amount slash_exposure(const VmParameters& parameters, const Task& task, const Seat& seat);

}  // namespace aivm
