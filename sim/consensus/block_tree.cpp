#include "sim/consensus/block_tree.h"

#include <algorithm>

#include "core/base/check.h"

namespace aivm::sim {
namespace {

constexpr auto kById = [](const auto& entry, const Hash32& id) { return entry.first < id; };

}  // namespace

BlockTree::BlockTree(const BlockRef& last_accepted) : root_(last_accepted), nodes_(1) {
    nodes_[kRootSlot].block.id = root_.id;
    nodes_[kRootSlot].block.height = root_.height;
    nodes_[kRootSlot].generation = 1;
}

std::optional<BlockTree::Handle> BlockTree::find(const Hash32& id) const {
    const auto found = std::lower_bound(index_.begin(), index_.end(), id, kById);
    if (found == index_.end() || found->first != id) return std::nullopt;
    return Handle{found->second, nodes_[found->second].generation};
}

std::optional<BlockTree::Handle> BlockTree::parent(Handle handle) const {
    const std::uint32_t slot = nodes_[handle.slot].parent;
    if (slot == kRootSlot) return std::nullopt;
    return Handle{slot, nodes_[slot].generation};
}

std::uint32_t BlockTree::slot_of(const Hash32& id) const {
    if (id == root_.id) return kRootSlot;
    const auto handle = find(id);
    AIVM_CHECK(handle.has_value());
    return handle->slot;
}

std::uint32_t BlockTree::new_slot() {
    if (free_.empty()) {
        nodes_.emplace_back();
        free_.push_back(static_cast<std::uint32_t>(nodes_.size() - 1));
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    ++nodes_[slot].generation;
    return slot;
}

void BlockTree::release(std::uint32_t slot) {
    Node& node = nodes_[slot];
    const auto entry = std::lower_bound(index_.begin(), index_.end(), node.block.id, kById);
    AIVM_CHECK(entry != index_.end() && entry->second == slot);
    index_.erase(entry);
    ++node.generation;
    node.choice = {};
    node.children.clear();
    free_.push_back(slot);
}

void BlockTree::add(const BlockInfo& block) {
    const std::uint32_t parent = slot_of(block.parent);
    const auto place = std::lower_bound(index_.begin(), index_.end(), block.id, kById);
    AIVM_CHECK(block.id != root_.id && (place == index_.end() || place->first != block.id));
    AIVM_CHECK(block.height == nodes_[parent].block.height + 1);

    const std::uint32_t slot = new_slot();
    index_.insert(place, {block.id, slot});
    nodes_[slot].block = block;
    nodes_[slot].parent = parent;
    Node& above = nodes_[parent];
    if (above.children.empty()) {
        above.choice.preferred = slot;
        ++open_choices_;
    }
    above.children.push_back(slot);
}

BlockRef BlockTree::preferred_tip() const {
    std::uint32_t slot = kRootSlot;
    while (nodes_[slot].choice.preferred != kRootSlot) slot = nodes_[slot].choice.preferred;
    return nodes_[slot].block.ref();
}

Hash32 BlockTree::preferred_at(Height height) const {
    AIVM_CHECK(height >= root_.height);
    std::uint32_t slot = kRootSlot;
    while (nodes_[slot].block.height < height) {
        slot = nodes_[slot].choice.preferred;
        AIVM_CHECK(slot != kRootSlot);
    }
    return nodes_[slot].block.id;
}

void BlockTree::support(Handle handle, bool confident) {
    AIVM_CHECK(alive(handle));
    SnowState& choice = nodes_[nodes_[handle.slot].parent].choice;
    AIVM_CHECK(
        !choice.supported);  // alpha_preference is a majority: two children cannot both have it
    choice.supported = true;
    if (choice.preferred != handle.slot) choice.confidence = 0;
    choice.preferred = handle.slot;
    // A poll between the two alphas moves the preference but is not one of the consecutive polls
    // that decide.
    choice.confidence = confident ? choice.confidence + 1 : 0;
}

void BlockTree::end_poll() {
    for (Node& node : nodes_) {
        if (!node.choice.supported) node.choice.confidence = 0;
        node.choice.supported = false;
    }
}

std::optional<Hash32> BlockTree::finalized_child(std::uint32_t beta) const {
    const SnowState& choice = nodes_[kRootSlot].choice;
    if (choice.preferred == kRootSlot || choice.confidence < beta) return std::nullopt;
    return nodes_[choice.preferred].block.id;
}

std::vector<BlockRef> BlockTree::accept(const Hash32& id, AcceptedBy by, Actions& out) {
    const std::uint32_t chosen = slot_of(id);
    AIVM_CHECK(chosen != kRootSlot && nodes_[chosen].parent == kRootSlot);
    const std::vector<std::uint32_t> siblings = std::move(nodes_[kRootSlot].children);
    out.push_back(Accept{id, by});
    std::vector<BlockRef> rejected;
    for (const std::uint32_t sibling : siblings) {
        if (sibling != chosen) reject_branch(sibling, rejected);
    }
    for (const BlockRef& each : rejected) out.push_back(Reject{each.id});

    Node& root = nodes_[kRootSlot];
    root.block = nodes_[chosen].block;
    root.choice = nodes_[chosen].choice;
    root.children = std::move(nodes_[chosen].children);
    for (const std::uint32_t child : root.children) nodes_[child].parent = kRootSlot;
    root_ = root.block.ref();
    --open_choices_;
    release(chosen);
    return rejected;
}

// Breadth first, so that a parent is rejected before its children.
void BlockTree::reject_branch(std::uint32_t slot, std::vector<BlockRef>& rejected) {
    std::vector<std::uint32_t> branch{slot};
    for (std::size_t i = 0; i < branch.size(); ++i) {
        const Node& node = nodes_[branch[i]];
        rejected.push_back(node.block.ref());
        if (!node.children.empty()) --open_choices_;
        branch.insert(branch.end(), node.children.begin(), node.children.end());
    }
    for (const std::uint32_t each : branch) release(each);
}

}  // namespace aivm::sim
