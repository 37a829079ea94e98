#include "sim/invariants/vertex_tally.h"

#include <algorithm>

namespace aivm::sim {

std::set<Hash32> VertexTally::with_ancestors(std::vector<Hash32> ids) const {
    std::set<Hash32> out;
    while (!ids.empty()) {
        const auto at = entries_.find(ids.back());
        ids.pop_back();
        if (at == entries_.end() || !out.insert(at->first).second) continue;
        ids.insert(ids.end(), at->second.parents.begin(), at->second.parents.end());
    }
    return out;
}

void VertexTally::add(const Vertex& vertex, ConflictKeyPolicy policy) {
    Entry entry;
    entry.parents = vertex.parents();
    entry.keys = conflict_keys(vertex, policy);
    const std::set<Hash32> below = with_ancestors(entry.parents);
    for (auto& [id, other] : entries_) {
        if (id == vertex.id() || below.contains(id)) continue;
        const bool shares = std::ranges::any_of(entry.keys, [&keys = other.keys](const auto& key) {
            return std::ranges::find(keys, key) != keys.end();
        });
        if (!shares) continue;
        entry.rivals.insert(id);
        other.rivals.insert(vertex.id());
    }
    entries_.insert_or_assign(vertex.id(), std::move(entry));
}

void VertexTally::remove(const Hash32& id) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    for (const Hash32& rival : found->second.rivals) entries_.at(rival).rivals.erase(id);
    entries_.erase(found);
}

void VertexTally::count(const VertexPollRecord& poll, const Thresholds& thresholds) {
    for (auto& [id, entry] : entries_) entry.votes = 0;
    for (const VertexPollRecord::Answer& answer : poll.answers) {
        const std::set<Hash32> voted = with_ancestors(answer.endorsed);
        for (const Hash32& id : voted) {
            Entry& entry = entries_.at(id);
            const bool contradicts = std::ranges::any_of(
                entry.rivals, [&](const Hash32& rival) { return voted.contains(rival); });
            if (!contradicts) entry.votes += answer.times;
        }
    }
    for (auto& [id, entry] : entries_) {
        entry.rogue = entry.rogue || !entry.rivals.empty();
        entry.confidence = entry.votes >= thresholds.alpha ? entry.confidence + 1 : 0;
        const auto beta = entry.rogue ? thresholds.beta_rogue : thresholds.beta_virtuous;
        entry.final = entry.final || entry.confidence >= beta;
    }
}

const VertexTally::Entry* VertexTally::find(const Hash32& id) const {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace aivm::sim
