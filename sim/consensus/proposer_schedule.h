// Which node may build the next block, and when: a stake-weighted order that all nodes derive
// identically.
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

    // The position in the order, from 0; nullopt for a node that was not drawn.
    [[nodiscard]] std::optional<std::uint32_t> window_of(VoterIndex node) const;

    // How long after the slot opens `node` may build: its position times the fallback delay. A node
    // that was not drawn may build after all those in the order.
    [[nodiscard]] std::uint64_t delay_ns(VoterIndex node, std::uint64_t fallback_delay_ns) const;

private:
    std::vector<VoterIndex> order_;
};

}  // namespace aivm::sim
