#include "sim/consensus/stake_sampler.h"

#include <bit>

namespace aivm::sim {

StakeSampler::StakeSampler(std::span<const std::uint64_t> stakes)
    : stakes_(stakes.begin(), stakes.end()) {
    ends_.reserve(stakes_.size());
    for (const std::uint64_t stake : stakes_) ends_.push_back(total_ += stake);
    // Between a half and two entries per validator, or one per point if there are fewer points.
    const int excess =
        static_cast<int>(std::bit_width(total_)) - static_cast<int>(std::bit_width(stakes_.size()));
    guide_shift_ = static_cast<unsigned>(std::max(excess, 0));
    guide_.resize((total_ >> guide_shift_) + 1);
    VoterIndex owner = 0;
    for (std::size_t i = 0; i < guide_.size(); ++i) {
        while (owner < ends_.size() && ends_[owner] <= std::uint64_t{i} << guide_shift_) ++owner;
        guide_[i] = owner;
    }
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
