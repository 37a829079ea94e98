// What the engines whose validators sign their votes have in common. A type of vote has
//     SignedVote signed_vote() const;
#pragma once

#include <functional>
#include <optional>

#include "sim/consensus/consensus.h"
#include "sim/scenario/engines.h"

namespace aivm::sim {

// Sends the message to every validator but the node itself.
inline void send_all(VoterIndex self, std::size_t validators, const Message& message,
                     Actions& out) {
    for (VoterIndex each = 0; each < validators; ++each)
        if (each != self) out.push_back(Send{each, message});
}

// The vote in the message; nothing if it is of another type.
template <class Vote>
std::optional<SignedVote> signed_vote_in(const Message& message) {
    const auto* vote = message.get_if<Vote>();
    return vote != nullptr ? std::optional(vote->signed_vote()) : std::nullopt;
}

// Signs, in the slot of this vote, for another item.
inline SignedVote vote_for(const Hash32& other, SignedVote vote,
                           const std::function<Bytes(const SignedVote&)>& sign) {
    vote.item = other;
    vote.signature = sign(vote);
    return vote;
}

}  // namespace aivm::sim
