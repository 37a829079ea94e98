#include "sim/consensus/snowman/poll.h"

#include <algorithm>

#include "core/base/check.h"

namespace aivm::sim {

void Poll::open(RequestId id, Height next_height, std::vector<VoterIndex>& asked) {
    id_ = id;
    next_height_ = next_height;
    asked_ = static_cast<std::uint32_t>(asked.size());
    finished_ = false;
    waiting_.swap(asked);
    std::sort(waiting_.begin(), waiting_.end());
    support_.clear();
}

bool Poll::take_answer_of(VoterIndex from) {
    const auto place = std::lower_bound(waiting_.begin(), waiting_.end(), from);
    if (place == waiting_.end() || *place != from) return false;
    waiting_.erase(place);
    return true;
}

void Poll::add_vote(BlockTree::Handle block) {
    for (Support& each : support_) {
        if (each.block == block) {
            ++each.votes;
            return;
        }
    }
    support_.push_back({block, 1});
}

void Poll::vote(const BlockTree& tree, BlockTree::Handle block) {
    for (std::optional<BlockTree::Handle> at = block; at; at = tree.parent(*at)) add_vote(*at);
}

bool Poll::settled(const BlockTree& tree, const SnowParameters& p) const {
    const auto missing = static_cast<std::uint32_t>(waiting_.size());
    if (missing == 0) return true;
    // Neither success nor failure of any choice can be certain before this many answers.
    if (asked_ - missing < p.alpha_confidence && missing >= p.alpha_preference) return false;

    std::uint32_t won = 0;
    for (const Support& each : support_) {
        if (!tree.alive(each.block)) continue;
        if (each.votes >= p.alpha_confidence) {
            ++won;
            continue;
        }
        const bool can_be_confident = each.votes + missing >= p.alpha_confidence;
        const bool prefers = each.votes >= p.alpha_preference;
        if (prefers ? can_be_confident : each.votes + missing >= p.alpha_preference) return false;
    }
    // Children without a vote so far could still win, unless too few answers are missing or a
    // sibling has won.
    return missing < p.alpha_preference || won == tree.open_choices();
}

bool Poll::apply(BlockTree& tree, const SnowParameters& p) const {
    bool successful = false;
    for (const Support& each : support_) {
        if (each.votes < p.alpha_preference || !tree.alive(each.block)) continue;
        const bool confident = each.votes >= p.alpha_confidence;
        tree.support(each.block, confident);
        successful |= confident;
    }
    tree.end_poll();
    return successful;
}

Poll& PollSet::open(Height next_height, std::vector<VoterIndex>& asked) {
    if (spare_.empty()) spare_.emplace_back();
    polls_.push_back(std::move(spare_.back()));
    spare_.pop_back();
    polls_.back().open(next_++, next_height, asked);
    ++outstanding_;
    return polls_.back();
}

Poll* PollSet::find(RequestId id) {
    if (polls_.empty() || id < polls_.front().id() || id >= next_) return nullptr;
    Poll& poll = polls_[id - polls_.front().id()];
    AIVM_CHECK(poll.id() == id);
    return poll.finished() ? nullptr : &poll;
}

void PollSet::finish(Poll& poll) {
    AIVM_CHECK(!poll.finished() && outstanding_ > 0);
    poll.finish();
    --outstanding_;
}

const Poll* PollSet::oldest_finished() const {
    return !polls_.empty() && polls_.front().finished() ? &polls_.front() : nullptr;
}

void PollSet::pop() {
    AIVM_CHECK(oldest_finished() != nullptr);
    spare_.push_back(std::move(polls_.front()));
    polls_.pop_front();
}

void PollSet::abandon_all() {
    for (Poll& poll : polls_) spare_.push_back(std::move(poll));
    polls_.clear();
    outstanding_ = 0;
}

}  // namespace aivm::sim
