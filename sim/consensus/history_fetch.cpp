#include "sim/consensus/history_fetch.h"

#include <algorithm>

#include "core/base/check.h"

namespace aivm::sim {

void HistoryFetch::begin(const BlockRef& target, std::vector<VoterIndex> sources, Actions& out) {
    AIVM_CHECK(state_ == State::kIdle && !sources.empty() && target.height > tree_.root().height);
    sources_ = std::move(sources);
    source_ = 0;
    wanted_ = target;
    state_ = State::kFetching;
    if (const BlockInfo* const known = tree_.find(target.id)) {
        extend(*known, out);
    } else {
        ask(out);
    }
}

void HistoryFetch::ask(Actions& out) {
    const Height gap = wanted_.height - tree_.root().height;
    still_coming_ = static_cast<std::uint32_t>(std::min<Height>(blocks_per_fetch_, gap));
    ++counters_.fetches;
    out.push_back(Fetch{sources_[source_], wanted_.id, still_coming_});
}

void HistoryFetch::ask_again(Actions& out) {
    AIVM_CHECK(state_ == State::kFetching);
    source_ = (source_ + 1) % sources_.size();
    ask(out);
}

bool HistoryFetch::body(const BlockInfo& block, Actions& out) {
    if (state_ != State::kFetching || block.id != wanted_.id) return false;
    if (still_coming_ > 0) --still_coming_;
    bodies_.insert(block.id);
    if (block.height != wanted_.height) {
        state_ = State::kConflict;
        return true;
    }
    extend(block, out);
    return true;
}

void HistoryFetch::extend(BlockInfo block, Actions& out) {
    const BlockRef& root = tree_.root();
    while (true) {
        chain_.push_back(block);
        if (block.height <= root.height + 1) {
            state_ = block.parent == root.id ? State::kReady : State::kConflict;
            return;
        }
        wanted_ = {block.parent, block.height - 1};
        const BlockInfo* const known = tree_.find(wanted_.id);
        if (known == nullptr) break;
        block = *known;
    }
    if (still_coming_ == 0) ask(out);
}

const BlockInfo* HistoryFetch::next() const {
    return state_ == State::kReady ? &chain_.back() : nullptr;
}

void HistoryFetch::pop() {
    AIVM_CHECK(state_ == State::kReady);
    bodies_.erase(chain_.back().id);
    chain_.pop_back();
    if (chain_.empty()) state_ = State::kIdle;
}

void HistoryFetch::abandon(Actions& out) {
    for (const Hash32& id : bodies_) out.push_back(Discard{id});
    counters_.bodies_discarded += bodies_.size();
    bodies_.clear();
    chain_.clear();
    state_ = State::kIdle;
}

}  // namespace aivm::sim
