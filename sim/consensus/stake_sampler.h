// Draws samples of validators by stake, without replacement: of units of stake, so that a validator
// may be drawn several times, or of validators, each next one with probability stake / (stake of
// those not yet drawn).
//
// The validators' stakes lie one after the other on a line; a draw is a point of it, and belongs to
// whom it falls on. What was drawn is taken off the line: the few pieces that are missing are kept
// in order, and a point of what is left is moved past those before it. The owner of a point is
// found with a guide table (H.-C. Chen and Y. Asau, "On generating random variates from an
// empirical distribution", AIIE Transactions 6(2), 1974), in constant time on average. A sample of
// k costs O(k^2) however many validators there are, and is exact for every distribution of stake.
// Integers only. A sample leaves nothing behind.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/base/check.h"
#include "sim/consensus/consensus.h"

namespace aivm::sim {

// A validator in a sample.
struct Drawn {
    VoterIndex voter = 0;
    std::uint32_t times = 1;
    friend bool operator==(const Drawn&, const Drawn&) = default;
};

class StakeSampler {
public:
    // The sum of the stakes must fit 64 bits (stake.h checks that).
    explicit StakeSampler(std::span<const std::uint64_t> stakes);

    // Puts up to `count` distinct validators other than `excluded` into `out`, in the order drawn;
    // fewer when fewer have stake. `below(n)` returns a uniform number in [0, n).
    template <class Below>
    void sample(std::uint32_t count, std::optional<VoterIndex> excluded, Below&& below,
                std::vector<VoterIndex>& out) {
        out.clear();
        begin(excluded);
        while (out.size() < count && remaining_ > 0) {
            const std::uint64_t point = below(remaining_);
            AIVM_CHECK(point < remaining_);
            out.push_back(owner_of_remaining(point));
            take(out.back(), stakes_[out.back()]);
        }
    }

    // Puts the owners of up to `count` units of the stake of others than `excluded` into `out`, in
    // the order in which each was first drawn; fewer units when there are fewer.
    template <class Below>
    void sample_units(std::uint32_t count, std::optional<VoterIndex> excluded, Below&& below,
                      std::vector<Drawn>& out) {
        out.clear();
        begin(excluded);
        for (std::uint32_t drawn = 0; drawn < count && remaining_ > 0; ++drawn) {
            const VoterIndex owner = owner_of_remaining(below(remaining_));
            take(owner, 1);
            const auto known = std::ranges::find(out, owner, &Drawn::voter);
            if (known == out.end()) {
                out.push_back({owner, 1});
            } else {
                ++known->times;
            }
        }
    }

    [[nodiscard]] std::size_t size() const { return stakes_.size(); }
    [[nodiscard]] std::span<const std::uint64_t> stakes() const { return stakes_; }
    [[nodiscard]] std::uint64_t stake(VoterIndex index) const { return stakes_[index]; }
    [[nodiscard]] std::uint64_t total() const { return total_; }

private:
    // Stake that one validator no longer has on the line: the last `units` before `end`.
    struct Missing {
        VoterIndex voter = 0;
        std::uint64_t begin = 0;  // of its stake on the whole line
        std::uint64_t end = 0;
        std::uint64_t units = 0;
    };

    // Begins a sample with the whole line but for the stake of `excluded`.
    void begin(std::optional<VoterIndex> excluded) {
        missing_.clear();
        remaining_ = total_;
        if (excluded) take(*excluded, stakes_[*excluded]);
    }
    // Takes units off the line. Requires that the validator has as many left.
    void take(VoterIndex voter, std::uint64_t units) {
        remaining_ -= units;
        const auto place = std::ranges::lower_bound(missing_, voter, {}, &Missing::voter);
        if (place != missing_.end() && place->voter == voter) {
            place->units += units;
        } else {
            missing_.insert(place, {voter, ends_[voter] - stakes_[voter], ends_[voter], units});
        }
    }
    // Whom a point of what is left of the line belongs to. Requires point < remaining_.
    [[nodiscard]] VoterIndex owner_of_remaining(std::uint64_t point) const {
        for (const Missing& piece : missing_) {
            if (point < piece.begin) break;
            if (point < piece.end - piece.units) return piece.voter;
            point += piece.units;
        }
        return owner_of(point);
    }
    // The same of the whole line.
    [[nodiscard]] VoterIndex owner_of(std::uint64_t point) const {
        VoterIndex owner = guide_[point >> guide_shift_];
        while (ends_[owner] <= point) ++owner;
        return owner;
    }

    std::vector<std::uint64_t> stakes_;
    std::vector<std::uint64_t> ends_;  // of each validator's stake on the line
    std::uint64_t total_ = 0;
    std::vector<VoterIndex> guide_;  // by point >> guide_shift_: the owner of the first such point
    unsigned guide_shift_ = 0;
    // Of the sample being drawn.
    std::vector<Missing> missing_;  // by voter
    std::uint64_t remaining_ = 0;
};

// The sampler of these stakes, one for all nodes of a thread that ask for the same: it takes memory
// in proportion to the validators.
std::shared_ptr<StakeSampler> share_sampler(std::span<const std::uint64_t> stakes);

}  // namespace aivm::sim
