// The verified, undecided blocks above the last accepted one, with a Snow instance at every parent
// that has children. The rules are those of avalanchego's snow/consensus/snowman.
//
// Blocks live in slots; the last accepted one has the first.
//
// Invariants: every block's parent is another undecided block or the last accepted one; heights
// grow by one; a parent with children prefers exactly one of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/small_vector.h"
#include "sim/consensus/block_info.h"
#include "sim/consensus/snowman/snow_tree.h"

namespace aivm::sim {

class BlockTree {
public:
    explicit BlockTree(const BlockRef& last_accepted, const SnowThresholds& thresholds = {},
                       SnowInstanceKind kind = SnowInstanceKind::kTree);

    [[nodiscard]] const BlockRef& root() const { return root_; }
    [[nodiscard]] std::size_t size() const { return index_.size(); }
    [[nodiscard]] bool contains(const Hash32& id) const { return find_slot(id).has_value(); }
    // Null unless the block is undecided.
    [[nodiscard]] const BlockInfo* find(const Hash32& id) const;
    // The parent of an undecided block; nullopt for any other.
    [[nodiscard]] std::optional<Hash32> parent_of(const Hash32& id) const;
    // Whether the undecided block `ancestor` is `tip` or below it.
    [[nodiscard]] bool is_on_branch(const Hash32& ancestor, const Hash32& tip) const;
    // Undecided blocks of one proposer.
    [[nodiscard]] std::size_t blocks_of(VoterIndex proposer) const;

    // `block` is verified and its parent is in the tree or its root; the height follows the
    // parent's. The first child of a parent is preferred.
    void add(const BlockInfo& block);

    // The end of the preferred branch, and its block at a height from the root's to the tip's.
    [[nodiscard]] BlockRef preferred_tip() const;
    [[nodiscard]] Hash32 preferred_at(Height height) const;

    // One poll's outcome. A vote counts for the block and its undecided ancestors; votes for others
    // count for nothing. Appends the Accepts and Rejects that follow, and the rejected blocks to
    // `rejected`. Returns whether the poll succeeded anywhere.
    bool record_poll(std::span<const VoteCount> votes, Actions& out,
                     std::vector<BlockRef>& rejected);

    // Makes a child of the root the new root. Appends Accept, then Reject for the siblings and
    // their descendants, parents first, and those rejected to `rejected`.
    void accept(const Hash32& id, AcceptedBy by, Actions& out, std::vector<BlockRef>& rejected);

private:
    static constexpr std::uint32_t kRootSlot = 0;

    struct Node {
        BlockInfo block;
        std::uint32_t parent = 0;
        std::vector<std::uint32_t> children;
        std::optional<SnowInstance> choice;  // among the children
        std::uint32_t preferred = 0;         // the child that it prefers, if there is one
        bool falters = false;  // the confidence of its choice ends before the next votes
        // of the poll being counted: votes for the block or a descendant, and for descendants alone
        std::uint32_t votes = 0;
        std::uint32_t votes_below = 0;
    };

    struct IndexEntry {
        Hash32 id;
        std::uint32_t slot = 0;
    };

    [[nodiscard]] std::optional<std::uint32_t> find_slot(const Hash32& id) const {
        for (const IndexEntry& entry : index_) {
            if (entry.id == id) return entry.slot;
        }
        return std::nullopt;
    }
    [[nodiscard]] std::uint32_t slot_of(const Hash32& id) const;
    void note_preferred_child(Node& node) const;
    [[nodiscard]] std::uint32_t new_slot();
    void release(std::uint32_t slot);
    void reject_branch(std::uint32_t slot, std::vector<BlockRef>& rejected);
    void accept_child(std::uint32_t chosen, AcceptedBy by, Actions& out,
                      std::vector<BlockRef>& rejected);
    // Adds the votes up at every block; voted_ are those that got any.
    void push_votes(std::span<const VoteCount> votes);

    // What every message reads comes first, in place: of most messages, it is all they read.
    BlockRef root_;
    SmallVector<IndexEntry, 2> index_;  // the root left out
    std::vector<Node> nodes_;           // nodes_[kRootSlot] is the last accepted block
    std::vector<std::uint32_t> free_;
    SnowThresholds thresholds_;
    SnowInstanceKind kind_;
    std::vector<std::uint32_t> voted_;  // slots
};

}  // namespace aivm::sim
