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

void RandomMessageFault::apply(MessageInFlight& message) const {
    const NodeId from = message.transmission.from;
    if (message.choices == nullptr || (!hits(from) && !hits(message.transmission.to))) return;
    if (message.choices->chance(choice(), from, plan().rate_ppm)) hit(message.fate);
}

void MachineFault::begin(FaultSite& site) {
    for (const ActorId node : site.targets) {
        if (traits_of(plan().kind).stops_node) site.machines.begin_disk_fault(node);
        hit(site, node);
    }
}

void MachineFault::end(FaultSite& site) {
    for (const ActorId node : site.targets) {
        repair(site, node);
        if (traits_of(plan().kind).stops_node) site.machines.end_disk_fault(node);
        site.machines.recover(node);
    }
}

}  // namespace aivm::sim
