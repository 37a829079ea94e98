// lost_writes: the disk acknowledges writes that it has not synced. A crash, or the power failure
// with which the fault ends, loses any subset of the last ones. What survives is a state that the
// disk was in before, or a gap, and then the disk is replaced.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class LostWrites final : public MachineFault {
public:
    using MachineFault::MachineFault;
    static std::string describe(const FaultPlan&, const std::string& targets,
                                const std::string& when) {
        return fmt::format("{} do not sync their writes {}", targets, when);
    }

private:
    void hit(FaultSite& site, ActorId node) override {
        site.machines.begin_unsynced(node, site.run_seed);
    }
    void repair(FaultSite& site, ActorId node) override { site.machines.cut_power(node); }
};

}  // namespace aivm::sim
