// pause: the machines do nothing. What arrives meanwhile, and timers that ring, are handled at the
// end; the clocks go on.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class Pause final : public MachineFault {
public:
    using MachineFault::MachineFault;
    static std::string describe(const FaultPlan&, const std::string& targets,
                                const std::string& when) {
        return fmt::format("{} pause {}", targets, when);
    }

private:
    void hit(FaultSite& site, ActorId node) override { site.machines.pause(node); }
    void repair(FaultSite& site, ActorId node) override { site.machines.resume(node); }
};

}  // namespace aivm::sim
