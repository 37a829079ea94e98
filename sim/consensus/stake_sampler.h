// Draws samples of validators by stake, without replacement: of units of stake, so that a validator
// may be drawn several times, or of validators, each next one with probability stake / (stake of
// those not yet drawn).
//
// A Fenwick tree of the stakes; a draw descends it and removes the drawn unit or stake, so a sample
// of k costs O(k log n) and is exact for every distribution of stake. Integers only. A sample
// leaves the tree unchanged.
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
        if (excluded) take_out(*excluded);
        while (out.size() < count && remaining_ > 0) {
            const std::uint64_t point = below(remaining_);
            AIVM_CHECK(point < remaining_);
            out.push_back(owner_of(point));
            take_out(out.back());
        }
        for (const VoterIndex drawn : out) put_back(drawn);
        if (excluded) put_back(*excluded);
    }

    // Puts the owners of up to `count` units of the stake of others than `excluded` into `out`, in
    // the order in which each was first drawn; fewer units when there are fewer.
    template <class Below>
    void sample_units(std::uint32_t count, std::optional<VoterIndex> excluded, Below&& below,
                      std::vector<Drawn>& out) {
        out.clear();
        const VoterIndex absent = excluded.value_or(0);  // read once: g++ 12 warns of a second read
        if (excluded) take_out(absent);
        for (std::uint32_t drawn = 0; drawn < count && remaining_ > 0; ++drawn) {
            const VoterIndex owner = owner_of(below(remaining_));
            change(owner, ~std::uint64_t{0});  // minus one
            const auto known = std::ranges::find(out, owner, &Drawn::voter);
            if (known == out.end()) {
                out.push_back({owner, 1});
            } else {
                ++known->times;
            }
        }
        for (const Drawn& each : out) change(each.voter, each.times);
        if (excluded) put_back(absent);
    }

    [[nodiscard]] std::size_t size() const { return stakes_.size(); }
    [[nodiscard]] std::span<const std::uint64_t> stakes() const { return stakes_; }
    [[nodiscard]] std::uint64_t stake(VoterIndex index) const { return stakes_[index]; }
    [[nodiscard]] std::uint64_t total() const { return remaining_; }

private:
    // Adds to the remaining stake of a validator, modulo 2^64.
    void change(VoterIndex index, std::uint64_t by);
    void take_out(VoterIndex index) { change(index, 0 - stakes_[index]); }
    void put_back(VoterIndex index) { change(index, stakes_[index]); }
    // The validator whose interval in the running sum of remaining stakes contains `point`.
    [[nodiscard]] VoterIndex owner_of(std::uint64_t point) const;

    std::vector<std::uint64_t> stakes_;
    std::vector<std::uint64_t> tree_;  // Fenwick, from 1
    std::uint64_t remaining_ = 0;
    std::size_t top_step_ = 0;  // the largest power of two not above size()
};

// The sampler of these stakes, one for all nodes of a thread that ask for the same: it takes memory
// and time in proportion to the validators, and a sample leaves it as it was.
std::shared_ptr<StakeSampler> share_sampler(std::span<const std::uint64_t> stakes);

}  // namespace aivm::sim
