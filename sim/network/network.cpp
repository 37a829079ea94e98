#include "sim/network/network.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/mutant_noise.h"
#include "sim/engine/random_stream.h"

namespace aivm::sim {
namespace {

__extension__ using Wide = unsigned __int128;

// The purpose of a link's stream is this plus the receiver, far from the purposes that actors use.
constexpr std::uint32_t kLinkPurpose = 0x4E57'0000;
constexpr std::uint32_t kCorruptionPurpose = 0x4E58'0000;
static_assert(Network::kNodesMax <= 0x1'0000);

// Uniform in [0, max], from 64 uniform bits. Requires max < 2^56.
SimTime up_to(std::uint64_t max, std::uint64_t bits) {
    return static_cast<SimTime>(static_cast<Wide>(bits) * (max + 1) >> 64);
}

// Requires that both are at least 0.
SimTime add_times(SimTime a, SimTime b) {
    return a > Network::kNever || b > Network::kNever ? Network::kNever
                                                      : std::min(a + b, Network::kNever);
}

// The time for which a line of this bandwidth is busy with `size_bytes`, rounded up.
SimTime duration(std::uint32_t size_bytes, std::uint64_t bandwidth_bps) {
    constexpr std::uint64_t kBitNanoseconds = 8 * static_cast<std::uint64_t>(kSecond);
    static_assert(Network::kMessageBytesMax <= UINT64_MAX / kBitNanoseconds);
    const std::uint64_t needed = size_bytes * kBitNanoseconds;
    return static_cast<SimTime>(needed / bandwidth_bps + (needed % bandwidth_bps != 0 ? 1 : 0));
}

// The bytes that a line which is busy for `busy` longer has still to send.
std::uint64_t waiting_bytes(SimTime busy, std::uint64_t bandwidth_bps) {
    constexpr std::uint64_t kByteNanoseconds = 8 * static_cast<std::uint64_t>(kSecond);
    if (busy <= 0) return 0;
    const Wide bytes = static_cast<Wide>(busy) * bandwidth_bps / kByteNanoseconds;
    return static_cast<std::uint64_t>(std::min<Wide>(bytes, UINT64_MAX / 2));
}

}  // namespace

Network::Network(std::uint64_t seed, const NetworkSettings& settings, NetworkLayout layout)
    : seed_(seed),
      bandwidth_of_(settings.bandwidth_of),
      nodes_(static_cast<std::uint32_t>(layout.region_of.size())),
      links_(settings, layout),
      sent_(nodes_),
      line_free_at_(nodes_) {
    AIVM_CHECK(nodes_ <= kNodesMax);
}

Arrivals Network::plan(const Transmission& message, const Fate& fate, SimTime now) {
    AIVM_CHECK(message.from < nodes_ && message.to < nodes_ && message.from != message.to);
    const LinkSettings& on = links_.of(message.from, message.to);
    const std::uint64_t number = sent_.next(message.from, message.to);
    const std::uint64_t draw = number + (AIVM_MUTANT(control_redraw) ? std::uint64_t{1} << 40 : 0);
    const auto draws = random_block({seed_, message.from, kLinkPurpose + message.to}, draw);
    const std::optional<SimTime> left_at = transmit(message, on, now);

    ++counters_.sent;
    counters_.sent_bytes += message.size_bytes;
    Arrivals arrivals;
    if (AIVM_MUTANT(link_deaf) && number > 400 && message.to % 5 == 0) {
        ++counters_.blocked;
        return arrivals;
    }
    if (fate.blocked || !is_reachable(message.from, message.to)) {
        ++counters_.blocked;
        return arrivals;
    }
    if (fate.lost || !left_at) {
        ++(fate.lost ? counters_.lost : counters_.overflowed);
        arrivals.dropped = true;
        return arrivals;
    }
    const auto latency = [&](std::uint64_t bits) {
        return static_cast<SimTime>(on.exact_latency ? on.mean_ns : pareto5_of(bits, on.mean_ns));
    };
    const SimTime slowness = add_times(fate.sender_delay, fate.receiver_delay);
    const SimTime base = add_times(add_times(*left_at, slowness), up_to(on.jitter_ns, draws[1]));
    SimTime first = add_times(base, latency(draws[0]));
    if (AIVM_MUTANT(link_slow)) first = add_times(first, 500'000'000);
    if (AIVM_MUTANT(det_uninitialised)) first = add_times(first, mutants::unwritten_byte());
    if (fate.reordered) {
        ++counters_.reordered;
        first = add_times(first, up_to(on.reorder_delay_ns, draws[3]));
    }
    arrivals.times[arrivals.count++] = through_clog(message, first);
    if (fate.duplicated) {
        ++counters_.duplicated;
        arrivals.times[arrivals.count++] =
            through_clog(message, add_times(base, latency(draws[2])));
    }
    if (fate.corrupted) {
        ++counters_.corrupted;
        const auto bits =
            random_block({seed_, message.from, kCorruptionPurpose + message.to}, number);
        arrivals.corruption.bits = bits[0] | 1;
    }
    return arrivals;
}

std::optional<SimTime> Network::transmit(const Transmission& message, const LinkSettings& on,
                                         SimTime now) {
    AIVM_CHECK(message.size_bytes <= kMessageBytesMax);
    SimTime left_at = now;
    if (on.bandwidth_bps != 0) {
        const bool is_shared = bandwidth_of_ == BandwidthOf::kUplink;
        SimTime& free_at =
            is_shared ? line_free_at_[message.from] : lines_.free_at(message.from, message.to);
        if (on.queue_bytes != 0 &&
            waiting_bytes(free_at - now, on.bandwidth_bps) + message.size_bytes > on.queue_bytes)
            return std::nullopt;
        left_at = free_at =
            add_times(std::max(free_at, now), duration(message.size_bytes, on.bandwidth_bps));
    }
    if (clogs_.empty() || clogs_[message.from].bandwidth_bps == 0) return left_at;
    Clog& clog = clogs_[message.from];
    return clog.out_free_at = add_times(std::max(clog.out_free_at, left_at),
                                        duration(message.size_bytes, clog.bandwidth_bps));
}

// When the receiver's own line has passed a message that arrives at it at `arrival`.
SimTime Network::through_clog(const Transmission& message, SimTime arrival) {
    if (clogs_.empty() || clogs_[message.to].bandwidth_bps == 0) return arrival;
    Clog& clog = clogs_[message.to];
    return clog.in_free_at = add_times(std::max(clog.in_free_at, arrival),
                                       duration(message.size_bytes, clog.bandwidth_bps));
}

// --- Faults ---

bool Network::Effect::blocks(NodeId from, NodeId to) const {
    switch (block) {
        case Block::kNone:
            return false;
        case Block::kBetweenSides:
            return side_of[from] != side_of[to];
        case Block::kOneWay:
            return (side_of[from] & 1U) != 0 && (side_of[to] & 2U) != 0;
        case Block::kIsolated:
            return side_of[from] != 0 || side_of[to] != 0;
    }
    return false;
}

bool Network::is_reachable(NodeId from, NodeId to) const {
    if (blocking_faults_ == 0) return true;
    return std::ranges::none_of(faults_,
                                [&](const auto& entry) { return entry.second.blocks(from, to); });
}

NetworkFault Network::partition(const std::vector<std::vector<NodeId>>& groups) {
    Effect effect;
    effect.block = Block::kBetweenSides;
    effect.side_of.assign(nodes_, 0);
    for (std::size_t group = 0; group < groups.size(); ++group) {
        for (const NodeId node : groups[group]) {
            AIVM_CHECK(node < nodes_ && effect.side_of[node] == 0);
            effect.side_of[node] = static_cast<std::uint32_t>(group + 1);
        }
    }
    return impose(std::move(effect));
}

NetworkFault Network::block_one_way(const std::vector<NodeId>& from,
                                    const std::vector<NodeId>& to) {
    Effect effect;
    effect.block = Block::kOneWay;
    effect.side_of.assign(nodes_, 0);
    for (const NodeId sender : from) {
        AIVM_CHECK(sender < nodes_);
        effect.side_of[sender] |= 1U;
    }
    for (const NodeId receiver : to) {
        AIVM_CHECK(receiver < nodes_);
        effect.side_of[receiver] |= 2U;
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
    effect.block = Block::kIsolated;
    effect.side_of.assign(nodes_, 0);
    for (const NodeId node : nodes) {
        AIVM_CHECK(node < nodes_);
        effect.side_of[node] = 1;
    }
    return impose(std::move(effect));
}

NetworkFault Network::impose(Effect effect) {
    if (effect.block != Block::kNone) ++blocking_faults_;
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
    if (entry->second.block != Block::kNone) --blocking_faults_;
    faults_.erase(entry);
    find_clogs();
}

}  // namespace aivm::sim
