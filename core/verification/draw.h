// The draw: which providers a waiting task gets. Everything here is a pure function of the state
// and the block; core/verification/task_life.cpp acts on the result.
#pragma once

#include "core/base/small_vector.h"
#include "core/registry/earned_trust.h"
#include "core/state/transition.h"

namespace aivm {

// keccak(task_key || beacon). Nobody can know it when the task is submitted, two blocks before that
// beacon exists.
Hash32 draw_seed(const Hash32& task_key, const Hash32& beacon);

// A 256-bit big-endian number modulo `modulus` (> 0). The bias is below 2^-192 for 64-bit moduli.
std::uint64_t big_endian_modulo(const Hash32& number, std::uint64_t modulus);

// The seeds of all draws that a block starts with, hashed side by side.
class DrawSeeds {
public:
    // Requires that none of the block's timers has run.
    explicit DrawSeeds(const Transition& t);
    // draw_seed of the task in this block. Cheap when called in the order of the timers.
    [[nodiscard]] Hash32 take(const Transition& t, TaskIndex task);

private:
    std::vector<TaskIndex> tasks_;
    std::vector<Hash32> seeds_;
    std::size_t next_ = 0;
};

// The first `count` of the list after a Fisher-Yates shuffle whose i-th draw is keccak(seed ||
// u32be(i)) modulo the number of elements left. `count` must not exceed the list.
std::vector<ProviderIndex> draw_committee(std::vector<ProviderIndex> list, const Hash32& seed,
                                          std::size_t count);

using Drawn = SmallVector<ProviderIndex, 4>;

// A provider's chance in the draw: 1 + its trust.
std::uint64_t draw_weight(const VmParameters& parameters, const Provider& provider, TrustMoment at);

// Whether a draw in block `drawn_at` may choose the provider for a model, named by its first
// version: its bond had been complete for activation_delay_blocks two blocks before, it is active,
// offers the model, is below its task limit and has one result bond unlocked.
bool is_eligible(const VmParameters& parameters, const Provider& provider, ModelIndex model,
                 Height drawn_at);

// One eligible provider, by draw_weight; in redundant mode a committee of redundancy_providers,
// each eligible one as likely as any other. Empty when too few are eligible.
Drawn draw_providers(const Transition& t, const Task& task, const Hash32& seed);

}  // namespace aivm
