// The links between the nodes of a run. Given a message, plan() says when it arrives: never, once
// or twice. It schedules nothing itself; the world does.
//
//   arrival = when the sender's line is free + size / bandwidth + Pareto(5, 0.8 mean of the two
//             regions) + uniform jitter + what slow nodes add + a uniform extra delay if it is
//             chosen to be reordered
//
// A clogged node has two more lines of its own, one for what it sends and one for what it receives;
// a flapping node is cut off and not, by turns.
//
// Loss, duplication and reordering are questions to the choice source, asked of the sender for
// every message, delivered or not; delays are drawn from a stream for each directed link, one block
// a message. So no parameter and no fault shifts the draws of anything else. Faults act when a
// message is sent; what is in flight arrives. Not thread safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "sim/engine/choice_source.h"
#include "sim/engine/time.h"
#include "sim/scenario/latency_table.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {

using NodeId = std::uint32_t;

struct NetworkLayout {
    std::vector<std::uint32_t> region_of;  // of each node; at most Network::kNodesMax nodes
    LatencyTable latency;
};

struct Transmission {
    NodeId from = 0;
    NodeId to = 0;
    std::uint32_t size_bytes = 0;  // at most Network::kMessageBytesMax
};

// When the copies of a message arrive.
struct Arrivals {
    std::array<SimTime, 2> times{};
    std::uint32_t count = 0;

    [[nodiscard]] const SimTime* begin() const { return times.data(); }
    [[nodiscard]] const SimTime* end() const { return times.data() + count; }
};

struct NetworkCounters {
    std::uint64_t sent = 0;
    std::uint64_t sent_bytes = 0;
    std::uint64_t lost = 0;  // by chance
    // by a partition, a one-way block, or a node that is down or flapping
    std::uint64_t blocked = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t reordered = 0;

    friend bool operator==(const NetworkCounters&, const NetworkCounters&) = default;
};

// Names a fault in force.
enum class NetworkFault : std::uint32_t {};

class Network {
public:
    static constexpr std::uint32_t kNodesMax = 4096;
    static constexpr std::uint32_t kMessageBytesMax = 1U << 30;

    // `choices` must outlive the network.
    Network(std::uint64_t seed, const NetworkSettings& settings, NetworkLayout layout,
            ChoiceSource& choices);

    // Sends a message at `now`; requires from != to. Calls come in the order of `now`.
    Arrivals plan(const Transmission& message, SimTime now);

    // Nodes of different groups cannot reach each other; nodes in no group form one more. Each node
    // is in one group at most.
    NetworkFault partition(const std::vector<std::vector<NodeId>>& groups);
    // Nothing goes from any of `from` to any of `to`.
    NetworkFault block_one_way(const std::vector<NodeId>& from, const std::vector<NodeId>& to);
    // Every message from or to these nodes takes so much longer.
    NetworkFault slow_down(const std::vector<NodeId>& nodes, SimTime delay);
    // These nodes send at most so many bits a second, and receive at most as many. Requires a
    // bandwidth above 0.
    NetworkFault clog(const std::vector<NodeId>& nodes, std::uint64_t bandwidth_bps);
    // From now on nothing goes from or to these nodes in the first half of every period. Requires a
    // period of at least 2.
    NetworkFault flap(const std::vector<NodeId>& nodes, SimTime period, SimTime now);
    // Nothing goes from or to these nodes.
    NetworkFault take_down(const std::vector<NodeId>& nodes);
    // Ends a fault. Faults may overlap; each ends by itself. Requires that it is in force.
    void heal(NetworkFault fault);

    // Whether no fault in force stops messages from one to the other.
    [[nodiscard]] bool is_reachable(NodeId from, NodeId to) const {
        return blocks_[link(from, to)] == 0;
    }
    [[nodiscard]] std::uint32_t nodes() const { return nodes_; }
    [[nodiscard]] const NetworkCounters& counters() const { return counters_; }

private:
    struct Effect {
        std::vector<std::uint32_t> blocked_links;
        std::vector<NodeId> slowed;
        SimTime delay = 0;
        std::vector<NodeId> clogged;
        std::uint64_t bandwidth_bps = 0;
        std::vector<NodeId> flapping;
        SimTime period = 0;
        SimTime since = 0;
    };
    // The two lines of a node, as long as a fault clogs it.
    struct Clog {
        std::uint64_t bandwidth_bps = 0;  // 0: not clogged
        SimTime out_free_at = 0;
        SimTime in_free_at = 0;
    };

    [[nodiscard]] std::uint32_t link(NodeId from, NodeId to) const { return from * nodes_ + to; }
    // When the last bit has left the sender.
    SimTime transmit(const Transmission& message, SimTime now);
    void find_clogs();
    [[nodiscard]] bool is_flapped_down(const Transmission& message, SimTime now) const;
    NetworkFault impose(Effect effect);

    std::uint64_t seed_;
    NetworkSettings settings_;
    NetworkLayout layout_;
    std::uint32_t nodes_;
    ChoiceSource& choices_;
    std::vector<std::uint64_t> sent_on_;     // messages so far, by link
    std::vector<std::uint16_t> blocks_;      // faults in force that block it, by link
    std::vector<SimTime> line_free_at_;      // by sender
    std::vector<SimTime> slowness_;          // by node
    std::vector<Clog> clogs_;                // by node; empty while nothing is clogged
    std::uint32_t flaps_ = 0;                // in force
    std::map<NetworkFault, Effect> faults_;  // in force
    std::uint32_t next_fault_ = 0;
    NetworkCounters counters_;
};

}  // namespace aivm::sim
