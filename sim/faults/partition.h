// partition: the groups of the plan cannot reach each other; the nodes in none of them form one
// more. Without groups the targets are one side.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class Partition final : public LinkFault {
public:
    using LinkFault::LinkFault;
    static std::string describe(const FaultPlan&, const std::string& targets,
                                const std::string& when) {
        return fmt::format("partition of {} {}", targets, when);
    }

private:
    NetworkFault impose(FaultSite& site) override {
        if (site.sides == nullptr || site.sides->empty())
            return site.network.partition({site.targets});
        return site.network.partition(*site.sides);
    }
};

}  // namespace aivm::sim
