// An observer for measurements that rows and metrics do not cover. It is notified and cannot change
// the run.
#pragma once

#include <optional>

#include "core/dag/slice.h"
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
    // A slice of the DAG is settled for the first time, next in order. `contested`: it has a vertex
    // that another one conflicted with.
    virtual void on_cut(const CutResult& cut, bool contested) {
        static_cast<void>(cut), static_cast<void>(contested);
    }
    // The node has given up a proposer, and votes in a later round (of an engine whose validators
    // sign their votes).
    virtual void on_view_change(ActorId node) { static_cast<void>(node); }
    // The node died in the middle of a write, and has opened what that left on its disk.
    virtual void on_torn_write_recovered(ActorId node) { static_cast<void>(node); }
    // A provider began to compute, after the task had waited for one of its machines for `waited`.
    virtual void on_work_started(ActorId provider, TaskIndex task, SimTime now, SimTime waited) {
        static_cast<void>(provider), static_cast<void>(task), static_cast<void>(now),
            static_cast<void>(waited);
    }
};

}  // namespace aivm::sim
