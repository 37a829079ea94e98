// The snowman engine: repeated sampling over a tree of blocks until one branch is certain.
//
// Every undecided parent owns a Snow instance over its children. A poll asks k distinct other
// validators drawn by stake; a vote for a block counts for all its undecided ancestors too. A child
// of the last accepted block is accepted when beta polls in a row gave it alpha_confidence votes;
// its siblings and their descendants are rejected.
//
// What is counted of an answer: its preferred block if this node has verified it; else the block it
// names at the queried height, if that one is verified here; else its last accepted block, if that
// one is still undecided here; else nothing. A choice unknown here is fetched, and helps in a later
// poll. No answer in time is no vote.
//
// What cannot be helped: where everybody is asked (k = n - 1), siblings of which none is preferred
// by alpha_preference of the others stay undecided, since nobody may change its mind on less. A
// simple majority as alpha_preference settles any split in two; sampling fewer than all settles the
// others too, by chance.
//
// Quiet: with nothing undecided no polls are made. A node that heard nothing for `idle_probe_ns`
// asks one other for its frontier, which is how one that was cut off finds out.
#pragma once

#include <memory>
#include <vector>

#include "sim/consensus/consensus.h"
#include "sim/consensus/snow_parameters.h"

namespace aivm::sim {

class RandomStream;

struct CatchUpParameters {
    Height gap = 3;  // this far behind somebody's frontier, catching up begins
    std::uint64_t timeout_ns = 2'000'000'000;      // of one round of requests
    std::uint64_t cooldown_ns = 5'000'000'000;     // between two that this node begins by itself
    std::uint64_t idle_probe_ns = 10'000'000'000;  // 0: never
    std::uint32_t blocks_per_fetch = 64;
};

struct SnowmanConfig {
    SnowParameters snow;
    CatchUpParameters catch_up;
    std::vector<std::uint64_t> stakes;  // of all validators, this node's too
    VoterIndex self = 0;
};

// Refuses what check(SnowParameters) refuses, a node outside the list and stakes whose sum exceeds
// 64 bits. Both references must outlive the engine.
Result<std::unique_ptr<ConsensusEngine>> make_snowman(const SnowmanConfig& config,
                                                      const AcceptedBlocks& accepted,
                                                      RandomStream& random);

}  // namespace aivm::sim
