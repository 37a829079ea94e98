// One question to k validators, and the queue of those in progress.
//
// A poll counts, for every undecided block, the votes for it and its descendants. It accepts one
// answer from each validator that it asked.
#pragma once

#include <deque>
#include <vector>

#include "sim/consensus/block_tree.h"
#include "sim/consensus/snowman/snow_parameters.h"

namespace aivm::sim {

class Poll {
public:
    // Begins a new poll, reusing the memory of the last one; `asked` is swapped in.
    void open(RequestId id, Height next_height, std::vector<VoterIndex>& asked);

    [[nodiscard]] RequestId id() const { return id_; }
    [[nodiscard]] Height next_height() const { return next_height_; }
    [[nodiscard]] bool finished() const { return finished_; }

    // Whether `from` was asked and had not answered before this call.
    bool take_answer_of(VoterIndex from);

    // One vote for `block` and all its undecided ancestors.
    void vote(const BlockTree& tree, BlockTree::Handle block);

    // Whether no answer still to come could change what this poll does to any choice of the tree.
    [[nodiscard]] bool settled(const BlockTree& tree, const SnowParameters& parameters) const;

    void finish() { finished_ = true; }

    // Applies the votes to the tree. True when some undecided block got alpha_confidence of them.
    bool apply(BlockTree& tree, const SnowParameters& parameters) const;

private:
    struct Support {
        BlockTree::Handle block;
        std::uint32_t votes = 0;
    };
    void add_vote(BlockTree::Handle block);

    RequestId id_ = 0;
    Height next_height_ = 0;
    std::uint32_t asked_ = 0;
    bool finished_ = false;
    std::vector<VoterIndex> waiting_;  // sorted
    std::vector<Support> support_;
};

// The polls in progress. They are applied in the order in which they were begun, whichever finishes
// first, so that "consecutive" means the same on a fast and on a slow link.
class PollSet {
public:
    explicit PollSet(RequestId first) : next_(first) {}

    Poll& open(Height next_height, std::vector<VoterIndex>& asked);
    // Null if it was never begun, has finished, or was abandoned.
    [[nodiscard]] Poll* find(RequestId id);
    [[nodiscard]] std::uint32_t outstanding() const { return outstanding_; }
    // The id of the poll that open() begins next.
    [[nodiscard]] RequestId next_id() const { return next_; }

    void finish(Poll& poll);
    // The oldest poll if it has finished, to be removed by pop(); otherwise null.
    [[nodiscard]] const Poll* oldest_finished() const;
    void pop();
    void abandon_all();

private:
    std::deque<Poll> polls_;   // ids without gaps
    std::vector<Poll> spare_;  // kept for their memory
    RequestId next_ = 0;
    std::uint32_t outstanding_ = 0;
};

}  // namespace aivm::sim
