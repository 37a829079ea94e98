#include "sim/consensus/snowman/snow_tree.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/base/check.h"

namespace aivm::sim {
namespace {

std::uint32_t votes_in(std::span<const VoteCount> votes) {
    std::uint32_t total = 0;
    for (const VoteCount& each : votes) total += each.votes;
    return total;
}

// The votes for ids that share the bits [from, to) with `id`.
std::vector<VoteCount> votes_sharing(std::span<const VoteCount> votes, const Hash32& id,
                                     std::uint32_t from, std::uint32_t to) {
    std::vector<VoteCount> out;
    for (const VoteCount& each : votes) {
        if (first_difference(each.id, id, from, to) == to) out.push_back(each);
    }
    return out;
}

}  // namespace

std::uint32_t bit_of(const Hash32& id, std::uint32_t bit) {
    return static_cast<std::uint32_t>(id.bytes[bit / 8] >> (bit % 8)) & 1U;
}

std::uint32_t first_difference(const Hash32& a, const Hash32& b, std::uint32_t from,
                               std::uint32_t to) {
    AIVM_CHECK(to <= kIdBits);
    for (std::uint32_t bit = from; bit < to; bit = (bit / 8 + 1) * 8) {
        const auto differs = static_cast<std::uint8_t>(
            static_cast<std::uint8_t>(a.bytes[bit / 8] ^ b.bytes[bit / 8]) >> (bit % 8));
        if (differs != 0)
            return std::min(to, bit + static_cast<std::uint32_t>(std::countr_zero(differs)));
    }
    return to;
}

// --- The tree instance ---

SnowTree::SnowTree(const SnowThresholds& thresholds, const Hash32& first)
    : thresholds_(thresholds), root_(leaf(first, 0)) {}

SnowTree::NodePtr SnowTree::leaf(const Hash32& choice, std::uint32_t from) const {
    auto node = std::make_unique<Node>();
    node->from = from;
    node->to = kIdBits;
    node->preferences[0] = choice;
    return node;
}

void SnowTree::add(const Hash32& choice) {
    // Bits before the root's first one are decided.
    if (first_difference(choice, preference(), 0, root_->from) != root_->from) return;
    root_ = add_to(std::move(root_), choice);
}

SnowTree::NodePtr SnowTree::add_to(NodePtr node, const Hash32& choice) const {
    if (node->binary) {
        const std::uint32_t bit = bit_of(choice, node->from);
        NodePtr& child = node->children[bit];
        if (child == nullptr) return node;  // the last bit: nothing below it
        const std::uint32_t decided = child->from;
        if (first_difference(choice, node->preferences[bit], node->from + 1, decided) == decided)
            child = add_to(std::move(child), choice);
        return node;
    }
    if (node->finalized) return node;
    const std::uint32_t bit = first_difference(choice, node->preference(), node->from, node->to);
    if (bit != node->to) return split(std::move(node), choice, bit);
    if (node->children[0]) node->children[0] = add_to(std::move(node->children[0]), choice);
    return node;
}

// The unary node's ids differ from `choice` first in `bit`. The diverging bit and what is left of
// the node keep its confidence; the newcomer's branch starts at 0.
SnowTree::NodePtr SnowTree::split(NodePtr node, const Hash32& choice, std::uint32_t bit) const {
    const std::uint32_t own = bit_of(node->preference(), bit);
    auto fork = std::make_unique<Node>();
    fork->binary = true;
    fork->from = bit;
    fork->side = own;
    fork->confidence = node->confidence;
    fork->preferences[own] = node->preference();
    fork->preferences[1 - own] = choice;
    fork->resets = {node->resets[0], node->resets[0]};

    const bool is_last_bit = bit == node->to - 1;
    if (!is_last_bit || node->children[0]) fork->children[1 - own] = leaf(choice, bit + 1);
    if (node->from == node->to - 1) {  // it decided this bit only
        fork->children[own] = std::move(node->children[0]);
        return fork;
    }
    if (bit == node->from) {
        ++node->from;
        fork->children[own] = std::move(node);
        return fork;
    }
    if (is_last_bit) {
        --node->to;
        fork->children[own] = std::move(node->children[0]);
        node->children[0] = std::move(fork);
        return node;
    }
    auto before = std::make_unique<Node>();
    before->from = node->from;
    before->to = bit;
    before->confidence = node->confidence;
    before->preferences[0] = node->preference();
    node->from = bit + 1;
    fork->children[own] = std::move(node);
    before->children[0] = std::move(fork);
    return before;
}

bool SnowTree::record_poll(std::span<const VoteCount> votes) {
    // Votes off the decided prefix are for choices that are decided against.
    const auto filtered = votes_sharing(votes, preference(), 0, root_->from);
    bool successful = false;
    root_ = poll(std::move(root_), filtered, std::exchange(resets_, false), successful);
    return successful;
}

SnowTree::NodePtr SnowTree::poll(NodePtr node, const Votes& votes, bool reset,
                                 bool& successful) const {
    return node->binary ? poll_binary(std::move(node), votes, reset, successful)
                        : poll_unary(std::move(node), votes, reset, successful);
}

void SnowTree::count(Node& node, std::uint32_t votes) const {
    node.confidence = votes >= thresholds_.alpha_confidence ? node.confidence + 1 : 0;
    if (node.confidence >= thresholds_.beta) node.finalized = true;
}

SnowTree::NodePtr SnowTree::poll_unary(NodePtr node, const Votes& votes, bool reset,
                                       bool& successful) const {
    if (reset) {
        node->confidence = 0;
        node->resets[0] = true;
    }
    const std::uint32_t total = votes_in(votes);
    if (total < thresholds_.alpha_preference) {
        node->confidence = 0;
        node->resets[0] = true;
        return node;
    }
    successful = true;
    count(*node, total);
    if (node->children[0]) {
        bool below = false;
        NodePtr child = poll(std::move(node->children[0]), votes, node->resets[0], below);
        if (node->finalized) return child;
        node->preferences[0] = child->preference();
        node->children[0] = std::move(child);
    }
    node->resets[0] = false;
    return node;
}

SnowTree::NodePtr SnowTree::poll_binary(NodePtr node, const Votes& votes, bool reset,
                                        bool& successful) const {
    std::array<Votes, 2> sides;
    for (const VoteCount& each : votes) sides[bit_of(each.id, node->from)].push_back(each);
    const std::uint32_t bit = votes_in(sides[1]) >= thresholds_.alpha_preference ? 1 : 0;
    if (reset) {
        node->confidence = 0;
        node->resets[bit] = true;
    }
    node->resets[1 - bit] = true;
    const std::uint32_t total = votes_in(sides[bit]);
    if (total < thresholds_.alpha_preference) {
        node->confidence = 0;
        node->resets[bit] = true;
        return node;
    }
    successful = true;
    if (!node->finalized) {  // it stays after the end only at the last bit of the ids
        if (bit != node->side) node->confidence = 0;
        node->side = bit;
        count(*node, total);
    }
    if (node->children[bit]) {
        const auto filtered = votes_sharing(sides[bit], node->preferences[bit], node->from + 1,
                                            node->children[bit]->from);
        bool below = false;
        NodePtr child = poll(std::move(node->children[bit]), filtered, node->resets[bit], below);
        if (node->finalized) return child;
        node->preferences[bit] = child->preference();
        node->children[bit] = std::move(child);
    }
    node->resets[bit] = false;
    return node;
}

std::vector<SnowTree::NodeView> SnowTree::nodes() const {
    std::vector<NodeView> out;
    std::vector<const Node*> stack{root_.get()};
    while (!stack.empty()) {
        const Node& node = *stack.back();
        stack.pop_back();
        out.push_back(
            {node.binary, node.from, node.to, node.side, node.confidence, node.finalized});
        for (const std::uint32_t branch : {1U, 0U}) {
            if (node.children[branch]) stack.push_back(node.children[branch].get());
        }
    }
    return out;
}

// --- The flat instance ---

bool FlatSnow::record_poll(std::span<const VoteCount> votes) {
    if (finalized_) return false;
    const auto winner = std::ranges::find_if(votes, [this](const VoteCount& each) {
        return each.votes >= thresholds_.alpha_preference;
    });
    if (winner == votes.end()) {
        confidence_ = 0;
        return false;
    }
    if (winner->id != preference_) confidence_ = 0;
    preference_ = winner->id;
    confidence_ = winner->votes >= thresholds_.alpha_confidence ? confidence_ + 1 : 0;
    finalized_ = confidence_ >= thresholds_.beta;
    return true;
}

}  // namespace aivm::sim
