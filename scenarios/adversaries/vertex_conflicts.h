// Shared by strategies of validators on a DAG: what others' undecided vertices carry, and which of
// a validator's own vertices the others are not shown yet.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "core/vm/dag_vm.h"
#include "sim/actors/strategy.h"
#include "sim/consensus/avalanche/messages.h"

namespace aivm::scenarios {

// The operations of undecided vertices of other validators.
class CarriedByOthers {
public:
    CarriedByOthers(const DagVm& vm, ValidatorIndex self) {
        for (const VertexPtr& vertex : vm.undecided_vertices()) {
            if (vertex->header().proposer == self) continue;
            for (const OperationPtr& operation : vertex->operations())
                operations_.insert(operation->id());
        }
    }
    [[nodiscard]] bool contains(const SignedOperation& operation) const {
        return operations_.contains(operation.id());
    }
    [[nodiscard]] bool empty() const { return operations_.empty(); }

private:
    std::set<Hash32> operations_;
};

// Takes vertices out of what a validator sends; their parents stand for them.
class HiddenVertices {
public:
    void hide(const Vertex& vertex) { hidden_.emplace(vertex.id(), vertex.parents()); }
    void show(const Hash32& id) { hidden_.erase(id); }
    void show_all() { hidden_.clear(); }
    [[nodiscard]] std::size_t size() const { return hidden_.size(); }

    void strip(sim::Message& message) const {
        if (hidden_.empty()) return;
        if (const auto* query = message.get_if<sim::VertexQuery>()) {
            sim::VertexQuery shown = *query;
            strip(shown.tips);
            if (shown.push && hidden_.contains(*shown.push)) shown.push.reset();
            message = shown;
        } else if (const auto* chits = message.get_if<sim::VertexChits>()) {
            sim::VertexChits shown = *chits;
            strip(shown.endorsed);
            message = shown;
        }
    }

private:
    void strip(std::vector<sim::BlockRef>& vertices) const {
        std::vector<sim::BlockRef> out;
        std::set<Hash32> seen;
        for (std::size_t i = 0; i < vertices.size(); ++i) {
            const sim::BlockRef vertex = vertices[i];
            if (!seen.insert(vertex.id).second) continue;
            const auto hidden = hidden_.find(vertex.id);
            if (hidden == hidden_.end()) {
                out.push_back(vertex);
                continue;
            }
            // The height of a parent is at least one less; a receiver knows the right one.
            for (const Hash32& parent : hidden->second)
                vertices.push_back({parent, vertex.height - 1});
        }
        vertices = std::move(out);
    }

    std::map<Hash32, std::vector<Hash32>> hidden_;  // to its parents
};

}  // namespace aivm::scenarios
