#include "sim/consensus/bft/rotation.h"

#include <algorithm>

#include "core/base/amount.h"
#include "core/base/check.h"

namespace aivm::sim {
namespace {

// A cycle has about this many turns per validator; a stake below one turn gets one.
constexpr std::uint64_t kTurnsPerValidator = 4;

std::vector<std::int64_t> weights_of(std::span<const std::uint64_t> stakes) {
    WideNlux total = 0;
    for (const std::uint64_t stake : stakes) total += stake;
    AIVM_CHECK(total != 0);
    const WideNlux turns = kTurnsPerValidator * stakes.size();
    std::vector<std::int64_t> out;
    for (const std::uint64_t stake : stakes) {
        const auto share = static_cast<std::int64_t>((stake * turns + total / 2) / total);
        out.push_back(stake == 0 ? 0 : std::max<std::int64_t>(share, 1));
    }
    return out;
}

}  // namespace

// Smooth weighted round robin: everybody gains its weight, whoever has most takes the turn and pays
// the sum of all weights. The lowest index wins ties.
ProposerRotation::ProposerRotation(std::span<const std::uint64_t> stakes) {
    const std::vector<std::int64_t> weights = weights_of(stakes);
    std::int64_t sum = 0;
    for (const std::int64_t weight : weights) sum += weight;
    std::vector<std::int64_t> credit(weights.size(), 0);
    for (std::int64_t turn = 0; turn < sum; ++turn) {
        for (std::size_t i = 0; i < credit.size(); ++i) credit[i] += weights[i];
        const auto most = std::ranges::max_element(credit);
        *most -= sum;
        turns_.push_back(static_cast<VoterIndex>(most - credit.begin()));
    }
}

}  // namespace aivm::sim
