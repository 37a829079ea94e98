// eclipse: nothing passes from or to the targets, not even among them.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class Eclipse final : public LinkFault {
public:
    using LinkFault::LinkFault;
    static std::string describe(const FaultPlan&, const std::string& targets,
                                const std::string& when) {
        return fmt::format("{} are isolated from all others {}", targets, when);
    }

private:
    NetworkFault impose(FaultSite& site) override { return site.network.take_down(site.targets); }
};

}  // namespace aivm::sim
