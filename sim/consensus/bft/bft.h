// The bft engine: Tendermint (Buchman, Kwon and Milosevic, "The latest gossip on BFT consensus",
// arXiv:1807.04938, algorithm 1), one height at a time.
//
//   propose     the proposer of the round announces a block on the last accepted one
//   prevote     for it, if it is valid and the node is not locked on another one; else for none
//   precommit   for a block with a quorum of prevotes, which locks the node on it; else for none
//   decide      a quorum of precommits of one round, whenever it is seen
//
// A round without a decision is followed by the next one, with another proposer and longer waits.
// With less than a third of the stake Byzantine no two blocks of one height are decided.
//
// What differs from the paper: a proposal of an earlier round's block carries the prevotes that
// justify it, so that nothing else of that round is needed; a node goes to the highest round that
// validators with more than a third of the stake have reached or passed; what a lossy network may
// have dropped is sent again at intervals; and while there is no work, round 0 waits for it.
//
// On disk before it is sent: each vote, by its signing slot, and the round, locks and own block.
// A restarted node continues from there. A node that is behind learns a certificate of a later
// block, checks it, and fetches the history below it. It counts as bootstrapping until validators
// that make a quorum with it have reported their heights, and it has what more than a third have.
//
// A validator that votes twice in one slot is reported by every node that sees both votes:
// directly, or in the certificate of a round or of the block before, which proposals carry.
#pragma once

#include <memory>
#include <vector>

#include "core/base/error.h"
#include "sim/consensus/consensus.h"

namespace aivm::sim {

struct BftConfig {
    std::vector<std::uint64_t> stakes;  // of all validators, this node's too, in `epoch`
    VoterIndex self = 0;
    std::uint64_t epoch = 0;
    // The wait for a proposal in round 0; it must cover the block interval.
    std::uint64_t first_proposal_timeout_ns = 0;
    std::uint64_t proposal_timeout_ns = 3'000'000'000;
    std::uint64_t vote_timeout_ns = 1'000'000'000;  // for the rest of the votes after a quorum
    std::uint64_t timeout_step_ns = 500'000'000;    // longer by this in each further round
    std::uint64_t resend_ns = 1'000'000'000;
    std::uint64_t fetch_timeout_ns = 2'000'000'000;
};

// Refuses a node outside the list, stakes whose sum is zero or exceeds 64 bits, and timeouts of
// zero. Both references must outlive the engine.
Result<std::unique_ptr<ConsensusEngine>> make_bft(const BftConfig& config, EngineHost& host);

}  // namespace aivm::sim
