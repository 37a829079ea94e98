#include "sim/consensus/block_tree.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/mutant_noise.h"

namespace aivm::sim {
BlockTree::BlockTree(const BlockRef& last_accepted, const SnowThresholds& thresholds,
                     SnowInstanceKind kind)
    : root_(last_accepted), nodes_(1), thresholds_(thresholds), kind_(kind) {
    if (AIVM_MUTANT(D40)) thresholds_.alpha_preference = thresholds_.alpha_confidence = 1;
    if (AIVM_MUTANT(D42)) {
        thresholds_.alpha_preference = (thresholds_.alpha_preference + 1) / 2;
        thresholds_.alpha_confidence = (thresholds_.alpha_confidence + 1) / 2;
    }
    if (AIVM_MUTANT(B3)) kind_ = SnowInstanceKind::kFlat;
    if (AIVM_MUTANT(beta_low)) thresholds_.beta = (thresholds_.beta + 1) / 2;
    nodes_[kRootSlot].block.id = root_.id;
    nodes_[kRootSlot].block.height = root_.height;
}

const BlockInfo* BlockTree::find(const Hash32& id) const {
    const auto slot = find_slot(id);
    return slot ? &nodes_[*slot].block : nullptr;
}

std::optional<Hash32> BlockTree::parent_of(const Hash32& id) const {
    const BlockInfo* const block = find(id);
    return block == nullptr ? std::nullopt : std::optional(block->parent);
}

bool BlockTree::is_on_branch(const Hash32& ancestor, const Hash32& tip) const {
    const BlockInfo* at = find(tip);
    while (at != nullptr && at->id != ancestor) at = find(at->parent);
    return at != nullptr;
}

std::size_t BlockTree::blocks_of(VoterIndex proposer) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        index_, [&](const IndexEntry& e) { return nodes_[e.slot].block.proposer == proposer; }));
}

std::uint32_t BlockTree::slot_of(const Hash32& id) const {
    if (id == root_.id) return kRootSlot;
    const auto slot = find_slot(id);
    AIVM_CHECK(slot.has_value());
    return *slot;
}

std::uint32_t BlockTree::new_slot() {
    if (free_.empty()) {
        nodes_.emplace_back();
        return static_cast<std::uint32_t>(nodes_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
}

void BlockTree::release(std::uint32_t slot) {
    const auto* const entry = std::ranges::find(index_, slot, &IndexEntry::slot);
    AIVM_CHECK(entry != index_.end());
    index_.erase_at(static_cast<std::size_t>(entry - index_.begin()));
    nodes_[slot] = {};
    free_.push_back(slot);
}

void BlockTree::add(const BlockInfo& block) {
    const std::uint32_t parent = slot_of(block.parent);
    AIVM_CHECK(block.id != root_.id && !contains(block.id));
    AIVM_CHECK(block.height == nodes_[parent].block.height + 1);

    const std::uint32_t slot = new_slot();
    index_.push_back({block.id, slot});
    nodes_[slot].block = block;
    nodes_[slot].parent = parent;
    Node& above = nodes_[parent];
    above.children.push_back(slot);
    if (above.choice) {
        above.choice->add(block.id);
    } else {
        above.choice.emplace(kind_, thresholds_, block.id);
    }
    note_preferred_child(above);
    if (AIVM_MUTANT(det_map_order)) {
        std::vector<std::uint32_t> children = above.children;
        mutants::order_by_address(children);
        above.preferred = children.front();
    }
}

void BlockTree::note_preferred_child(Node& node) const {
    const auto child = std::ranges::find_if(node.children, [&](std::uint32_t each) {
        return nodes_[each].block.id == node.choice->preference();
    });
    AIVM_CHECK(child != node.children.end());
    node.preferred = *child;
}

BlockRef BlockTree::preferred_tip() const {
    std::uint32_t slot = kRootSlot;
    while (nodes_[slot].choice) slot = nodes_[slot].preferred;
    return nodes_[slot].block.ref();
}

Hash32 BlockTree::preferred_at(Height height) const {
    AIVM_CHECK(height >= root_.height);
    std::uint32_t slot = kRootSlot;
    while (nodes_[slot].block.height < height) {
        AIVM_CHECK(nodes_[slot].choice.has_value());
        slot = nodes_[slot].preferred;
    }
    return nodes_[slot].block.id;
}

void BlockTree::push_votes(std::span<const VoteCount> votes) {
    for (const VoteCount& each : votes) {
        const auto voted = find_slot(each.id);
        if (!voted) continue;
        for (std::uint32_t slot = *voted; slot != kRootSlot; slot = nodes_[slot].parent) {
            if (nodes_[slot].votes == 0) voted_.push_back(slot);
            nodes_[slot].votes += each.votes;
            nodes_[nodes_[slot].parent].votes_below += each.votes;
        }
    }
}

bool BlockTree::record_poll(std::span<const VoteCount> votes, Actions& out,
                            std::vector<BlockRef>& rejected) {
    push_votes(votes);
    bool successful = false;
    // Instances whose parents' descendants got a majority lie on one path from the root.
    std::uint32_t slot = kRootSlot;
    if (nodes_[slot].votes_below < thresholds_.alpha_preference) nodes_[slot].falters = true;
    std::vector<VoteCount> bag;
    while (nodes_[slot].votes_below >= thresholds_.alpha_preference) {
        Node& node = nodes_[slot];
        bag.clear();
        std::optional<std::uint32_t> next;
        for (const std::uint32_t child : node.children) {
            if (nodes_[child].votes != 0)
                bag.push_back({nodes_[child].block.id, nodes_[child].votes});
            if (nodes_[child].votes_below >= thresholds_.alpha_preference) next = child;
        }
        const bool falters = std::exchange(node.falters, false);
        if (falters && !AIVM_MUTANT(D41)) node.choice->record_failed_poll();
        successful |= node.choice->record_poll(bag);
        note_preferred_child(node);
        for (const std::uint32_t child : node.children) {
            if (falters || next != child) nodes_[child].falters = true;
        }
        if (slot == kRootSlot && node.choice->finalized()) {
            const std::uint32_t chosen = nodes_[kRootSlot].preferred;
            accept_child(chosen, AcceptedBy::kPolls, out, rejected);
            if (next != chosen) break;
            slot = kRootSlot;
            continue;
        }
        if (!next) break;
        slot = *next;
    }
    for (const std::uint32_t each : voted_) nodes_[each].votes = nodes_[each].votes_below = 0;
    nodes_[kRootSlot].votes = nodes_[kRootSlot].votes_below = 0;
    voted_.clear();
    return successful;
}

void BlockTree::accept(const Hash32& id, AcceptedBy by, Actions& out,
                       std::vector<BlockRef>& rejected) {
    const std::uint32_t chosen = slot_of(id);
    AIVM_CHECK(chosen != kRootSlot && nodes_[chosen].parent == kRootSlot);
    accept_child(chosen, by, out, rejected);
}

void BlockTree::accept_child(std::uint32_t chosen, AcceptedBy by, Actions& out,
                             std::vector<BlockRef>& rejected) {
    const std::vector<std::uint32_t> siblings = std::move(nodes_[kRootSlot].children);
    out.push_back(Accept{nodes_[chosen].block.id, by});
    const std::size_t rejected_before = rejected.size();
    for (const std::uint32_t sibling : siblings) {
        if (sibling != chosen && !AIVM_MUTANT(D39)) reject_branch(sibling, rejected);
    }
    for (std::size_t i = rejected_before; i < rejected.size(); ++i)
        out.push_back(Reject{rejected[i].id});

    Node accepted = std::move(nodes_[chosen]);
    nodes_[chosen].block = accepted.block;  // release() finds it by id
    release(chosen);
    accepted.parent = kRootSlot;
    for (const std::uint32_t child : accepted.children) nodes_[child].parent = kRootSlot;
    root_ = accepted.block.ref();
    // A failed poll that the instances below have not heard of yet.
    accepted.falters |= nodes_[kRootSlot].falters;
    nodes_[kRootSlot] = std::move(accepted);
}

// Breadth first, so that a parent is rejected before its children.
void BlockTree::reject_branch(std::uint32_t slot, std::vector<BlockRef>& rejected) {
    std::vector<std::uint32_t> branch{slot};
    for (std::size_t i = 0; i < branch.size(); ++i) {
        const Node& node = nodes_[branch[i]];
        rejected.push_back(node.block.ref());
        if (!AIVM_MUTANT(D45))
            branch.insert(branch.end(), node.children.begin(), node.children.end());
    }
    for (const std::uint32_t each : branch) release(each);
}

}  // namespace aivm::sim
