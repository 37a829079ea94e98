// Shared by strategies that sign two vertices for one slot: the others with an odd number are shown
// the second one wherever the first is named.
#pragma once

#include <map>
#include <utility>

#include "core/chain/vertex.h"
#include "sim/actors/strategy.h"
#include "sim/consensus/avalanche/messages.h"

namespace aivm::scenarios {

class SplitVertices {
public:
    void add(const VertexPtr& first, VertexPtr second) {
        second_of_.emplace(first->id(), std::move(second));
    }
    void show(sim::ActorId to, sim::Outgoing& outgoing) const {
        if (to % 2 == 0 || second_of_.empty()) return;
        if (const auto* query = outgoing.message.get_if<sim::VertexQuery>()) {
            sim::VertexQuery shown = *query;
            replace(shown.tips);
            const auto pushed = shown.push ? second_of_.find(*shown.push) : second_of_.end();
            if (pushed != second_of_.end()) {
                shown.push = pushed->second->id();
                outgoing.body = pushed->second;
            }
            outgoing.message = shown;
        } else if (const auto* chits = outgoing.message.get_if<sim::VertexChits>()) {
            sim::VertexChits shown = *chits;
            replace(shown.endorsed);
            outgoing.message = shown;
        }
    }

private:
    void replace(std::vector<sim::BlockRef>& vertices) const {
        for (sim::BlockRef& each : vertices) {
            const auto found = second_of_.find(each.id);
            if (found != second_of_.end()) each.id = found->second->id();
        }
    }

    std::map<Hash32, VertexPtr> second_of_;  // by the first one
};

}  // namespace aivm::scenarios
