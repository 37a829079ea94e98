#include "sim/actors/epoch_stakes.h"

namespace aivm::sim {

EpochBegun EpochStakes::start(SharedStakes genesis_stakes, const State& state) {
    epoch_ = 0;
    stakes_ = std::move(genesis_stakes);
    static_cast<void>(advance(state));
    return {epoch_, *stakes_};
}

std::optional<EpochBegun> EpochStakes::advance(const State& state) {
    if (state.head.epoch == epoch_) return std::nullopt;
    epoch_ = state.head.epoch;
    std::vector<std::uint64_t> stakes;
    stakes.reserve(stakes_->size());
    for (std::size_t i = 0; i < stakes_->size(); ++i) {
        const Validator& each = state.validators[i];
        stakes.push_back(each.active ? each.stake.nlux() : 0);
    }
    if (stakes != *stakes_) stakes_ = share_stakes(std::move(stakes));
    return EpochBegun{epoch_, *stakes_};
}

}  // namespace aivm::sim
