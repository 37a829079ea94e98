// The snowman engine: repeated sampling over a tree of blocks until one branch is decided.
//
// Every undecided parent owns a Snow instance over its children. A poll draws k units of the
// others' stake and asks their owners; a vote for a block counts for all its undecided ancestors
// too. A child of the last accepted block is accepted when it received alpha_confidence votes in
// each of beta consecutive polls; its siblings and their descendants are rejected.
//
// An answer counts for its preferred block if this node has verified it; else for the block it
// names at the queried height, if that one is verified here; else for its last accepted block, if
// that one is still undecided here; else for none. A choice unknown here is fetched, and counts in
// a later poll. An answer that misses the time-out is no vote.
//
// Known limitation of the settings kept for study (snow_settings.h): with a sample of distinct
// validators and k = n - 1, or with the flat instance, siblings of which none is preferred by
// alpha_preference of the others stay undecided, since no node may change its preference on fewer
// votes.
//
// A node pauses after a poll that taught it nothing (repoll_pause.h). With nothing undecided no
// polls are made. A node that received nothing for `idle_probe_ns` asks one other for its last
// accepted block; so a node that was cut off finds out.
#pragma once

#include <memory>
#include <vector>

#include "sim/consensus/consensus.h"
#include "sim/consensus/snowman/snow_parameters.h"

namespace aivm::sim {

struct BootstrapParameters {
    Height gap = 3;  // bootstrapping begins this many blocks behind another node
    std::uint64_t timeout_ns = 2'000'000'000;      // of one round of requests
    std::uint64_t cooldown_ns = 5'000'000'000;     // after one that brought no block
    std::uint64_t idle_probe_ns = 10'000'000'000;  // 0: never
    std::uint32_t blocks_per_fetch = 64;
};

struct SnowmanConfig {
    SnowParameters snow;
    BootstrapParameters bootstrap;
    std::vector<std::uint64_t> stakes;  // of all validators, this node's too
    VoterIndex self = 0;
};

// Refuses what check(SnowParameters) refuses, a node outside the list and stakes whose sum exceeds
// 64 bits. Both references must outlive the engine.
Result<std::unique_ptr<ConsensusEngine>> make_snowman(const SnowmanConfig& config, EngineHost& host,
                                                      RandomStream& random);

}  // namespace aivm::sim
