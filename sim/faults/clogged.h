// clogged: the targets send, and receive, no faster than the plan's bandwidth.
#pragma once

#include <fmt/format.h>

#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class Clogged final : public LinkFault {
public:
    using LinkFault::LinkFault;
    static std::string describe(const FaultPlan& plan, const std::string& targets,
                                const std::string& when) {
        return fmt::format("{} send and receive {} bits per second {}", targets, plan.bandwidth_bps,
                           when);
    }

private:
    NetworkFault impose(FaultSite& site) override {
        return site.network.clog(site.targets, plan().bandwidth_bps);
    }
};

}  // namespace aivm::sim
