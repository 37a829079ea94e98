#include "sim/consensus/stake.h"

#include <utility>

namespace aivm::sim {

SharedStakes share_stakes(std::vector<std::uint64_t> stakes) {
    thread_local std::weak_ptr<const std::vector<std::uint64_t>>
        last;  // worlds on several threads share nothing
    const auto known = last.lock();
    if (known && *known == stakes) return known;
    const auto made = std::make_shared<const std::vector<std::uint64_t>>(std::move(stakes));
    last = made;
    return made;
}

}  // namespace aivm::sim
