// An observer for measurements that rows and metrics do not cover. It is notified and cannot change
// the run.
#pragma once

#include <optional>

#include "core/execution/execute.h"
#include "sim/actors/actor.h"
#include "sim/engine/time.h"

namespace aivm::sim {

class Probe {
public:
    virtual ~Probe() = default;
    // Every block of the accepted chain, once, in order.
    virtual void on_block(const Executed& block, SimTime now) {
        static_cast<void>(block), static_cast<void>(now);
    }
    // A message left `from`; it arrives at `arrives`, or never (nothing: lost, or the link is cut).
    // Once per copy.
    virtual void on_message(ActorId from, ActorId to, SimTime sent,
                            std::optional<SimTime> arrives) {
        static_cast<void>(from), static_cast<void>(to), static_cast<void>(sent),
            static_cast<void>(arrives);
    }
    // A provider began to compute, after the task had waited for one of its machines for `waited`.
    virtual void on_work_started(ActorId provider, TaskIndex task, SimTime now, SimTime waited) {
        static_cast<void>(provider), static_cast<void>(task), static_cast<void>(now),
            static_cast<void>(waited);
    }
};

}  // namespace aivm::sim
