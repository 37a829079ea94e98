#include "sim/network/network.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "sim/engine/random_stream.h"

namespace aivm::sim {
namespace {

__extension__ using Wide = unsigned __int128;

// The purpose of a link's stream is this plus the receiver, far from the purposes that actors use.
constexpr std::uint32_t kLinkPurpose = 0x4E57'0000;
static_assert(Network::kNodesMax <= 0x1'0000);

constexpr std::uint64_t kMeanMax = 1ULL << 48;
constexpr std::uint64_t kDelayMax = 1ULL << 56;

// Uniform in [0, max], from 64 uniform bits. Requires max < 2^56.
SimTime up_to(std::uint64_t max, std::uint64_t bits) {
    return static_cast<SimTime>(static_cast<Wide>(bits) * (max + 1) >> 64);
}

// The time for which a line of this bandwidth is busy with `size_bytes`, rounded up.
SimTime duration(std::uint32_t size_bytes, std::uint64_t bandwidth_bps) {
    constexpr std::uint64_t kBitNanoseconds = 8 * static_cast<std::uint64_t>(kSecond);
    static_assert(Network::kMessageBytesMax <= UINT64_MAX / kBitNanoseconds);
    const std::uint64_t needed = size_bytes * kBitNanoseconds;
    return static_cast<SimTime>(needed / bandwidth_bps + (needed % bandwidth_bps != 0 ? 1 : 0));
}

}  // namespace

Network::Network(std::uint64_t seed, const NetworkSettings& settings, NetworkLayout layout)
    : seed_(seed),
      settings_(settings),
      layout_(std::move(layout)),
      nodes_(static_cast<std::uint32_t>(layout_.region_of.size())) {
    const LatencyTable& latency = layout_.latency;
    AIVM_CHECK(layout_.region_of.size() <= kNodesMax);
    AIVM_CHECK(latency.mean_ns.size() == std::size_t{latency.regions} * latency.regions);
    AIVM_CHECK(std::ranges::all_of(layout_.region_of,
                                   [&](std::uint32_t region) { return region < latency.regions; }));
    AIVM_CHECK(
        std::ranges::all_of(latency.mean_ns, [](std::uint64_t mean) { return mean < kMeanMax; }));
    AIVM_CHECK(settings_.jitter_ns < kDelayMax && settings_.reorder_delay_ns < kDelayMax);
    const std::size_t links = std::size_t{nodes_} * nodes_;
    sent_on_.resize(links);
    blocks_.resize(links);
    line_free_at_.resize(nodes_);
}

Arrivals Network::plan(const Transmission& message, const Fate& fate, SimTime now) {
    AIVM_CHECK(message.from < nodes_ && message.to < nodes_ && message.from != message.to);
    const std::uint32_t on = link(message.from, message.to);
    const auto draws =
        random_block({seed_, message.from, kLinkPurpose + message.to}, sent_on_[on]++);
    const SimTime left_at = transmit(message, now);

    ++counters_.sent;
    counters_.sent_bytes += message.size_bytes;
    if (blocks_[on] != 0 || fate.blocked) {
        ++counters_.blocked;
        return {};
    }
    if (fate.lost) {
        ++counters_.lost;
        return {};
    }
    const std::uint64_t mean =
        layout_.latency.mean(layout_.region_of[message.from], layout_.region_of[message.to]);
    const SimTime base = left_at + fate.delay + up_to(settings_.jitter_ns, draws[1]);
    Arrivals arrivals;
    const auto through = [&](SimTime arrival) {
        if (clogs_.empty() || clogs_[message.to].bandwidth_bps == 0) return arrival;
        Clog& clog = clogs_[message.to];
        return clog.in_free_at = std::max(clog.in_free_at, arrival) +
                                 duration(message.size_bytes, clog.bandwidth_bps);
    };
    arrivals.times[arrivals.count++] = base + static_cast<SimTime>(pareto5_of(draws[0], mean));
    if (fate.reordered) {
        ++counters_.reordered;
        arrivals.times[0] += up_to(settings_.reorder_delay_ns, draws[3]);
    }
    arrivals.times[0] = through(arrivals.times[0]);
    if (fate.duplicated) {
        ++counters_.duplicated;
        arrivals.times[arrivals.count++] =
            through(base + static_cast<SimTime>(pareto5_of(draws[2], mean)));
    }
    return arrivals;
}

SimTime Network::transmit(const Transmission& message, SimTime now) {
    AIVM_CHECK(message.size_bytes <= kMessageBytesMax);
    SimTime left_at = now;
    if (settings_.bandwidth_bps != 0) {
        SimTime& free_at = line_free_at_[message.from];
        left_at = free_at =
            std::max(free_at, now) + duration(message.size_bytes, settings_.bandwidth_bps);
    }
    if (clogs_.empty() || clogs_[message.from].bandwidth_bps == 0) return left_at;
    Clog& clog = clogs_[message.from];
    return clog.out_free_at = std::max(clog.out_free_at, left_at) +
                              duration(message.size_bytes, clog.bandwidth_bps);
}

NetworkFault Network::partition(const std::vector<std::vector<NodeId>>& groups) {
    std::vector<std::size_t> group_of(nodes_, groups.size());
    for (std::size_t group = 0; group < groups.size(); ++group) {
        for (const NodeId node : groups[group]) {
            AIVM_CHECK(node < nodes_ && group_of[node] == groups.size());
            group_of[node] = group;
        }
    }
    Effect effect;
    for (NodeId from = 0; from < nodes_; ++from) {
        for (NodeId to = 0; to < nodes_; ++to) {
            if (group_of[from] != group_of[to]) effect.blocked_links.push_back(link(from, to));
        }
    }
    return impose(std::move(effect));
}

NetworkFault Network::block_one_way(const std::vector<NodeId>& from,
                                    const std::vector<NodeId>& to) {
    Effect effect;
    for (const NodeId sender : from) {
        for (const NodeId receiver : to) {
            AIVM_CHECK(sender < nodes_ && receiver < nodes_);
            if (sender != receiver) effect.blocked_links.push_back(link(sender, receiver));
        }
    }
    return impose(std::move(effect));
}

NetworkFault Network::clog(const std::vector<NodeId>& nodes, std::uint64_t bandwidth_bps) {
    AIVM_CHECK(bandwidth_bps > 0);
    Effect effect;
    effect.clogged = nodes;
    effect.bandwidth_bps = bandwidth_bps;
    return impose(std::move(effect));
}

NetworkFault Network::take_down(const std::vector<NodeId>& nodes) {
    Effect effect;
    for (const NodeId node : nodes) {
        AIVM_CHECK(node < nodes_);
        for (NodeId other = 0; other < nodes_; ++other) {
            if (other == node) continue;
            effect.blocked_links.push_back(link(node, other));
            effect.blocked_links.push_back(link(other, node));
        }
    }
    return impose(std::move(effect));
}

NetworkFault Network::impose(Effect effect) {
    for (const std::uint32_t on : effect.blocked_links) {
        AIVM_CHECK(blocks_[on] < UINT16_MAX);
        ++blocks_[on];
    }
    const NetworkFault fault{next_fault_++};
    faults_.emplace(fault, std::move(effect));
    find_clogs();
    return fault;
}

// Finds each node's narrowest clog. A queue in a line is kept for as long as the line exists.
void Network::find_clogs() {
    std::vector<Clog> found;
    for (const auto& [name, effect] : faults_) {
        for (const NodeId node : effect.clogged) {
            AIVM_CHECK(node < nodes_);
            found.resize(nodes_);
            const std::uint64_t known = found[node].bandwidth_bps;
            found[node].bandwidth_bps =
                known == 0 ? effect.bandwidth_bps : std::min(known, effect.bandwidth_bps);
        }
    }
    for (std::size_t i = 0; i < std::min(found.size(), clogs_.size()); ++i) {
        found[i].out_free_at = clogs_[i].out_free_at;
        found[i].in_free_at = clogs_[i].in_free_at;
    }
    clogs_ = std::move(found);
}

void Network::clear(NetworkFault fault) {
    const auto entry = faults_.find(fault);
    AIVM_CHECK(entry != faults_.end());
    for (const std::uint32_t on : entry->second.blocked_links) --blocks_[on];
    faults_.erase(entry);
    find_clogs();
}

}  // namespace aivm::sim
