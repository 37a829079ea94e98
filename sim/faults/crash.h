// crash: the machines stop; only what is on their disks survives.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class Crash final : public MachineFault {
public:
    using MachineFault::MachineFault;
    static std::string describe(const FaultPlan&, const std::string& targets,
                                const std::string& when) {
        return fmt::format("crash of {} {}", targets, when);
    }

private:
    void hit(FaultSite& site, ActorId node) override { site.machines.stop(node); }
    void repair(FaultSite& site, ActorId node) override { site.machines.release(node); }
};

}  // namespace aivm::sim
