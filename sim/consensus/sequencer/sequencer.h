// The sequencer engine: one node orders blocks and the others follow.
//
// The ordering node accepts a block that it built after the finality delay, and only then sends it
// to the others: a crash in between loses a block that no other node has. Followers accept a block
// of the sequencer, and its ancestors, as soon as they have verified it. A follower that missed
// blocks fetches them back to its last accepted one; one that received nothing for a while asks the
// sequencer for its last accepted block.
#pragma once

#include <memory>

#include "core/base/error.h"
#include "sim/consensus/consensus.h"

namespace aivm::sim {

struct SequencerConfig {
    std::uint32_t validators = 1;
    VoterIndex sequencer = 0;
    VoterIndex self = 0;
    std::uint64_t finality_delay_ns = 0;  // from built to accepted
    std::uint64_t fetch_timeout_ns = 2'000'000'000;
    std::uint64_t idle_probe_ns = 10'000'000'000;  // 0: never
};

// Refuses a sequencer or self outside the list.
Result<std::unique_ptr<ConsensusEngine>> make_sequencer(const SequencerConfig& config);

}  // namespace aivm::sim
