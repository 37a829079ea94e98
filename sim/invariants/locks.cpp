// S26: a validator does not vote against the block that it is locked on.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "sim/invariants/invariant.h"
#include "sim/invariants/short_id.h"

namespace aivm::sim {
namespace {

// S26. Where rounds go on through all heights (VotingRules::round_in) and a block is decided by
// certified blocks above it, a correct validator that voted for a block with a certified parent in
// the round before is locked on the block below that. Until it sees a certificate of a later
// round it votes only for what descends from it. Counted from the votes that validators send alone:
// a block is certified in no round in which nobody was seen to vote for it, and the parent of what
// is voted for had its certificate from one of the rounds before.
//
// Where somebody voted for the parent in several rounds, no lock is assumed: the certificate may be
// an older one. So what is reported is a broken lock; one that is broken may not be reported.
class KeepsItsLock final : public Invariant {
public:
    KeepsItsLock()
        : Invariant({.id = "S26",
                     .name = "keeps-its-lock",
                     .meaning = "a correct validator votes against the block it is locked on "
                                "only after a later certificate",
                     .reason = "The lock is what keeps a block final once a quorum has voted "
                               "for it. A validator that votes against its lock without a "
                               "later certificate lets two conflicting blocks be committed."}) {}

    void on_verified(ActorId, const Vm&, const ExecutedPtr& executed) override {
        if (applies()) parents_.try_emplace(executed->id, executed->block->parent());
    }
    void on_vote(ActorId node, const SignedVote& vote) override {
        if (!applies()) return;
        rounds_[vote.item].insert(vote.slot.round);
        if (!watch().correct(node)) return;
        Node& mine = nodes_[node];
        if (vote.slot.round <= mine.last_round) return;  // sent again
        mine.last_round = vote.slot.round;
        if (mine.lock) check(node, *mine.lock, vote);
        if (const auto lock = lock_after(vote)) mine.lock = lock;
    }
    void on_writes_lost(ActorId node) override { nodes_.erase(node); }
    void on_disk_replaced(ActorId node) override { nodes_.erase(node); }

private:
    struct Lock {
        Hash32 block;
        std::uint32_t round = 0;  // the first in which somebody voted for it
    };
    struct Node {
        std::uint32_t last_round = 0;
        std::optional<Lock> lock;
    };

    [[nodiscard]] bool applies() const {
        const VotingRules* const voting = engine_of(watch().scenario().chain).voting;
        return voting != nullptr && voting->round_in != nullptr;
    }
    [[nodiscard]] std::optional<Hash32> parent_of(const Hash32& id) const {
        const auto found = parents_.find(id);
        return found == parents_.end() ? std::nullopt : std::optional(found->second);
    }
    [[nodiscard]] bool descends(std::optional<Hash32> id, const Hash32& ancestor) const {
        while (id && *id != ancestor) id = parent_of(*id);
        return id.has_value();
    }
    [[nodiscard]] std::optional<Lock> lock_after(const SignedVote& vote) const {
        const auto parent = parent_of(vote.item);
        const auto below = parent ? parent_of(*parent) : std::nullopt;
        if (!below) return std::nullopt;
        const auto of_parent = rounds_.find(*parent);
        const auto of_below = rounds_.find(*below);
        if (of_parent == rounds_.end() || of_below == rounds_.end()) return std::nullopt;
        const bool is_known = of_parent->second == std::set{vote.slot.round - 1};
        return is_known ? std::optional(Lock{*below, *of_below->second.begin()}) : std::nullopt;
    }
    void check(ActorId node, const Lock& lock, const SignedVote& vote) {
        std::uint32_t shown = 0;  // the last round of which the proposal can show a certificate
        const auto parent = parent_of(vote.item);
        if (!parent) return;
        if (const auto of_parent = rounds_.find(*parent); of_parent != rounds_.end()) {
            for (const std::uint32_t round : of_parent->second)
                if (round < vote.slot.round) shown = round;
        }
        expect(shown > lock.round || descends(vote.item, lock.block),
               [&] {
                   return fmt::format(
                       "{} voted for block {} in round {} although it is locked on block {}",
                       watch().participants().name(node), short_id(vote.item), vote.slot.round,
                       short_id(lock.block));
               },
               {node});
    }

    std::map<Hash32, Hash32> parents_;                  // of verified blocks
    std::map<Hash32, std::set<std::uint32_t>> rounds_;  // in which somebody voted for the block
    std::map<ActorId, Node> nodes_;
};

}  // namespace

void add_lock_invariants(Invariants& out) { out.push_back(std::make_unique<KeepsItsLock>()); }

}  // namespace aivm::sim
