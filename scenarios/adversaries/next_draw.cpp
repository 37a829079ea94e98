#include "scenarios/adversaries/next_draw.h"

#include <algorithm>

#include "core/verification/draw.h"
#include "core/verification/redundant.h"

namespace aivm::scenarios {
namespace {

std::vector<ProviderIndex> drawn_for(const sim::StrategyContext& context, const State& state,
                                     const Task& task, const Hash32& beacon) {
    std::vector<ProviderIndex> eligible;
    std::vector<std::uint64_t> up_to;
    std::uint64_t total = 0;
    const ModelIndex model = state.status_of_model(task.model).first;
    const TrustMoment at{
        state.head.height + 1,
        state.head.timestamp_ns + static_cast<std::uint64_t>(context.block_interval)};
    state.providers.for_each([&](std::size_t i, const Provider& p) {
        if (!is_eligible(context.rules, p, model, state.head.height + 1)) return;
        eligible.push_back(ProviderIndex{static_cast<std::uint32_t>(i)});
        up_to.push_back(total += draw_weight(context.rules, p, at));
    });
    const Hash32 seed = draw_seed(task.task_key, beacon);
    if (task.mode == VerificationMode::kRedundant) {
        const std::size_t count = context.rules.policy.redundancy_providers;
        return eligible.size() < count ? std::vector<ProviderIndex>()
                                       : draw_committee(eligible, seed, count);
    }
    if (eligible.empty()) return {};
    const auto chosen = std::ranges::upper_bound(up_to, big_endian_modulo(seed, total));
    return {eligible[static_cast<std::size_t>(chosen - up_to.begin())]};
}

}  // namespace

NextDraw next_draw(const sim::StrategyContext& context, const State& parent, const Hash32& beacon) {
    NextDraw out;
    parent.tasks.for_each([&](std::size_t, const Task& task) {
        if (task.status != TaskStatus::kPending || task.draw_at != parent.head.height + 1) return;
        for (const ProviderIndex drawn : drawn_for(context, parent, task, beacon)) {
            ++out.seats;
            out.ours += context.is_accomplice(parent.provider(drawn)) ? 1 : 0;
        }
    });
    return out;
}

}  // namespace aivm::scenarios
