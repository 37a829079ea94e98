// One question to k validators, and the row of those under way.
//
// A poll keeps, for every undecided block that got a vote, how many it and its descendants got
// together. It knows whom it still waits for; an answer is taken from each of them once.
#pragma once

#include <deque>
#include <vector>

#include "sim/consensus/block_tree.h"
#include "sim/consensus/snow_parameters.h"

namespace aivm::sim {

class Poll {
public:
    // Begins anew; `asked` is swapped in.
    void open(RequestId id, Height next_height, std::vector<VoterIndex>& asked);

    [[nodiscard]] RequestId id() const { return id_; }
    [[nodiscard]] Height next_height() const { return next_height_; }
    [[nodiscard]] bool finished() const { return finished_; }

    // Whether `from` was asked and has not answered yet; from now on it has.
    bool take_answer_of(VoterIndex from);

    // One vote for `block` and all its undecided ancestors.
    void vote(const BlockTree& tree, BlockTree::Handle block);

    // Whether no answer still to come could change what this poll does to any choice of the tree.
    [[nodiscard]] bool settled(const BlockTree& tree, const SnowParameters& parameters) const;

    void finish() { finished_ = true; }

    // Lets the votes count. True when some undecided block got alpha_confidence of them.
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

// The polls under way. They count in the order they were begun, whichever finishes first, so that
// "in a row" means the same on a fast and on a slow link.
class PollSet {
public:
    explicit PollSet(RequestId first) : next_(first) {}

    Poll& open(Height next_height, std::vector<VoterIndex>& asked);
    // Nothing when it was never begun, has finished, or was given up.
    [[nodiscard]] Poll* find(RequestId id);
    [[nodiscard]] std::uint32_t outstanding() const { return outstanding_; }

    void finish(Poll& poll);
    // The oldest poll when it has finished; to be given back by pop().
    [[nodiscard]] const Poll* oldest_finished() const;
    void pop();
    void give_up_all();

private:
    std::deque<Poll> polls_;   // ids without gaps
    std::vector<Poll> spare_;  // kept for their memory
    RequestId next_ = 0;
    std::uint32_t outstanding_ = 0;
};

}  // namespace aivm::sim
