// What a node knows and has promised about the height that is being decided, and what of that has
// to survive a crash.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "sim/consensus/bft/messages.h"
#include "sim/consensus/bft/vote_book.h"

namespace aivm::sim {

// In a round: waiting for the proposal, for prevotes, for precommits.
enum class BftStep : std::uint8_t { kPropose, kPrevote, kPrecommit };

struct BlockInRound {
    std::uint32_t round = 0;
    Hash32 block;

    static constexpr auto fields() {
        return std::tuple{field<&BlockInRound::round>(), field<&BlockInRound::block>()};
    }
};

// Written before each vote is signed.
struct Promises {
    Height height = 0;
    std::uint32_t round = 0;
    BftStep step = BftStep::kPropose;
    // What it voted for in this round: kNil for none.
    Hash32 prevoted;
    Hash32 precommitted;
    // The block it precommitted last, in which round. It prevotes for another one only if that has
    // a quorum of prevotes from this round or a later one.
    std::optional<BlockInRound> locked;
    // The last block with a quorum of prevotes, which it proposes when it is its turn.
    std::optional<QuorumCertificate> polka;
    // The block that it built for this height: it proposes no other of its own.
    std::optional<Hash32> built;

    static constexpr auto fields() {
        return std::tuple{field<&Promises::height>(),       field<&Promises::round>(),
                          field<&Promises::step>(),         field<&Promises::prevoted>(),
                          field<&Promises::precommitted>(), field<&Promises::locked>(),
                          field<&Promises::polka>(),        field<&Promises::built>()};
    }
};

struct Contest {
    Contest(Height height, std::span<const std::uint64_t> stakes) : votes(stakes) {
        promises.height = height;
    }

    [[nodiscard]] const Proposal* proposal() const {
        const auto found = proposals.find(promises.round);
        return found == proposals.end() ? nullptr : &found->second;
    }

    Promises promises;
    VoteBook votes;
    std::map<std::uint32_t, Proposal> proposals;  // of each round's proposer, the first one
    std::vector<BallotCast> cast;                 // by this node, in this round and the one before
    std::set<Hash32> invalid;
    std::set<std::pair<std::uint32_t, BftStep>> timed;  // the waits begun
    bool heard = false;                                 // somebody sent something about it
};

}  // namespace aivm::sim
