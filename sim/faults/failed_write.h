// failed_write: the next write of a target fails with an I/O error, and its node stops.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class FailedWrite final : public MachineFault {
public:
    using MachineFault::MachineFault;
    static std::string describe(const FaultPlan&, const std::string& targets,
                                const std::string& when) {
        return fmt::format("the next write of {} fails {}", targets, when);
    }

private:
    void hit(FaultSite& site, ActorId node) override {
        site.machines.begin_write_fault(node, WriteFault::kFail);
    }
    void repair(FaultSite& site, ActorId node) override { site.machines.end_write_fault(node); }
};

}  // namespace aivm::sim
