// The settings of every directed link: the defaults of a network, and rules that override them for
// links from some nodes to others. Nodes that no rule tells apart are one class, and settings are
// kept per pair of classes, so the table does not grow with the square of the nodes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/scenario/latency_table.h"
#include "sim/scenario/link.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {

using NodeId = std::uint32_t;

// Of one directed link.
struct LinkSettings {
    std::uint64_t mean_ns = 0;  // latency
    bool exact_latency = false;
    bool has_latency = true;  // false only while rules are still to say it
    std::uint64_t jitter_ns = 0;
    std::uint64_t bandwidth_bps = 0;  // 0: unlimited
    std::uint64_t queue_bytes = 0;    // 0: unlimited
    std::uint32_t loss_ppm = 0;
    std::uint32_t duplicate_ppm = 0;
    std::uint32_t reorder_ppm = 0;
    std::uint64_t reorder_delay_ns = 0;
    std::uint32_t corrupt_ppm = 0;

    friend bool operator==(const LinkSettings&, const LinkSettings&) = default;
};

// A LinkRule with its nodes and its latency resolved.
struct NodeLinkRule {
    LinkRule rule;
    std::vector<bool> from;  // by node
    std::vector<bool> to;
    std::optional<LatencyTable> latency;
};

struct NetworkLayout {
    std::vector<std::uint32_t> region_of;  // of each node; at most Network::kNodesMax nodes
    LatencyTable latency;
    std::vector<NodeLinkRule> rules = {};  // later ones override earlier ones
    bool latency_by_rules = false;         // `latency` is for no link
};

class LinkTable {
public:
    // More kinds of nodes than this are refused.
    static constexpr std::size_t kClassesMax = 2048;

    LinkTable(const NetworkSettings& settings, const NetworkLayout& layout);

    [[nodiscard]] const LinkSettings& of(NodeId from, NodeId to) const {
        return kinds_[kind_of_[std::size_t{class_of_[from]} * classes_ + class_of_[to]]];
    }
    [[nodiscard]] std::size_t classes() const { return classes_; }
    // How many classes the layout's nodes form.
    [[nodiscard]] static std::size_t count_classes(const NetworkLayout& layout);
    // Two nodes without a latency between them; nullopt if there are none.
    struct Hole {
        NodeId from = 0;
        NodeId to = 0;
    };
    [[nodiscard]] std::optional<Hole> find_hole() const;

private:
    // The class of each node, in the order in which the classes occur.
    [[nodiscard]] static std::vector<std::uint32_t> classes_of(const NetworkLayout& layout);
    [[nodiscard]] LinkSettings settings_of(const NetworkSettings& settings,
                                           const NetworkLayout& layout, NodeId from,
                                           NodeId to) const;

    std::vector<std::uint32_t> class_of_;  // by node
    std::vector<NodeId> first_of_;         // by class: a member
    std::vector<std::uint32_t> size_of_;   // by class: how many members
    std::size_t classes_ = 0;
    std::vector<std::uint32_t> kind_of_;  // by pair of classes: an index of kinds_
    std::vector<LinkSettings> kinds_;     // without repetitions
};

}  // namespace aivm::sim
