#include "sim/world/last_second.h"

#include <utility>

namespace aivm::sim {
namespace {

constexpr std::size_t kNamed = 3;  // of the kinds and of the actors

template <class NameOf>
std::vector<EventShare> greatest(const std::vector<std::uint64_t>& counts, const NameOf& name_of) {
    std::vector<std::size_t> order(counts.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return counts[i]; });
    std::vector<EventShare> out;
    for (const std::size_t i : order) {
        if (out.size() == kNamed || counts[i] == 0) break;
        out.push_back({name_of(i), counts[i]});
    }
    return out;
}

}  // namespace

LastSecond::LastSecond(std::size_t actors)
    : actors_(actors), current_((actors + 1) * kKinds), previous_(current_) {}

void LastSecond::turn(SimTime now) {
    const bool follows = now < ends_at_ + kSecond;
    std::swap(current_, previous_);
    if (!follows) std::ranges::fill(previous_, 0);
    std::ranges::fill(current_, 0);
    ends_at_ = (now / kSecond + 1) * kSecond;
}

void LastSecond::describe(SimTime now, const Names& names, BudgetEnd& out) const {
    std::vector<std::uint64_t> by_actor(actors_ + 1);
    std::vector<std::uint64_t> by_kind(kKinds);
    for (std::size_t row = 0; row <= actors_; ++row) {
        for (std::size_t kind = 0; kind < kKinds; ++kind) {
            const std::uint64_t count =
                std::uint64_t{current_[row * kKinds + kind]} + previous_[row * kKinds + kind];
            by_actor[row] += count;
            by_kind[kind] += count;
            out.last_events += count;
        }
    }
    out.last_seconds = now - std::max<SimTime>(ends_at_ - 2 * kSecond, 0);
    out.kinds = greatest(by_kind, names.kind);
    out.actors = greatest(by_actor, names.actor);
}

}  // namespace aivm::sim
