// Blocks that are not verified yet, outside of bootstrapping: those that wait for their parent,
// those being fetched, those being verified, and the ids of those that were refused.
//
// Everything is bounded: waiting bodies and fetches by the config, refused ids by height (none at
// or below the last accepted height is kept) and by number.
#pragma once

#include <map>

#include "sim/consensus/block_info.h"
#include "sim/consensus/block_tree.h"
#include "sim/consensus/timers.h"

namespace aivm::sim {

struct PendingBlocksConfig {
    std::uint32_t validators = 0;
    VoterIndex self = 0;
    std::uint32_t waiting_max = 256;
    // Blocks of one proposer that are undecided or on their way there; further ones are dropped.
    std::uint32_t per_proposer_max = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t fetch_attempts_max = 8;
    std::uint64_t fetch_timeout_ns = 0;
};

class PendingBlocks {
public:
    // `tree` and `counters` must outlive this.
    PendingBlocks(const PendingBlocksConfig& config, const BlockTree& tree,
                  EngineCounters& counters, std::uint64_t first_serial)
        : config_(config), tree_(tree), counters_(counters), next_serial_(first_serial) {}

    // Fetches `block` from `from`, unless it is known, being fetched, refused, or at a height
    // already decided.
    void want(VoterIndex from, const BlockRef& block, Actions& out);

    // Appends Verify when the parent is verified, Fetch when it is missing, Discard when the body
    // is not needed.
    void body(VoterIndex from, const BlockInfo& block, Actions& out);

    // The block was added to the tree: verifies those that waited for it.
    void verified(const Hash32& id, Actions& out);
    // The block will not enter the tree: drops those that waited for it.
    void refused(const BlockRef& block, Actions& out);
    // The block being verified is invalid.
    void invalid(const Hash32& id, Actions& out);
    // The block being verified cannot be judged before `delay_ns` from now: asks again then, once.
    void not_before(const Hash32& id, std::uint64_t delay_ns, Actions& out);
    // The node no longer knows the parent of the block being verified: it waits as any other block
    // whose parent is missing.
    void unknown_parent(const Hash32& id, Actions& out);
    // The tree has a new root.
    void root_moved(Actions& out);
    // A fetch timed out: asks the next validator, or gives up.
    void on_timer(std::uint64_t serial, Actions& out);
    // The time of a block from the future has come.
    void on_due(std::uint64_t serial, Actions& out);
    // Drops everything that waits or is being fetched; verifications in progress continue.
    void clear(Actions& out);

    void verify(const BlockInfo& block, Actions& out);
    // Whether the body of `id` is being fetched.
    [[nodiscard]] bool awaits(const Hash32& id) const { return fetching_.contains(id); }
    // Whether the block may still enter the tree: it is being fetched, waits, or is being verified.
    [[nodiscard]] bool expects(const Hash32& id) const {
        return !tree_.contains(id) && (awaits(id) || holds(id));
    }
    // The parent of a block that is held.
    [[nodiscard]] std::optional<Hash32> parent_of(const Hash32& id) const;
    // Grows whenever a block is no longer expected.
    [[nodiscard]] std::uint64_t changes() const { return changes_; }
    // Whether the node holds the unverified body of `id` for this engine.
    [[nodiscard]] bool holds(const Hash32& id) const {
        return waiting_.contains(id) || verifying_.contains(id);
    }
    [[nodiscard]] bool verifying(const Hash32& id) const { return verifying_.contains(id); }
    // The block of a verification that ended; nullopt if there is none.
    std::optional<BlockInfo> end_verification(const Hash32& id);

private:
    struct Fetching {
        VoterIndex from = 0;
        std::uint32_t attempts = 0;
        std::uint64_t serial = 0;
    };

    [[nodiscard]] bool exceeds_share(VoterIndex proposer) const;
    [[nodiscard]] bool useless(const BlockInfo& block) const;
    void refuse(const BlockRef& block);
    void discard(const Hash32& id, Actions& out);
    // Discards everything that waits, directly or not, for `id`; and refuses it too if
    // `refuse_them`.
    void drop_descendants(const Hash32& id, bool refuse_them, Actions& out);
    void request(const Hash32& id, Fetching& fetching, Actions& out);

    PendingBlocksConfig config_;
    const BlockTree& tree_;
    EngineCounters& counters_;
    std::uint64_t next_serial_;
    std::uint64_t changes_ = 0;
    std::map<Hash32, BlockInfo> waiting_;        // for their parents
    std::multimap<Hash32, Hash32> waiting_for_;  // parent -> child
    std::map<Hash32, Fetching> fetching_;
    std::map<Hash32, BlockInfo> verifying_;
    std::map<std::uint64_t, Hash32> due_;  // of verifying_, from the future, by their timer
    std::map<Hash32, Height> refused_;
};

}  // namespace aivm::sim
