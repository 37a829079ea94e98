// clock: the machines' clocks are ahead or behind, and drift further.
#pragma once

#include <fmt/format.h>

#include "core/config/config_json.h"
#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class Clock final : public MachineFault {
public:
    using MachineFault::MachineFault;
    static std::string describe(const FaultPlan& plan, const std::string& targets,
                                const std::string& when) {
        return fmt::format("clocks of {} are {} and {} ppm {} {}", targets,
                           print_duration(plan.skew_ns), plan.drift_ppm,
                           plan.behind ? "behind" : "ahead", when);
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
