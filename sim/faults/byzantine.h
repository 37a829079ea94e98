// byzantine: the validators follow a strategy that breaks the protocol, and their own again at the
// end. Of several such faults of one validator the one that began last counts.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class Byzantine final : public MachineFault {
public:
    using MachineFault::MachineFault;
    static std::string describe(const FaultPlan& plan, const std::string& targets,
                                const std::string& when) {
        return fmt::format("the strategy of {} is {} {}", targets, plan.strategy, when);
    }

private:
    void hit(FaultSite& site, ActorId node) override { site.machines.deviate(node, plan()); }
    void repair(FaultSite& site, ActorId node) override {
        site.machines.end_deviation(node, plan());
    }
};

}  // namespace aivm::sim
