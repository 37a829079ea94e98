#include "core/verification/draw.h"

#include <algorithm>
#include <cstring>

#include "core/base/mutant.h"
#include "core/base/rule_hash.h"
#include "core/config/limits.h"
#include "core/kernels/rule_hash_many.h"

namespace aivm {
namespace {

// Providers of the genesis count as bonded for ever.
bool counts_as_bonded(const Provider& p, const Policy& policy, Height at) {
    if (p.bonded_since == 0 || AIVM_MUTANT(F16)) return true;
    const auto from = checked_add(p.bonded_since, policy.activation_delay_blocks);
    return from && *from <= at;
}

Drawn draw_weighted(const Transition& t, const Task& task, const Hash32& seed) {
    struct Candidate {
        ProviderIndex provider;
        std::uint64_t up_to;  // the running sum of weights
    };
    SmallVector<Candidate, 32> candidates;
    std::uint64_t total = 0;
    const ModelIndex model = t.read_model_status(task.model).first;
    const TrustMoment moment{t.block().height, t.block().timestamp_ns};
    t.state().providers.for_each([&](std::size_t i, const Provider& p) {
        if (!is_eligible(t.parameters(), p, model, t.block().height)) return;
        total += draw_weight(t.parameters(), p, moment);
        candidates.push_back({ProviderIndex{static_cast<std::uint32_t>(i)}, total});
    });
    if (candidates.empty()) return {};
    const std::uint64_t point = big_endian_modulo(seed, total);
    const auto* chosen =
        std::upper_bound(candidates.begin(), candidates.end(), point,
                         [](std::uint64_t x, const Candidate& c) { return x < c.up_to; });
    return {chosen->provider};
}

Drawn draw_members(const Transition& t, const Task& task, const Hash32& seed) {
    std::vector<ProviderIndex> candidates;
    const ModelIndex model = t.read_model_status(task.model).first;
    t.state().providers.for_each([&](std::size_t i, const Provider& p) {
        if (is_eligible(t.parameters(), p, model, t.block().height))
            candidates.push_back(ProviderIndex{static_cast<std::uint32_t>(i)});
    });
    const std::size_t count = t.policy().redundancy_providers;
    Drawn drawn;
    if (candidates.size() < count) return drawn;
    for (const ProviderIndex member : draw_committee(std::move(candidates), seed, count))
        drawn.push_back(member);
    return drawn;
}

}  // namespace

// Candidates are fixed two blocks before the draw, when its beacon could not be known: a bond that
// became complete later comes too late. Only room may change in between.
bool is_eligible(const VmParameters& parameters, const Provider& p, ModelIndex model,
                 Height drawn_at) {
    const Height fixed_at = drawn_at - std::min(drawn_at, kDrawDelayBlocks);
    return (p.active() || AIVM_MUTANT(D23)) &&
           (AIVM_MUTANT(draw_overload) ||
            p.open_tasks < parameters.config.max_tasks_per_provider) &&
           (p.bond >= parameters.config.min_provider_bond || AIVM_MUTANT(F27)) &&
           counts_as_bonded(p, parameters.policy, fixed_at) && p.offers(model) &&
           p.unlocked() >= parameters.result_bond();
}

std::uint64_t draw_weight(const VmParameters& parameters, const Provider& provider,
                          TrustMoment at) {
    if (AIVM_MUTANT(draw_unweighted)) return 1;
    return 1 + std::uint64_t{trust_of(parameters, provider, at)};
}

Hash32 draw_seed(const Hash32& task_key, const Hash32& beacon) {
    return rule_hash({task_key.view(), beacon.view()});
}

std::uint64_t big_endian_modulo(const Hash32& number, std::uint64_t modulus) {
    AIVM_CHECK(modulus != 0);
    __extension__ using Wide = unsigned __int128;
    std::uint64_t remainder = 0;
    for (std::size_t i = 0; i < number.size(); i += 8) {
        std::uint64_t digit = 0;
        std::memcpy(&digit, number.data() + i, sizeof digit);
        remainder = static_cast<std::uint64_t>((Wide{remainder} << 64 | __builtin_bswap64(digit)) %
                                               modulus);
    }
    return remainder;
}

DrawSeeds::DrawSeeds(const Transition& t) {
    constexpr std::size_t kUsual = 16;
    Writer messages;
    messages.reserve(kUsual * 2 * Hash32::size());
    tasks_.reserve(kUsual);
    t.state().height_timers.for_each_due(t.block().height, [&](const HeightTimer& timer) {
        const TaskIndex index{timer.id};
        if (timer.kind != TimerKind::kDraw || t.read_task(index).status != TaskStatus::kPending)
            return;
        tasks_.push_back(index);
        messages.fixed(t.read_task(index).task_key)
            .fixed(AIVM_MUTANT(D27) ? t.read_task(index).task_key : t.block().beacon);
    });
    seeds_.resize(tasks_.size());
    if (tasks_.empty()) return;
    rule_hash_many(t.rules().kernels->hasher(), messages.view().data(), 2 * Hash32::size(),
                   tasks_.size(), seeds_.data());
}

Hash32 DrawSeeds::take(const Transition& t, TaskIndex task) {
    if (next_ < tasks_.size() && tasks_[next_] == task) return seeds_[next_++];
    return draw_seed(t.read_task(task).task_key, t.block().beacon);
}

std::vector<ProviderIndex> draw_committee(std::vector<ProviderIndex> list, const Hash32& seed,
                                          std::size_t count) {
    AIVM_CHECK(count <= list.size());
    for (std::size_t i = 0; i < count; ++i) {
        const Hash32 draw =
            rule_hash(Writer().fixed(seed).u32(static_cast<std::uint32_t>(i)).view());
        const std::size_t left = list.size() - i;
        std::swap(list[i],
                  list[i + big_endian_modulo(
                               draw, AIVM_MUTANT(committee_swap) && left > 1 ? left - 1 : left)]);
    }
    list.resize(count);
    return list;
}

Drawn draw_providers(const Transition& t, const Task& task, const Hash32& seed) {
    if (task.mode == VerificationMode::kRedundant) return draw_members(t, task, seed);
    return draw_weighted(t, task, seed);
}

}  // namespace aivm
