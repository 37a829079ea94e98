// partition: the targets and all other nodes cannot reach each other.
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
    NetworkFault impose(FaultSite& site) override { return site.network.partition({site.targets}); }
};

}  // namespace aivm::sim
