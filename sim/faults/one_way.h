// one_way: nothing that the targets send reaches any other node.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include "sim/faults/scheduled_fault.h"

namespace aivm::sim {

class OneWay final : public LinkFault {
public:
    using LinkFault::LinkFault;
    static std::string describe(const FaultPlan&, const std::string& targets,
                                const std::string& when) {
        return fmt::format("nothing gets out of {} {}", targets, when);
    }

private:
    NetworkFault impose(FaultSite& site) override {
        std::vector<NodeId> others;
        for (NodeId node = 0; node < site.network.nodes(); ++node) {
            if (!std::ranges::binary_search(site.targets, node)) others.push_back(node);
        }
        return site.network.block_one_way(site.targets, others);
    }
};

}  // namespace aivm::sim
