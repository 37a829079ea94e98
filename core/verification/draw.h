// Drawing providers for waiting tasks, and giving up on those that stay silent.
#pragma once

#include "core/state/transition.h"

namespace aivm {

// keccak(task_key || beacon): nobody can know it when the task is submitted, two blocks before that
// beacon exists.
Hash32 draw_seed(const Hash32& task_key, const Hash32& beacon);

// A 256-bit big-endian number modulo `modulus` (> 0). The bias is below 2^-192 for 64-bit moduli.
std::uint64_t big_endian_modulo(const Hash32& number, std::uint64_t modulus);

// Whether the provider can be given one more seat at the model: active, under its task limit, with
// an unlocked result bond.
bool eligible(const Transition& t, const Provider& provider, ModelIndex model);

// The seeds of all draws that a block starts with, hashed side by side.
class DrawSeeds {
public:
    // Before the first of the block's timers has run.
    explicit DrawSeeds(const Transition& t);
    // draw_seed of the task in this block. Cheap when asked for in the order of the timers.
    [[nodiscard]] Hash32 take(const Transition& t, TaskIndex task);

private:
    std::vector<TaskIndex> tasks_;
    std::vector<Hash32> seeds_;
    std::size_t next_ = 0;
};

// Runs the draw that is due for a pending task. With too few eligible providers the task waits one
// block more.
void draw(Transition& t, TaskIndex task, DrawSeeds& seeds);

// A pending or assigned task whose time is up: silent providers are slashed, the task is reassigned
// or fails.
void time_out(Transition& t, TaskIndex task);

}  // namespace aivm
