// The chain that anchors go to: Q-Chain, or the host chain of the configuration. It is outside the
// simulated network and decides nothing in it: an anchor arrives as soon as its block is accepted,
// and lands after chain.anchor_delay, in order. Where validators certify blocks, it arrives only
// chain.certificate_delay after its block, or a later one, was certified. During an outage nothing
// lands; what waits lands when it is over. The chain withholds each anchor with the probability
// chain.anchor_withheld.
#pragma once

#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "core/execution/execute.h"
#include "sim/engine/random_stream.h"
#include "sim/engine/time.h"
#include "sim/record/rows.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {

class AnchorChain {
public:
    // `settings` must outlive this. Without `on_taken` blocks need no certificates; with it, it is
    // called with the block of every anchor that is taken.
    AnchorChain(const ChainSettings& settings, RandomStream draws,
                std::function<void(Height)> on_taken = {})
        : settings_(settings), draws_(draws), on_taken_(std::move(on_taken)) {}

    // An accepted block; takes its anchor if it has one.
    void accept(const Executed& block, SimTime now);
    // The block at this height has a certificate, and so have all below it.
    void certify(Height height, SimTime now);

    // Every anchor in the order of its block; `landed_ns` only of those that landed by `end`.
    [[nodiscard]] std::vector<AnchorRow> rows(SimTime end) const;

private:
    void take(AnchorRow row, std::uint64_t sent_ns);
    [[nodiscard]] std::uint64_t lands_at(std::uint64_t sent_ns);

    const ChainSettings& settings_;
    RandomStream draws_;
    std::function<void(Height)> on_taken_;
    std::deque<AnchorRow> waiting_;  // for a certificate
    std::vector<AnchorRow> rows_;
    std::uint64_t last_landed_ns_ = 0;
};

}  // namespace aivm::sim
