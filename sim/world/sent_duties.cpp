#include "sim/world/sent_duties.h"

#include <algorithm>

#include "core/base/check.h"

namespace aivm::sim {

void SentDuties::accept(const Executed& block) {
    const ChainHead& head = block.state.head;
    if (block_time_.empty()) genesis_time_ = head.timestamp_ns;
    block_time_.resize(std::max<std::size_t>(block_time_.size(), head.height + 1));
    block_time_[head.height] = static_cast<SimTime>(head.timestamp_ns - genesis_time_);
}

void SentDuties::add(ActorId provider, const SentDuty& duty, SimTime now) {
    if (sent_.size() >= prune_at_) {
        std::erase_if(sent_, [&](const Sent& one) { return !is_open_(one.duty); });
        prune_at_ = std::max(2 * sent_.size(), kKeptMin);
    }
    sent_.push_back({provider, duty, now});
}

bool SentDuties::in_time(ActorId provider, const SentDuty& slash, Height height) const {
    return std::ranges::any_of(sent_, [&](const Sent& one) {
        const bool averts = one.provider == provider && one.duty.task == slash.task &&
                            one.duty.assignment == slash.assignment &&
                            one.duty.averts == slash.averts;
        return averts && one.at < block_time_.at(std::min(one.duty.last_block, height));
    });
}

}  // namespace aivm::sim
