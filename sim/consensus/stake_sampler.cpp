#include "sim/consensus/stake_sampler.h"

#include <bit>

namespace aivm::sim {

StakeSampler::StakeSampler(std::span<const std::uint64_t> stakes)
    : stakes_(stakes.begin(), stakes.end()),
      tree_(stakes.size() + 1),
      top_step_(std::bit_floor(stakes.size())) {
    for (VoterIndex i = 0; i < stakes_.size(); ++i) put_back(i);
}

void StakeSampler::change(VoterIndex index, std::uint64_t by) {
    for (std::size_t i = index + 1U; i < tree_.size(); i += i & (~i + 1)) tree_[i] += by;
    remaining_ += by;
}

VoterIndex StakeSampler::owner_of(std::uint64_t point) const {
    std::size_t before = 0;  // validators whose intervals all end at or before the point
    for (std::size_t step = top_step_; step > 0; step /= 2) {
        const std::size_t next = before + step;
        if (next < tree_.size() && tree_[next] <= point) {
            before = next;
            point -= tree_[next];
        }
    }
    AIVM_CHECK(before < stakes_.size());
    return static_cast<VoterIndex>(before);
}

std::shared_ptr<StakeSampler> share_sampler(std::span<const std::uint64_t> stakes) {
    thread_local std::weak_ptr<StakeSampler> last;  // worlds on several threads share nothing
    const auto known = last.lock();
    if (known && std::ranges::equal(known->stakes(), stakes)) return known;
    const auto made = std::make_shared<StakeSampler>(stakes);
    last = made;
    return made;
}

}  // namespace aivm::sim
