#include "sim/consensus/reached_rounds.h"

#include <functional>
#include <utility>

#include "sim/consensus/stake.h"

namespace aivm::sim {

std::uint32_t ReachedRounds::reached_by_an_honest(std::span<const std::uint64_t> stakes) const {
    std::vector<std::pair<std::uint32_t, std::uint64_t>> rounds;  // with the stake
    for (std::size_t i = 0; i < rounds_.size(); ++i)
        if (rounds_[i] > 0 && stakes[i] > 0) rounds.emplace_back(rounds_[i], stakes[i]);
    std::ranges::sort(rounds, std::greater{});
    const std::uint64_t wanted = honest_part_of(sum_of(stakes));
    std::uint64_t stake = 0;
    for (const auto& [round, its_stake] : rounds) {
        stake += its_stake;
        if (stake >= wanted) return round;
    }
    return 0;
}

}  // namespace aivm::sim
