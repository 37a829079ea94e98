// torn_write: the machine of a target dies in the middle of its next write. A torn record is found
// by its checksum and dropped, unless what is torn is only what follows it.
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
    void hit(FaultSite& site, ActorId node) override {
        site.machines.tear_next_write(node, site.run_seed);
    }
    void repair(FaultSite& site, ActorId node) override { site.machines.end_write_fault(node); }
};

}  // namespace aivm::sim
