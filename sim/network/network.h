// The links between the nodes of a run. Given a message and its fate, plan() says when its copies
// arrive: none, one or two. It schedules nothing itself; the world does.
//
//   arrival = when the sender's line is free + size / bandwidth + Pareto(5, 0.8 mean of the two
//             regions) + uniform jitter + the fate's delay + a uniform extra delay if reordered
//
// A clogged node has two more lines of its own, one for what it sends and one for what it receives.
//
// What faults do to a message is decided by the caller (sim/faults/message_faults.h). Delays are
// drawn from one stream per directed link, one block per message, delivered or not, so no parameter
// and no fault shifts the draws of anything else. Faults act when a message is sent; what is in
// flight arrives. Not thread safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

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

// What faults do to one message.
struct Fate {
    bool blocked = false;  // by a fault of the sender or the receiver, as by a blocked link
    bool lost = false;
    bool duplicated = false;
    bool reordered = false;
    SimTime delay = 0;  // added to every copy
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
    std::uint64_t lost = 0;     // by chance
    std::uint64_t blocked = 0;  // by a blocked link, or by its fate
    std::uint64_t duplicated = 0;
    std::uint64_t reordered = 0;

    friend bool operator==(const NetworkCounters&, const NetworkCounters&) = default;
};

// A fault in force.
enum class NetworkFault : std::uint32_t {};

class Network {
public:
    static constexpr std::uint32_t kNodesMax = 4096;
    static constexpr std::uint32_t kMessageBytesMax = 1U << 30;

    Network(std::uint64_t seed, const NetworkSettings& settings, NetworkLayout layout);

    // Sends a message at `now`. Requires from != to, and that `now` never decreases.
    Arrivals plan(const Transmission& message, const Fate& fate, SimTime now);

    // Nodes of different groups cannot reach each other; the nodes in no group form one more. A
    // node is in at most one group.
    NetworkFault partition(const std::vector<std::vector<NodeId>>& groups);
    // Nothing goes from any of `from` to any of `to`.
    NetworkFault block_one_way(const std::vector<NodeId>& from, const std::vector<NodeId>& to);
    // Limits what these nodes send, and what they receive, to `bandwidth_bps` bits per second each.
    // Requires a bandwidth above 0.
    NetworkFault clog(const std::vector<NodeId>& nodes, std::uint64_t bandwidth_bps);
    // Nothing goes from or to these nodes.
    NetworkFault take_down(const std::vector<NodeId>& nodes);
    // Ends a fault. Faults may overlap; each ends on its own. Requires that it is in force.
    void clear(NetworkFault fault);

    // Whether no fault in force stops messages from one to the other.
    [[nodiscard]] bool is_reachable(NodeId from, NodeId to) const {
        return blocks_[link(from, to)] == 0;
    }
    [[nodiscard]] std::uint32_t nodes() const { return nodes_; }
    [[nodiscard]] const NetworkCounters& counters() const { return counters_; }

private:
    struct Effect {
        std::vector<std::uint32_t> blocked_links;
        std::vector<NodeId> clogged;
        std::uint64_t bandwidth_bps = 0;
    };
    // The two lines of a node while a fault clogs it.
    struct Clog {
        std::uint64_t bandwidth_bps = 0;  // 0: not clogged
        SimTime out_free_at = 0;
        SimTime in_free_at = 0;
    };

    [[nodiscard]] std::uint32_t link(NodeId from, NodeId to) const { return from * nodes_ + to; }
    // When the last bit has left the sender.
    SimTime transmit(const Transmission& message, SimTime now);
    void find_clogs();
    NetworkFault impose(Effect effect);

    std::uint64_t seed_;
    NetworkSettings settings_;
    NetworkLayout layout_;
    std::uint32_t nodes_;
    std::vector<std::uint64_t> sent_on_;     // messages so far, by link
    std::vector<std::uint16_t> blocks_;      // faults in force that block it, by link
    std::vector<SimTime> line_free_at_;      // by sender
    std::vector<Clog> clogs_;                // by node; empty while nothing is clogged
    std::map<NetworkFault, Effect> faults_;  // in force
    std::uint32_t next_fault_ = 0;
    NetworkCounters counters_;
};

}  // namespace aivm::sim
