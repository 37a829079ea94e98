#include "sim/world/anchor_chain.h"

#include <algorithm>

namespace aivm::sim {

void AnchorChain::accept(const Executed& block, SimTime now) {
    for (const VmEvent& e : block.events) {
        const auto* anchored = std::get_if<event::Anchored>(&e);
        if (anchored == nullptr) continue;
        AnchorRow row;
        row.target = block.state.head.anchor_target;
        row.block = block.state.head.height;
        row.root = to_hex(anchored->commit_root.view());
        if (on_taken_) {
            waiting_.push_back(std::move(row));
        } else {
            take(std::move(row), static_cast<std::uint64_t>(now));
        }
    }
}

void AnchorChain::certify(Height height, SimTime now) {
    while (!waiting_.empty() && waiting_.front().block <= height) {
        const Height block = waiting_.front().block;
        take(std::move(waiting_.front()),
             static_cast<std::uint64_t>(now) + settings_.certificate_delay_ns);
        waiting_.pop_front();
        on_taken_(block);
    }
}

void AnchorChain::take(AnchorRow row, std::uint64_t sent_ns) {
    row.anchor = static_cast<std::uint32_t>(rows_.size());
    row.sent_ns = sent_ns;
    row.withheld = draws_.bernoulli_ppm(settings_.anchor_withheld_ppm);
    if (!row.withheld) row.landed_ns = lands_at(row.sent_ns);
    rows_.push_back(std::move(row));
}

std::uint64_t AnchorChain::lands_at(std::uint64_t sent_ns) {
    std::uint64_t at = std::max(sent_ns + settings_.anchor_delay_ns, last_landed_ns_);
    const std::uint64_t begins = settings_.anchor_outage_at_ns;
    const std::uint64_t ends = begins + settings_.anchor_outage_ns;
    if (at >= begins && at < ends) at = ends;
    last_landed_ns_ = at;
    return at;
}

std::vector<AnchorRow> AnchorChain::rows(SimTime end) const {
    std::vector<AnchorRow> out = rows_;
    for (AnchorRow& row : out) {
        if (row.landed_ns && *row.landed_ns > static_cast<std::uint64_t>(end))
            row.landed_ns.reset();
    }
    return out;
}

}  // namespace aivm::sim
