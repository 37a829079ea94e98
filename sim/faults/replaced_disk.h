// replaced_disk: the machines stop and come back with an empty disk.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class ReplacedDisk final : public MachineFault {
public:
    using MachineFault::MachineFault;
    static std::string describe(const FaultPlan&, const std::string& targets,
                                const std::string& when) {
        return fmt::format("the disk of {} is replaced {}", targets, when);
    }

private:
    void hit(FaultSite& site, ActorId node) override {
        site.machines.stop(node);
        site.machines.lose_disk(node);
    }
    void repair(FaultSite& site, ActorId node) override { site.machines.release(node); }
};

}  // namespace aivm::sim
