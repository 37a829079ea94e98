// torn_write: a target's node dies in the middle of its next write.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class TornWrite final : public MachineFault {
public:
    using MachineFault::MachineFault;
    static std::string describe(const FaultPlan&, const std::string& targets,
                                const std::string& when) {
        return fmt::format("{} die in their next write {}", targets, when);
    }

private:
    // A torn record is found by its checksum and dropped, which leaves the disk as it was before
    // the write.
    void hit(FaultSite& site, ActorId node) override {
        site.machines.disk(node).fail_next_write(WriteFault::kCrashBefore);
    }
    void repair(FaultSite& site, ActorId node) override { site.machines.end_write_fault(node); }
};

}  // namespace aivm::sim
