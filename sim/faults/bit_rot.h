// bit_rot: a stored value of each target can no longer be read. Its machine stops and reads the
// whole disk before it continues; a disk with an unreadable value is replaced by an empty one.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class BitRot final : public MachineFault {
public:
    using MachineFault::MachineFault;
    static std::string describe(const FaultPlan&, const std::string& targets,
                                const std::string& when) {
        return fmt::format("a stored value of {} rots {}", targets, when);
    }

private:
    void hit(FaultSite& site, ActorId node) override {
        site.machines.rot_disk(node, site.run_seed);
        site.machines.stop(node);
    }
    void repair(FaultSite& site, ActorId node) override { site.machines.release(node); }
};

}  // namespace aivm::sim
