#include "sim/world/dag_record.h"

#include <algorithm>

#include "core/base/digest.h"

namespace aivm::sim {
namespace {

std::uint64_t ns(SimTime time) { return static_cast<std::uint64_t>(time); }

}  // namespace

ConflictKey DagRecord::shared_key(const DagVm& vm, const Vertex& a, const Hash32& b) const {
    const auto other = vm.get_vertex(b);
    if (!other) return {};
    const std::vector<ConflictKey> theirs = conflict_keys(**other, policy_);
    for (const ConflictKey& key : conflict_keys(a, policy_))
        if (std::ranges::find(theirs, key) != theirs.end()) return key;
    return {};
}

void DagRecord::verified(const DagVm& vm, const Vertex& vertex, SimTime now) {
    const auto number = static_cast<std::uint32_t>(vertices_.size());
    const auto [known, is_new] = numbers_.try_emplace(vertex.id(), number);
    if (is_new) {
        VertexRow& row = vertices_.emplace_back();
        row.vertex = number;
        row.id = to_hex(vertex.id().view());
        row.proposer = vertex.header().proposer.value;
        row.sequence = vertex.header().sequence;
        row.height = vertex.height();
        row.cut = vertex.cut();
        row.is_cut = vertex.is_cut();
        row.operations = static_cast<std::uint32_t>(vertex.operations().size());
        row.issued_ns = ns(now);
        for (const Hash32& parent : vertex.parents()) {
            const auto found = numbers_.find(parent);
            if (found == numbers_.end()) continue;
            if (!row.parents.empty()) row.parents += ' ';
            row.parents += std::to_string(found->second);
        }
    }
    for (const Hash32& rival : vm.conflicts(vertex.id())) {
        const auto other = numbers_.find(rival);
        if (other == numbers_.end()) continue;
        const auto [first, second] = std::minmax(known->second, other->second);
        if (!known_.emplace(first, second).second) continue;
        ConflictRow& row = conflicts_.emplace_back();
        row.conflict = static_cast<std::uint32_t>(conflicts_.size() - 1);
        row.first = first;
        row.second = second;
        row.key = shared_key(vm, vertex, rival);
        row.seen_ns = ns(now);
        for (const std::uint32_t each : {row.first, row.second})
            conflicts_of_[each].push_back(row.conflict);
    }
}

void DagRecord::decide(std::uint32_t vertex, SimTime now) {
    const auto mine = conflicts_of_.find(vertex);
    if (mine == conflicts_of_.end()) return;
    for (const std::size_t index : mine->second) {
        ConflictRow& row = conflicts_[index];
        if (row.decided_ns) continue;
        const bool accepted = vertices_[vertex].accepted_ns.has_value();
        const VertexRow& other = vertices_[row.first == vertex ? row.second : row.first];
        if (!accepted && !other.rejected_ns) continue;  // the other one may still be accepted
        row.decided_ns = ns(now);
        if (accepted) row.winner = vertex;
    }
}

void DagRecord::accepted(const Vertex& vertex, SimTime now) {
    const auto found = numbers_.find(vertex.id());
    if (found == numbers_.end() || vertices_[found->second].accepted_ns) return;
    vertices_[found->second].accepted_ns = ns(now);
    decide(found->second, now);
}

void DagRecord::rejected(const Vertex& vertex, SimTime now) {
    const auto found = numbers_.find(vertex.id());
    if (found == numbers_.end() || vertices_[found->second].rejected_ns) return;
    vertices_[found->second].rejected_ns = ns(now);
    decide(found->second, now);
}

void DagRecord::settled(const CutResult& result, SimTime now) {
    const std::uint64_t number = result.cut->cut();
    const auto cut = numbers_.find(result.cut->id());
    if (number != cuts_.size() + 1 || cut == numbers_.end()) return;
    CutRow& row = cuts_.emplace_back();
    row.cut = number;
    row.vertex = cut->second;
    row.settled_ns = ns(now);
    row.vertices = static_cast<std::uint32_t>(result.slice.size());
    row.voids = static_cast<std::uint32_t>(result.voids.size());
    for (const VertexPtr& vertex : result.slice) {
        row.operations += static_cast<std::uint32_t>(vertex->operations().size());
        const auto found = numbers_.find(vertex->id());
        if (found == numbers_.end()) continue;
        vertices_[found->second].settled_by = number;
        vertices_[found->second].settled_ns = ns(now);
    }
}

void DagRecord::write(RowSink& sink) const {
    sink.add_all(vertices_);
    sink.add_all(cuts_);
    sink.add_all(conflicts_);
}

bool DagRecord::has_lost(std::uint32_t vertex) const {
    const auto mine = conflicts_of_.find(vertex);
    return mine != conflicts_of_.end() && std::ranges::any_of(mine->second, [&](std::size_t index) {
               return conflicts_[index].winner && *conflicts_[index].winner != vertex;
           });
}

DagFigures DagRecord::figures() const {
    DagFigures out;
    out.conflicts = conflicts_.size();
    for (const VertexRow& row : vertices_) {
        if (row.is_cut || row.operations == 0) continue;
        ++out.vertices;
        if (row.rejected_ns) ++out.rejected;
        if (row.rejected_ns && !has_lost(row.vertex)) ++out.orphaned;
        const auto seconds_to = [&](std::uint64_t end) {
            return static_cast<double>(end - row.issued_ns) / kNsPerSecond;
        };
        if (row.accepted_ns) out.accepted_s.push_back(seconds_to(*row.accepted_ns));
        if (row.settled_ns) out.settled_s.push_back(seconds_to(*row.settled_ns));
    }
    for (const ConflictRow& row : conflicts_)
        if (row.decided_ns)
            out.contested_s.push_back(static_cast<double>(*row.decided_ns - row.seen_ns) /
                                      kNsPerSecond);
    std::ranges::sort(out.contested_s);
    std::ranges::sort(out.accepted_s);
    std::ranges::sort(out.settled_s);
    return out;
}

}  // namespace aivm::sim
