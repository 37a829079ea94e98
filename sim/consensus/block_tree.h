// The verified, undecided blocks above the last accepted one, with a Snow instance at every parent.
//
// Blocks live in slots; a Handle names one for as long as it is undecided and is recognised as
// stale afterwards, so a poll may keep handles across decisions.
//
// Invariants: every block's parent is another undecided block or the last accepted one; heights
// grow by one; a parent with children prefers exactly one of them.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/consensus/consensus.h"

namespace aivm::sim {

class BlockTree {
public:
    struct Handle {
        std::uint32_t slot = 0;
        std::uint32_t generation = 0;
        friend bool operator==(const Handle&, const Handle&) = default;
    };

    explicit BlockTree(const BlockRef& last_accepted);

    [[nodiscard]] const BlockRef& root() const { return root_; }
    [[nodiscard]] std::size_t size() const { return index_.size(); }
    // Parents, the last accepted block included, that have children.
    [[nodiscard]] std::uint32_t open_choices() const { return open_choices_; }

    [[nodiscard]] std::optional<Handle> find(const Hash32& id) const;
    [[nodiscard]] bool alive(Handle handle) const {
        return nodes_[handle.slot].generation == handle.generation;
    }
    [[nodiscard]] const BlockInfo& info(Handle handle) const { return nodes_[handle.slot].block; }
    // Nullopt when the parent is the last accepted block.
    [[nodiscard]] std::optional<Handle> parent(Handle handle) const;

    // `block` is verified and its parent is in the tree or its root; the height follows the
    // parent's. The first child of a parent is preferred.
    void add(const BlockInfo& block);

    // The end of the preferred branch, and its block at a height from the root's to the tip's.
    [[nodiscard]] BlockRef preferred_tip() const;
    [[nodiscard]] Hash32 preferred_at(Height height) const;

    // One poll's outcome. First, for each block that got at least alpha_preference votes:
    // support(); it becomes its parent's preference, and the confidence of the choice grows by one
    // when `confident`, else ends. Then end_poll() ends the confidence of every choice that got no
    // support.
    void support(Handle handle, bool confident);
    void end_poll();

    // The root's preferred child, when `beta` confident polls in a row chose it.
    [[nodiscard]] std::optional<Hash32> finalized_child(std::uint32_t beta) const;

    // Makes a child of the root the new root. Appends Accept, then Reject for the siblings and
    // their descendants, parents first; returns those rejected.
    std::vector<BlockRef> accept(const Hash32& id, AcceptedBy by, Actions& out);

private:
    static constexpr std::uint32_t kRootSlot = 0;

    struct SnowState {
        std::uint32_t preferred = 0;  // slot of a child; kRootSlot when there is none
        std::uint32_t confidence = 0;
        bool supported = false;  // in the poll being counted
    };
    struct Node {
        BlockInfo block;
        std::uint32_t generation = 0;  // odd while the slot is in use
        std::uint32_t parent = 0;
        SnowState choice;
        std::vector<std::uint32_t> children;
    };

    using IndexEntry = std::pair<Hash32, std::uint32_t>;

    [[nodiscard]] std::uint32_t new_slot();
    void release(std::uint32_t slot);
    void reject_branch(std::uint32_t slot, std::vector<BlockRef>& rejected);
    [[nodiscard]] std::uint32_t slot_of(const Hash32& id) const;

    BlockRef root_;
    std::vector<Node> nodes_;  // nodes_[kRootSlot] is the last accepted block
    std::vector<std::uint32_t> free_;
    std::vector<IndexEntry> index_;  // by id, the root left out
    std::uint32_t open_choices_ = 0;
};

}  // namespace aivm::sim
