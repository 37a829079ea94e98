// Somebody who measures a run from outside, where rows and metrics do not say enough. It hears and
// changes nothing.
#pragma once

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
    // A provider began to compute, after the task had waited so long for one of its machines.
    virtual void on_work_started(ActorId provider, TaskIndex task, SimTime now, SimTime waited) {
        static_cast<void>(provider), static_cast<void>(task), static_cast<void>(now),
            static_cast<void>(waited);
    }
};

}  // namespace aivm::sim
