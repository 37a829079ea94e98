#include "sim/faults/scheduled_fault.h"

#include <algorithm>

namespace aivm::sim {

void TargetMessageFault::begin(FaultSite& site) {
    targets_ = site.targets;
    begun_at_ = site.now;
    site.message_faults.push_back(this);
}

void TargetMessageFault::end(FaultSite& site) { std::erase(site.message_faults, this); }

bool TargetMessageFault::hits(NodeId node) const {
    return std::ranges::binary_search(targets_, node);
}

void MachineFault::begin(FaultSite& site) {
    const bool of_disk = traits_of(plan().kind).domain == FaultDomain::kDisk;
    for (const ActorId node : site.targets) {
        if (of_disk) site.machines.begin_disk_fault(node);
        hit(site, node);
    }
}

void MachineFault::end(FaultSite& site) {
    const bool of_disk = traits_of(plan().kind).domain == FaultDomain::kDisk;
    for (const ActorId node : site.targets) {
        repair(site, node);
        if (of_disk) site.machines.end_disk_fault(node);
    }
}

}  // namespace aivm::sim
