// One question to a sample of validators, and the queue of those in progress.
//
// A validator that was drawn several times answers once, and its answer counts as often. A poll
// ends early when no threshold of any instance can still change; the rule is that of avalanchego's
// snow/consensus/snowman/poll.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/base/prefetch.h"
#include "core/base/prefetch_call.h"
#include "core/base/small_vector.h"
#include "sim/consensus/block_tree.h"
#include "sim/consensus/snowman/snow_parameters.h"
#include "sim/consensus/stake_sampler.h"

namespace aivm::sim {

class alignas(kCacheLineBytes) Poll {
public:
    // Begins a new poll, reusing the memory of the last one. With `records` it keeps what record()
    // returns.
    void open(RequestId id, SimTime now, Height next_height, std::span<const Drawn> asked,
              bool records = false);

    [[nodiscard]] RequestId id() const { return id_; }
    [[nodiscard]] SimTime opened_at() const { return opened_at_; }
    [[nodiscard]] Height next_height() const { return next_height_; }
    [[nodiscard]] bool finished() const { return finished_; }

    // How often the answer of `from` counts; 0 if it was not asked or has answered. Until it is
    // counted by vote() or drop() it is missing.
    std::uint32_t take_answer_of(VoterIndex from);
    void vote(VoterIndex from, const Hash32& block, std::uint32_t weight);
    void drop(std::uint32_t weight);

    // Whether no answer still missing could change what this poll does. `parent_of(id)` is the
    // parent of an undecided block, nullopt for every other id.
    template <class ParentOf>
    [[nodiscard]] bool settled(const SnowThresholds& thresholds, const ParentOf& parent_of) const;

    void finish() { finished_ = true; }

    // The poll as it is now: the votes, and what they are for blocks that are still undecided.
    [[nodiscard]] PollRecord record(const BlockTree& tree) const;
    // The votes, by the blocks that the answers named.
    [[nodiscard]] std::span<const VoteCount> votes() const {
        return {votes_.begin(), votes_.size()};
    }

private:
    // Votes for a block and its descendants.
    struct Sum {
        Hash32 id;
        std::optional<Hash32> parent;
        std::uint32_t votes = 0;
    };
    using Sums = SmallVector<Sum, 4>;
    [[nodiscard]] bool cannot_change(std::uint32_t votes, const SnowThresholds& t) const {
        if (votes + missing_ < t.alpha_preference || votes >= t.alpha_confidence) return true;
        return votes >= t.alpha_preference && votes + missing_ < t.alpha_confidence;
    }
    // Of votes for siblings: those of every shared prefix.
    [[nodiscard]] bool prefixes_settled(Sums& sums, const SnowThresholds& t) const;

    RequestId id_ = 0;
    SimTime opened_at_ = 0;
    Height next_height_ = 0;
    std::uint32_t received_ = 0;  // votes
    std::uint32_t missing_ = 0;
    std::unique_ptr<PollRecord> record_;  // its support is empty; null: not kept
    bool finished_ = false;
    // In place, so that an answer finds all of its poll together: k is 20 in most presets.
    SmallVector<VoteCount, 2> votes_;
    SmallVector<Drawn, 20> asked_;  // sorted by validator; once it has answered, zero times
};

template <class ParentOf>
bool Poll::settled(const SnowThresholds& t, const ParentOf& parent_of) const {
    if (missing_ == 0) return true;
    if (received_ + missing_ < t.alpha_preference) return true;
    if (votes_.empty()) return false;
    // Neither success nor failure of any instance can be certain yet.
    if (received_ < t.alpha_confidence && missing_ >= t.alpha_preference) return false;
    // All for one block, whose ancestors have the same votes: no need to look for them.
    if (votes_.size() == 1 && !cannot_change(votes_.front().votes, t)) return false;
    Sums sums;
    for (const VoteCount& vote : votes_) {
        for (std::optional<Hash32> id = vote.id; id;) {
            auto sum = std::ranges::find(sums, *id, &Sum::id);
            if (sum == sums.end()) {
                sums.push_back({*id, parent_of(*id), 0});
                sum = sums.end() - 1;
            }
            sum->votes += vote.votes;
            id = sum->parent;
        }
    }
    for (const Sum& sum : sums) {
        if (!cannot_change(sum.votes, t)) return false;
    }
    return sums.size() == 1 || prefixes_settled(sums, t);
}

// The polls in progress. They are counted in the order in which they were begun, whichever finishes
// first, so that "consecutive" means the same on a fast and on a slow link. An answer that comes
// after its poll finished but before its turn still counts.
class PollSet {
public:
    explicit PollSet(bool records = false) : records_(records) {}

    // Null if a poll with this id is in progress.
    Poll* open(RequestId id, SimTime now, Height next_height, std::span<const Drawn> asked);
    // Null if it is not in progress: never begun, counted, or abandoned.
    [[nodiscard]] Poll* find(RequestId id) const {
        for (const InProgress& each : polls_) {
            if (each.id == id) return each.poll;
        }
        return nullptr;
    }
    // Finished ones too, while they wait for their turn.
    [[nodiscard]] std::size_t size() const { return polls_.size(); }

    // The oldest poll if it has finished, to be removed by pop(); otherwise null.
    [[nodiscard]] const Poll* oldest_finished() const;
    void pop();
    void abandon_all();
    // Asks for the memory of a poll, if it is in progress.
    void prefetch(RequestId id) const {
        if (const Poll* poll = find(id)) prefetch_lines(poll, sizeof(Poll));
        keep_prefetches();
    }

private:
    struct InProgress {
        RequestId id = 0;
        Poll* poll = nullptr;
    };
    static constexpr std::uint32_t kUsual = 6;  // those begun, and those that wait for their turn

    // In the order in which they were begun; in place, as the answers of several are on their way.
    SmallVector<InProgress, kUsual> polls_;
    bool records_ = false;
    std::vector<Poll*> spare_;  // kept for their memory
    std::vector<std::unique_ptr<Poll>> owned_;
};

}  // namespace aivm::sim
