// What validators of chains and of DAGs share about votes: who signed one, when a node may sign,
// and how a strategy votes twice.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "core/state/state.h"
#include "sim/actors/packet.h"
#include "sim/actors/signing.h"
#include "sim/actors/strategy.h"
#include "sim/consensus/consensus.h"
#include "sim/scenario/engines.h"
#include "sim/storage/sim_disk.h"

namespace aivm::sim {

// Whether the validator signed the message for the slot. The validators' addresses are those of
// this state, the last accepted one: an entry changes hands only long after its validator left the
// set.
[[nodiscard]] bool is_signed_vote(const State& state, const Rules& rules, VoterIndex validator,
                                  const SigningSlot& slot, const Hash32& message,
                                  const Bytes& signature);

// The answer to the engine: with a signature unless the node has signed something else for the
// slot. The claim is on disk when it returns.
[[nodiscard]] Result<SlotSigned> sign_once(SimDisk& disk, const Signer& signer,
                                           std::uint64_t chain_id, const Sign& request);

// The votes of one validator on their way. Where its strategy says so, every second receiver gets a
// vote for something else instead or, where a vote goes to one node, the next node gets that one
// too.
class DoubledVotes {
public:
    struct Sender {
        const VotingRules& voting;
        ValidatorStrategy& strategy;
        const Signer& signer;
        std::uint64_t chain_id = 0;
        // What the second vote is for; nothing: an item that does not exist.
        std::function<std::optional<Hash32>(const SignedVote& first)> rival = {};
    };
    struct Sent {
        std::optional<SignedVote> vote;  // in the message; nothing if it is no vote
        std::optional<Message> beside;   // for the next node
    };
    // May put another vote in the place of the one in the message.
    Sent pass(const Sender& sender, ActorId to, Message& message);
    void clear() { doubled_.clear(); }

private:
    std::map<SigningSlot, bool> doubled_;
};

}  // namespace aivm::sim
