// silent_rot: a stored value of each target can no longer be read, which its node finds when it
// reads it. At the end the disk is checked, and replaced if the value is still bad.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class SilentRot final : public MachineFault {
public:
    using MachineFault::MachineFault;
    static std::string describe(const FaultPlan&, const std::string& targets,
                                const std::string& when) {
        return fmt::format("a stored value of {} rots unseen {}", targets, when);
    }

private:
    void hit(FaultSite& site, ActorId node) override {
        site.machines.rot_disk(node, site.run_seed);
    }
    void repair(FaultSite& site, ActorId node) override { site.machines.check_disk(node); }
};

}  // namespace aivm::sim
