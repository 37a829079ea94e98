// Remembers who signed which vote, and finds two that one validator signed for one slot.
#pragma once

#include <map>
#include <utility>

#include "sim/consensus/bft/messages.h"
#include "sim/scenario/engines.h"

namespace aivm::sim {

class DoubleVotes {
public:
    // Requires that the signature is the voter's. Appends evidence, once per voter and slot, if
    // another vote of the slot is known.
    void note(VoterIndex voter, const SigningSlot& slot, const Hash32& block,
              const Bytes& signature, Actions& out) {
        const auto [first, is_new] =
            votes_.try_emplace({slot, voter}, Vote{block, signature, false});
        if (is_new || first->second.block == block || first->second.reported) return;
        first->second.reported = true;
        out.push_back(SubmitEvidence{voter, slot, first->second.block, first->second.signature,
                                     block, signature});
    }
    // The same, unless the signature is another's.
    void note_if_signed(const EngineHost& host, VoterIndex voter, const SignedVote& vote,
                        Actions& out) {
        if (host.signed_by(voter, vote.slot, vote.item, vote.signature))
            note(voter, vote.slot, vote.item, vote.signature, out);
    }
    // Whoever receives a certificate may have received other votes of its voters.
    void note_all(const EngineHost& host, const QuorumCertificate& certificate, Actions& out) {
        for (const VoteSignature& each : certificate.votes)
            note_if_signed(host, each.voter,
                           {certificate.slot(), certificate.block.id, each.signature}, out);
    }
    void forget_below(Height height) {
        std::erase_if(votes_, [&](const auto& each) { return each.first.first.height < height; });
    }

private:
    struct Vote {
        Hash32 block;
        Bytes signature;
        bool reported = false;
    };
    std::map<std::pair<SigningSlot, VoterIndex>, Vote> votes_;
};

}  // namespace aivm::sim
