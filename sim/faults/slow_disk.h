// slow_disk: every write of the targets takes longer, and their messages wait for it. Of several
// such faults of one node the slowest counts.
#pragma once

#include <fmt/format.h>

#include "core/config/config_json.h"
#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class SlowDisk final : public MachineFault {
public:
    using MachineFault::MachineFault;
    static std::string describe(const FaultPlan& plan, const std::string& targets,
                                const std::string& when) {
        return fmt::format("writes of {} take {} {}", targets, print_duration(plan.delay_ns), when);
    }

private:
    void hit(FaultSite& site, ActorId node) override {
        site.machines.slow_disk(node, static_cast<SimTime>(plan().delay_ns));
    }
    void repair(FaultSite& site, ActorId node) override {
        site.machines.end_slow_disk(node, static_cast<SimTime>(plan().delay_ns));
    }
};

}  // namespace aivm::sim
