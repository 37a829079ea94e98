// Who may build the next block, and when: a stake-weighted order that every node derives alike.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/consensus/consensus.h"

namespace aivm::sim {

struct ProposerSlot {
    std::uint64_t seed = 0;  // of the chain, the same for all nodes
    Hash32 parent;
    Height height = 0;  // of the block to be built
};

// The first `count` proposers of a slot, drawn by stake without replacement from a SHA-256 stream
// over the slot. Validators without stake are never drawn, so the order may be shorter than asked.
class ProposerSchedule {
public:
    ProposerSchedule(std::span<const std::uint64_t> stakes, const ProposerSlot& slot,
                     std::uint32_t count);

    [[nodiscard]] std::span<const VoterIndex> order() const { return order_; }

    // The place in the order, 0 being the first; nothing for those who were not drawn.
    [[nodiscard]] std::optional<std::uint32_t> window_of(VoterIndex node) const;

    // How long after the slot opened `node` may build: its window times the fallback delay. Who was
    // not drawn may build after all the windows.
    [[nodiscard]] std::uint64_t delay_ns(VoterIndex node, std::uint64_t fallback_delay_ns) const;

private:
    std::vector<VoterIndex> order_;
};

}  // namespace aivm::sim
