// What the engines whose validators sign their votes have in common. A type of vote has
//     SignedVote signed_vote() const;
//     static Vote of(const SignedVote& vote);
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

// Beside this vote one for another item, in the same slot; nothing if the message is no such vote.
template <class Vote>
std::optional<Message> contradict_with(const Message& message, const Hash32& other,
                                       const std::function<Bytes(const SignedVote&)>& sign) {
    std::optional<SignedVote> vote = signed_vote_in<Vote>(message);
    if (!vote) return std::nullopt;
    vote->item = other;
    vote->signature = sign(*vote);
    return Vote::of(*vote);
}

// The member of the message, if the message is of the type that has it.
template <class Contents, class Member>
Member type_of_member(Member Contents::*);
template <class Contents, class Member>
Contents type_with_member(Member Contents::*);
template <auto kMember>
std::optional<decltype(type_of_member(kMember))> member_in(const Message& message) {
    const auto* contents = message.get_if<decltype(type_with_member(kMember))>();
    return contents != nullptr ? std::optional(contents->*kMember) : std::nullopt;
}

}  // namespace aivm::sim
