// Questions about ancestors: of a vertex, of the preferred vertices, of a cut.
#include <algorithm>

#include "core/vm/dag_vm.h"

namespace aivm {

Result<bool> DagVm::descends_from(const Hash32& target, const std::vector<Hash32>& parents) const {
    AIVM_ASSIGN(const VertexPtr wanted, get_vertex(target));
    AIVM_ASSIGN(const auto place, accepted_.settled_by(target));
    const std::uint64_t settled_by = place.value_or(0);
    std::set<Hash32> seen;
    std::vector<Hash32> open = parents;
    while (!open.empty()) {
        const Hash32 id = open.back();
        open.pop_back();
        if (id == target) return true;
        if (id == accepted_.genesis_id() || !seen.insert(id).second) continue;
        AIVM_ASSIGN(const VertexPtr vertex, get_vertex(id));
        if (settled_by != 0 && vertex->cut() >= settled_by) return true;
        if (vertex->height() <= wanted->height()) continue;
        // What a cut has settled has no unsettled ancestors.
        const bool is_settled = !processing_.contains(id) && !accepted_.unsettled().contains(id);
        if (is_settled && settled_by == 0) continue;
        open.insert(open.end(), vertex->parents().begin(), vertex->parents().end());
    }
    return false;
}

Hash32 DagVm::newest_cut(const std::set<Hash32>& undecided) const {
    Hash32 newest = accepted_.last_cut();
    std::uint64_t number = last_cut_number();
    for (const Hash32& id : undecided) {
        const Vertex& vertex = *processing_.at(id);
        if (!vertex.is_cut() || vertex.cut() <= number) continue;
        newest = id;
        number = vertex.cut();
    }
    return newest;
}

Result<Hash32> DagVm::base_of(const Vertex& cut) const {
    for (const Hash32& id : cut.parents()) {
        if (id == accepted_.last_cut()) {
            if (last_cut_number() + 1 == cut.cut()) return id;
        } else if (const auto found = results_.find(id); found != results_.end()) {
            if (found->second->cut->cut() + 1 == cut.cut()) return id;
        }
    }
    return fail(ErrorCode::kConflict, "it stands on a cut that was not accepted");
}

const State& DagVm::state_after(const Hash32& cut) const {
    if (cut == accepted_.last_cut()) return state();
    const auto found = results_.find(cut);
    AIVM_CHECK(found != results_.end());
    return found->second->executed->state;
}

std::set<Hash32> DagVm::settled_by_undecided(Hash32 base) const {
    std::set<Hash32> out;
    for (auto result = results_.find(base); result != results_.end();
         result = results_.find(base)) {
        for (const VertexPtr& vertex : result->second->slice) out.insert(vertex->id());
        const auto& parents = result->second->cut->parents();
        const auto below = std::find_if(parents.begin(), parents.end(), [&](const Hash32& id) {
            const auto found = results_.find(id);
            return found != results_.end();
        });
        if (below == parents.end()) break;
        base = *below;
    }
    return out;
}

Result<std::vector<VertexPtr>> DagVm::slice_above(const Hash32& base,
                                                  const std::vector<Hash32>& parents,
                                                  std::size_t limit) const {
    std::set<Hash32> seen = settled_by_undecided(base);
    std::vector<VertexPtr> slice;
    std::vector<Hash32> open = parents;
    while (!open.empty()) {
        const Hash32 id = open.back();
        open.pop_back();
        if (!seen.insert(id).second) continue;
        const auto undecided = processing_.find(id);
        const auto unsettled = accepted_.unsettled().find(id);
        VertexPtr vertex;
        if (undecided != processing_.end()) {
            vertex = undecided->second;
        } else if (unsettled != accepted_.unsettled().end()) {
            vertex = unsettled->second;
        } else {
            continue;  // settled, with all its ancestors
        }
        if (vertex->is_cut()) continue;  // `base`, or an undecided cut below it
        if (slice.size() == limit) return fail(ErrorCode::kLimitReached, "vertices of a slice");
        open.insert(open.end(), vertex->parents().begin(), vertex->parents().end());
        slice.push_back(std::move(vertex));
    }
    return slice;
}

std::vector<VertexPtr> DagVm::forecast_slice(const std::set<Hash32>& past) const {
    std::vector<VertexPtr> out;
    for (const auto& [id, vertex] : accepted_.unsettled()) out.push_back(vertex);
    for (const Hash32& id : past) {
        const VertexPtr& vertex = processing_.at(id);
        if (!vertex->is_cut()) out.push_back(vertex);
    }
    return out;
}

BlockContext DagVm::forecast_context(TimestampNs now_ns) const {
    BlockContext context;
    context.height = last_cut_number() + 1;
    context.timestamp_ns = std::max(now_ns, state().head.timestamp_ns);
    context.proposer.value = ~std::uint32_t{0};
    // The beacon is not known before the cut, and never decides whether an operation is refused.
    context.beacon = state().head.beacon;
    return context;
}

BlockRun DagVm::forecast_run(TimestampNs now_ns) const {
    const BlockContext context = forecast_context(now_ns);
    BlockRun run(state(), context, *setup_.rules);
    std::vector<VertexPtr> slice =
        forecast_slice(undecided_past({preferred_.begin(), preferred_.end()}));
    sort_slice(slice, context.beacon);
    for (const VertexPtr& vertex : slice) {
        for (const OperationPtr& operation : vertex->operations()) {
            const ValidatorIndex proposer = vertex->header().proposer;
            if (!run.apply(*operation, proposer)) run.charge_void(*operation, proposer);
        }
    }
    return run;
}

Result<State> DagVm::forecast(TimestampNs now_ns) const {
    AIVM_ASSIGN(Transition::Finished finished, forecast_run(now_ns).finish());
    return std::move(finished.state);
}

Status DagVm::set_preference(const std::vector<Hash32>& ids) {
    std::set<Hash32> wanted;
    for (const Hash32& id : ids) {
        if (processing_.contains(id)) {
            wanted.insert(id);
            continue;
        }
        AIVM_ASSIGN(const bool accepted, accepted_.contains(id));
        if (!accepted)
            return fail(ErrorCode::kNotFound, "preference for a vertex that is not verified");
    }
    AIVM_TRY(check_compatible(undecided_past(ids)));
    preferred_ = std::move(wanted);
    return {};
}

Result<std::vector<Hash32>> DagVm::preferred_frontier(UndecidedCuts cuts) const {
    return frontier_of(undecided_past({preferred_.begin(), preferred_.end()}), cuts);
}

Result<std::vector<Hash32>> DagVm::frontier_of(const std::set<Hash32>& past,
                                               UndecidedCuts cuts) const {
    const auto counts = [&](const Hash32& id) {
        return cuts == UndecidedCuts::kInclude || !processing_.at(id)->is_cut();
    };
    std::set<Hash32> covered;
    for (const Hash32& id : past) {
        if (!counts(id)) continue;
        const auto& parents = processing_.at(id)->parents();
        covered.insert(parents.begin(), parents.end());
    }
    std::vector<std::pair<Height, Hash32>> order;
    const auto consider = [&](const Hash32& id) -> Status {
        if (covered.contains(id)) return {};
        AIVM_ASSIGN(const ParentFacts facts, parent_facts(id));
        order.emplace_back(facts.height, id);
        return {};
    };
    for (const Hash32& id : past) {
        if (counts(id)) AIVM_TRY(consider(id));
    }
    for (const Hash32& id : accepted_.frontier()) AIVM_TRY(consider(id));
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::vector<Hash32> out;
    for (const auto& [height, id] : order) out.push_back(id);
    return out;
}

}  // namespace aivm
