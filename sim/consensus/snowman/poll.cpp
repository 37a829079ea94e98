#include "sim/consensus/snowman/poll.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"

namespace aivm::sim {

void Poll::open(RequestId id, SimTime now, Height next_height, std::span<const Drawn> asked,
                bool records) {
    id_ = id;
    opened_at_ = now;
    next_height_ = next_height;
    finished_ = false;
    received_ = 0;
    missing_ = 0;
    votes_.clear();
    asked_.clear();
    for (const Drawn& each : asked) {
        asked_.push_back(each);
        missing_ += each.times;
    }
    std::ranges::sort(asked_, {}, &Drawn::voter);
    record_ = records ? std::make_unique<PollRecord>() : nullptr;
    if (!records) return;
    record_->id = id;
    for (const Drawn& each : asked_)
        record_->asked.insert(record_->asked.end(), each.times, each.voter);
}

PollRecord Poll::record(const BlockTree& tree) const {
    AIVM_CHECK(record_ != nullptr);
    PollRecord out = *record_;
    for (const VoteCount& vote : votes_) {
        if (!tree.contains(vote.id)) continue;
        for (std::optional<Hash32> id = vote.id; id && tree.contains(*id);
             id = tree.parent_of(*id)) {
            auto sum = std::ranges::find(out.support, *id, &PollRecord::Support::block);
            if (sum == out.support.end()) sum = out.support.insert(sum, {*id, 0});
            sum->votes += vote.votes;
        }
    }
    return out;
}

std::uint32_t Poll::take_answer_of(VoterIndex from) {
    auto* const place = std::ranges::lower_bound(asked_, from, {}, &Drawn::voter);
    if (place == asked_.end() || place->voter != from) return 0;
    if (AIVM_MUTANT(D43)) return place->times;
    return std::exchange(place->times, 0U);
}

void Poll::vote(VoterIndex from, const Hash32& block, std::uint32_t weight) {
    drop(weight);
    if (record_) record_->votes.insert(record_->votes.end(), weight, {from, block});
    received_ += weight;
    const auto known = std::ranges::find(votes_, block, &VoteCount::id);
    if (known != votes_.end()) {
        known->votes += weight;
    } else {
        votes_.push_back({block, weight});
    }
}

void Poll::drop(std::uint32_t weight) {
    AIVM_CHECK(weight <= missing_);
    missing_ -= weight;
}

bool Poll::prefixes_settled(Sums& sums, const SnowThresholds& t) const {
    // Siblings next to each other, and among them those that share a prefix: the order of their
    // bits.
    std::ranges::sort(sums, [](const Sum& a, const Sum& b) {
        if (a.parent != b.parent) return a.parent < b.parent;
        const std::uint32_t bit = first_difference(a.id, b.id, 0, kIdBits);
        return bit != kIdBits && bit_of(a.id, bit) < bit_of(b.id, bit);
    });
    std::vector<std::span<const Sum>> groups;
    for (std::size_t begin = 0; begin < sums.size();) {
        std::size_t end = begin + 1;
        while (end < sums.size() && sums[end].parent == sums[begin].parent) ++end;
        if (sums[begin].parent) groups.emplace_back(sums.data() + begin, end - begin);
        begin = end;
    }
    while (!groups.empty()) {
        const std::span<const Sum> group = groups.back();
        groups.pop_back();
        if (group.size() < 2) continue;
        const std::uint32_t bit = first_difference(group.front().id, group.back().id, 0, kIdBits);
        const auto ones =
            std::ranges::find_if(group, [&](const Sum& each) { return bit_of(each.id, bit) == 1; });
        const auto zeros = static_cast<std::size_t>(ones - group.begin());
        groups.push_back(group.first(zeros));
        groups.push_back(group.subspan(zeros));
        std::uint32_t votes = 0;
        for (const Sum& each : group) votes += each.votes;
        if (bit != 0 && !cannot_change(votes, t)) return false;
    }
    return true;
}

Poll* PollSet::open(RequestId id, SimTime now, Height next_height, std::span<const Drawn> asked) {
    if (find(id) != nullptr) return nullptr;
    if (spare_.empty()) spare_.push_back(owned_.emplace_back(std::make_unique<Poll>()).get());
    Poll* const poll = spare_.back();
    spare_.pop_back();
    polls_.push_back({id, poll});
    poll->open(id, now, next_height, asked, records_);
    return poll;
}

const Poll* PollSet::oldest_finished() const {
    return !polls_.empty() && polls_.front().poll->finished() ? polls_.front().poll : nullptr;
}

void PollSet::pop() {
    AIVM_CHECK(oldest_finished() != nullptr);
    spare_.push_back(polls_.front().poll);
    polls_.erase_at(0);
}

void PollSet::abandon_all() {
    for (const InProgress& each : polls_) spare_.push_back(each.poll);
    polls_.clear();
}

}  // namespace aivm::sim
