// clock_jumps: the machines' clocks jump by the skew at the beginning of every period, and back in
// the middle of it.
#pragma once

#include <fmt/format.h>

#include "core/config/config_json.h"
#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class ClockJumps final : public MachineFault {
public:
    using MachineFault::MachineFault;
    static std::string describe(const FaultPlan& plan, const std::string& targets,
                                const std::string& when) {
        return fmt::format("clocks of {} jump {} {} and back every {} {}", targets,
                           print_duration(plan.skew_ns), plan.behind ? "back" : "ahead",
                           print_duration(plan.period_ns), when);
    }

private:
    void hit(FaultSite& site, ActorId node) override {
        site.machines.set_clock_wrong(node, plan());
    }
    void repair(FaultSite& site, ActorId node) override {
        site.machines.set_clock_right(node, plan());
    }
};

}  // namespace aivm::sim
