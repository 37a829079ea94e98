// The links between the nodes of a run. Given a message and its fate, plan() says when its copies
// arrive: none, one or two. It schedules nothing itself; the world does.
//
//   arrival = when the line is free + size / bandwidth + latency + uniform jitter + the fate's
//             delays + a uniform extra delay if reordered
//
// The latency is the link's mean if that is exact, otherwise Pareto(5, 0.8 mean). The line belongs
// to the sender or to the link (NetworkSettings::bandwidth_of). A clogged node has two more lines
// of its own, one for what it sends and one for what it receives. No time is later than kNever.
//
// What faults do to a message is decided by the caller (sim/faults/message_faults.h). Delays are
// drawn from one stream per directed link, one block per message, delivered or not, so no parameter
// and no fault shifts the draws of anything else. Faults act when a message is sent; what is in
// flight arrives. Memory grows with the links that carry messages. Not thread safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/engine/time.h"
#include "sim/network/corruption.h"
#include "sim/network/link_counters.h"
#include "sim/network/link_lines.h"
#include "sim/network/link_table.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {

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
    bool corrupted = false;  // the first copy
    // Added to every copy; at most Network::kNever.
    SimTime sender_delay = 0;
    SimTime receiver_delay = 0;
};

// When the copies of a message arrive.
struct Arrivals {
    std::array<SimTime, 2> times{};
    std::uint32_t count = 0;
    bool dropped = false;   // lost, or without room in a queue: the sender may send it again
    Corruption corruption;  // of the first copy

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
    std::uint64_t corrupted = 0;
    std::uint64_t overflowed = 0;  // found no room in a queue

    friend bool operator==(const NetworkCounters&, const NetworkCounters&) = default;
};

// A fault in force.
enum class NetworkFault : std::uint32_t {};

class Network {
public:
    static constexpr std::uint32_t kNodesMax = LinkCounters::kNodesMax;
    static constexpr std::uint32_t kMessageBytesMax = 1U << 30;
    // Later than any run; sums of delays are cut off here.
    static constexpr SimTime kNever = kEndOfTime / 4;

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
    [[nodiscard]] bool is_reachable(NodeId from, NodeId to) const;
    // Whether a fault in force stops messages between any nodes.
    [[nodiscard]] bool has_blocked_links() const { return blocking_faults_ != 0; }
    // Asks for the memory of a link that is about to carry a message.
    void prefetch(NodeId from, NodeId to) const { sent_.prefetch(from, to); }
    [[nodiscard]] const LinkSettings& link(NodeId from, NodeId to) const {
        return links_.of(from, to);
    }
    // The time after which a sender knows that nothing came back: the round trip by the means.
    [[nodiscard]] SimTime round_trip(NodeId from, NodeId to) const {
        return static_cast<SimTime>(link(from, to).mean_ns + link(to, from).mean_ns);
    }
    [[nodiscard]] std::uint32_t nodes() const { return nodes_; }
    [[nodiscard]] const NetworkCounters& counters() const { return counters_; }

private:
    // Of a fault: each node is on one side of it.
    enum class Block : std::uint8_t {
        kNone,
        kBetweenSides,  // nothing passes from one side to another
        kOneWay,        // nothing passes from a node of side 1 or 3 to one of side 2 or 3
        kIsolated,      // nothing passes from or to a node of side 1
    };
    struct Effect {
        Block block = Block::kNone;
        std::vector<std::uint32_t> side_of;  // by node, unless it blocks nothing
        std::vector<NodeId> clogged;
        std::uint64_t bandwidth_bps = 0;

        [[nodiscard]] bool blocks(NodeId from, NodeId to) const;
    };
    // The two lines of a node while a fault clogs it.
    struct Clog {
        std::uint64_t bandwidth_bps = 0;  // 0: not clogged
        SimTime out_free_at = 0;
        SimTime in_free_at = 0;
    };

    // When the last bit has left the sender; nullopt if there is no room in the queue.
    std::optional<SimTime> transmit(const Transmission& message, const LinkSettings& on,
                                    SimTime now);
    [[nodiscard]] SimTime through_clog(const Transmission& message, SimTime arrival);
    void find_clogs();
    NetworkFault impose(Effect effect);

    std::uint64_t seed_;
    BandwidthOf bandwidth_of_;
    std::uint32_t nodes_;
    LinkTable links_;
    LinkCounters sent_;
    LinkLines lines_;
    std::vector<SimTime> line_free_at_;      // by sender
    std::vector<Clog> clogs_;                // by node; empty while nothing is clogged
    std::map<NetworkFault, Effect> faults_;  // in force
    std::uint32_t blocking_faults_ = 0;      // of them, those that block links
    std::uint32_t next_fault_ = 0;
    NetworkCounters counters_;
};

}  // namespace aivm::sim
