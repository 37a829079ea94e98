// What the last second of a run consists of: how many events of each kind each actor had. For a run
// that ends on a budget, to say what filled it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/actors/actor.h"
#include "sim/engine/time.h"
#include "sim/world/outcome.h"

namespace aivm::sim {

class LastSecond {
public:
    // For this many actors, and the world itself, which has a number above all of theirs.
    explicit LastSecond(std::size_t actors);

    // An event of the actor; times never decrease.
    void note(SimTime now, ActorId actor, std::uint16_t kind) {
        if (now >= ends_at_) turn(now);
        const std::size_t row = std::min<std::size_t>(actor, actors_);
        ++current_[row * kKinds + kind];
    }

    // The kinds and the actors with most events since the second before the one in progress began.
    // `name_of` is called with an actor's number, and with the number of actors for the world.
    struct Names {
        std::function<std::string(std::size_t actor)> actor;
        std::function<std::string(std::size_t kind)> kind;
    };
    void describe(SimTime now, const Names& names, BudgetEnd& out) const;

private:
    static constexpr std::size_t kKinds = 7;    // of EventKind
    using Counts = std::vector<std::uint32_t>;  // by actor and kind

    void turn(SimTime now);

    std::size_t actors_;
    SimTime ends_at_ = kSecond;  // of the second in progress
    Counts current_;
    Counts previous_;
};

}  // namespace aivm::sim
