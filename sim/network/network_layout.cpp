#include "sim/network/network_layout.h"

namespace aivm::sim {
namespace {

std::vector<bool> membership(const std::vector<ActorId>& members, std::size_t participants) {
    std::vector<bool> out(participants);
    for (const ActorId one : members) out.at(one) = true;
    return out;
}

}  // namespace

NetworkLayout network_layout(const Setting& setting, const Participants& participants) {
    const std::size_t count = participants.all.size();
    NetworkLayout layout;
    layout.latency = setting.latency;
    layout.latency_by_rules = setting.scenario.network.latency == kNoLatency;
    for (const Participant& one : participants.all) layout.region_of.push_back(one.region);
    const std::vector<LinkRule>& links = setting.scenario.links;
    for (std::size_t i = 0; i < links.size(); ++i) {
        const auto [from, to] = ends_of(links[i], participants, setting);
        NodeLinkRule rule{links[i], membership(from, count), membership(to, count), {}};
        if (i < setting.link_latencies.size()) rule.latency = setting.link_latencies[i];
        layout.rules.push_back(std::move(rule));
    }
    return layout;
}

}  // namespace aivm::sim
