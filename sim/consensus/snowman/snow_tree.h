// One Snow instance: repeated polls choose one of several ids.
//
// The tree instance decides bit by bit. It is a Patricia tree over the ids: a unary node decides
// the bits that all ids below it share, a binary node decides one bit. So votes for many siblings
// that share a prefix add up, and a split among many is resolved as a row of splits in two. Bit i
// of an id is bit i mod 8, from the least significant end, of byte i / 8.
//
// The flat instance counts each id for itself. When no id has alpha_preference of the votes nobody
// ever changes its preference, so it can stay split for ever; it is kept for study.
//
// Both follow the deployed protocol (avalanchego, snow/consensus/snowball); the tree instance
// reproduces the scripts recorded from it (vectors/).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "sim/consensus/snowman/snow_parameters.h"

namespace aivm::sim {

struct VoteCount {
    Hash32 id;
    std::uint32_t votes = 0;
    friend bool operator==(const VoteCount&, const VoteCount&) = default;
};

class SnowTree {
public:
    SnowTree(const SnowThresholds& thresholds, const Hash32& first);

    // Adds a choice. Does nothing if it is known, or if a prefix that it does not share is decided.
    void add(const Hash32& choice);
    // Returns whether the first undecided bits got alpha_preference votes. Votes name choices that
    // were added.
    bool record_poll(std::span<const VoteCount> votes);
    // A poll failed before it could be counted here.
    void record_failed_poll() { resets_ = true; }
    [[nodiscard]] const Hash32& preference() const { return root_->preference(); }
    [[nodiscard]] bool finalized() const { return root_->finalized; }

    // A node as it is stored: a unary one decides the bits [from, to), a binary one the bit `from`.
    // The confidence of a node below one that failed is cleared only when votes next reach it.
    struct NodeView {
        bool binary = false;
        std::uint32_t from = 0;
        std::uint32_t to = 0;         // of a unary node
        std::uint32_t preferred = 0;  // of a binary node: the bit
        std::uint32_t confidence = 0;
        bool finalized = false;
        friend bool operator==(const NodeView&, const NodeView&) = default;
    };
    // In pre-order, the branch of bit 0 first.
    [[nodiscard]] std::vector<NodeView> nodes() const;

private:
    struct Node;
    using NodePtr = std::unique_ptr<Node>;
    using Votes = std::vector<VoteCount>;
    struct Node {
        bool binary = false;
        std::uint32_t from = 0;
        std::uint32_t to = 0;
        std::uint32_t side = 0;  // the preferred bit of a binary node; 0 in a unary one
        std::uint32_t confidence = 0;
        bool finalized = false;
        std::array<Hash32, 2> preferences{};  // the preferred id of each branch
        std::array<bool, 2> resets{};         // the branch's confidence ends before its next votes
        std::array<NodePtr, 2> children{};

        [[nodiscard]] const Hash32& preference() const { return preferences[side]; }
    };

    [[nodiscard]] NodePtr leaf(const Hash32& choice, std::uint32_t from) const;
    [[nodiscard]] NodePtr add_to(NodePtr node, const Hash32& choice) const;
    [[nodiscard]] NodePtr split(NodePtr node, const Hash32& choice, std::uint32_t bit) const;
    [[nodiscard]] NodePtr poll(NodePtr node, const Votes& votes, bool reset,
                               bool& successful) const;
    [[nodiscard]] NodePtr poll_unary(NodePtr node, const Votes& votes, bool reset,
                                     bool& successful) const;
    [[nodiscard]] NodePtr poll_binary(NodePtr node, const Votes& votes, bool reset,
                                      bool& successful) const;
    void count(Node& node, std::uint32_t votes) const;

    SnowThresholds thresholds_;
    NodePtr root_;
    bool resets_ = false;
};

class FlatSnow {
public:
    FlatSnow(const SnowThresholds& thresholds, const Hash32& first)
        : thresholds_(thresholds), preference_(first) {}

    void add(const Hash32&) {}
    bool record_poll(std::span<const VoteCount> votes);
    void record_failed_poll() { confidence_ = 0; }
    [[nodiscard]] const Hash32& preference() const { return preference_; }
    [[nodiscard]] bool finalized() const { return finalized_; }

private:
    SnowThresholds thresholds_;
    Hash32 preference_;
    std::uint32_t confidence_ = 0;
    bool finalized_ = false;
};

// An instance of the kind that the parameters name.
class SnowInstance {
public:
    SnowInstance(SnowInstanceKind kind, const SnowThresholds& thresholds, const Hash32& first)
        : instance_(kind == SnowInstanceKind::kTree ? Either(SnowTree(thresholds, first))
                                                    : Either(FlatSnow(thresholds, first))) {}

    void add(const Hash32& choice) {
        std::visit([&](auto& each) { each.add(choice); }, instance_);
    }
    bool record_poll(std::span<const VoteCount> votes) {
        return std::visit([&](auto& each) { return each.record_poll(votes); }, instance_);
    }
    void record_failed_poll() {
        std::visit([](auto& each) { each.record_failed_poll(); }, instance_);
    }
    [[nodiscard]] const Hash32& preference() const {
        return *std::visit([](const auto& each) { return &each.preference(); }, instance_);
    }
    [[nodiscard]] bool finalized() const {
        return std::visit([](const auto& each) { return each.finalized(); }, instance_);
    }

private:
    using Either = std::variant<SnowTree, FlatSnow>;
    Either instance_;
};

// The bit of an id, and the first bit of [from, to) in which two ids differ; `to` if none.
[[nodiscard]] std::uint32_t bit_of(const Hash32& id, std::uint32_t bit);
[[nodiscard]] std::uint32_t first_difference(const Hash32& a, const Hash32& b, std::uint32_t from,
                                             std::uint32_t to);

constexpr std::uint32_t kIdBits = 8 * Hash32::size_bytes;

}  // namespace aivm::sim
