// The avalanche engine: repeated sampling over a DAG of vertices. The rules of the votes are those
// of vertex_votes.h.
//
// A poll asks k units of stake of other validators for their preferred frontier. What an answer
// names and this node does not know is fetched first, for as long as the poll waits; what cannot be
// verified yet counts for its nearest undecided ancestors, and what does not come for nothing.
// Polls count in the order in which they were begun, and end early when no missing answer could
// change anything. There are polls while something is undecided.
//
// A vertex conflicts with another when they share a key and neither is an ancestor of the other. A
// vertex whose proposer is over its share of undecided ones, or whose parent is a cut that is not
// accepted yet, is verified again after the next decision.
//
// A node that starts again first learns what the others have accepted (vertex_history.h). One that
// received nothing for `idle_probe_ns` asks another for its accepted frontier and fetches what it
// does not know; what is many heights above it is learned as after a start.
#pragma once

#include <memory>
#include <vector>

#include "sim/consensus/avalanche/vertex_votes.h"
#include "sim/consensus/consensus.h"
#include "sim/scenario/engines.h"

namespace aivm::sim {

struct AvalancheConfig {
    std::uint32_t k = 20;
    AvalancheThresholds votes;
    std::uint32_t concurrent_polls = 4;
    // Number of undecided vertices at which the node stops building.
    std::uint32_t optimal_processing = 256;
    // Twice the smoothed latency of answers, between these; before the first answer the initial
    // one.
    std::uint64_t poll_timeout_initial_ns = 5'000'000'000;
    std::uint64_t poll_timeout_min_ns = 2'000'000'000;
    std::uint64_t poll_timeout_max_ns = 10'000'000'000;
    std::uint64_t fetch_timeout_ns = 2'000'000'000;
    std::uint64_t idle_probe_ns = 10'000'000'000;  // 0: never
    Height gap = 64;                    // heights above its own at which a node catches up
    std::vector<std::uint64_t> stakes;  // of all validators, this node's too
    VoterIndex self = 0;
};

// The most validators of equal stake that may be faulty at the same time in a run of `cuts` cuts:
// the computed chance of a fork, that two rivals are accepted, stays below 10^-9 in the run, and
// the polls until a decision within the recovery limit. With k, alpha and the polls at a time of
// the chain, the chance of one contest is the greater of two values of fork_chance
// (sim/consensus/snowman/fork_chance.h, which has the model and its limits):
//
//   rivals that know of each other   need alpha of k votes in beta_rogue polls in a row
//   a node that knows of one alone   needs beta_virtuous polls in which all k votes are for it: an
//                                    answer for the other one would make the node fetch that
//
// and the run has `cuts` x (1 + validators x vertices per cut interval / 2) contests: every cut,
// and every two vertices that can be issued. (Source: the decision rule of Team Rocket and others,
// "Scalable and Probabilistic Leaderless BFT Consensus through Metastability", arXiv:1906.08936,
// section 3, which bounds the same chance asymptotically; the budget is that of consensus.md.)
// Where validators also certify cuts by votes, it is at most less than a third.
FaultTolerance tolerance_of_avalanche(const ChainSettings& chain, std::uint32_t validators,
                                      std::uint64_t cuts);

// Refuses an alpha that is not above half of k or is above k, thresholds and counts of zero, more
// polls at a time than the least beta, a node outside the list, and stakes whose sum is zero or
// exceeds 64 bits. Both references must outlive the engine.
Result<std::unique_ptr<ConsensusEngine>> make_avalanche(const AvalancheConfig& config,
                                                        EngineHost& host, RandomStream& random);

}  // namespace aivm::sim
