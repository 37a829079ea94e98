// failed_read: no value of the disk can be read. A node that finds it out stops.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class FailedRead final : public MachineFault {
public:
    using MachineFault::MachineFault;
    static std::string describe(const FaultPlan&, const std::string& targets,
                                const std::string& when) {
        return fmt::format("reads of {} fail {}", targets, when);
    }

private:
    void hit(FaultSite& site, ActorId node) override { site.machines.begin_read_fault(node); }
    void repair(FaultSite& site, ActorId node) override { site.machines.end_read_fault(node); }
};

}  // namespace aivm::sim
