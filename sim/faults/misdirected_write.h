// misdirected_write: one value of the next write of a target lands in the place of another. Records
// carry their own keys and numbers, so both are found to be wrong when they are read, never taken
// for something else. At the end the disk is checked.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class MisdirectedWrite final : public MachineFault {
public:
    using MachineFault::MachineFault;
    static std::string describe(const FaultPlan&, const std::string& targets,
                                const std::string& when) {
        return fmt::format("a write of {} goes astray {}", targets, when);
    }

private:
    void hit(FaultSite& site, ActorId node) override {
        site.machines.begin_write_fault(node, WriteFault::kMisdirected);
    }
    void repair(FaultSite& site, ActorId node) override {
        site.machines.end_write_fault(node);
        site.machines.check_disk(node);
    }
};

}  // namespace aivm::sim
