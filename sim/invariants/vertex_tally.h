// The undecided vertices of one node of a DAG, and its polls counted a second time, from the rules:
// an answer counts for the vertices that it endorses and all their ancestors, but for no two that
// conflict. A rival that comes and goes between two polls was rejected at once, with its parent,
// and leaves no trace. Knows nothing of the engine.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "core/chain/vertex.h"
#include "sim/consensus/poll_record.h"

namespace aivm::sim {

class VertexTally {
public:
    struct Thresholds {
        std::uint32_t alpha = 0;
        std::uint32_t beta_virtuous = 0;
        std::uint32_t beta_rogue = 0;
    };
    struct Entry {
        std::vector<Hash32> parents;
        std::vector<ConflictKey> keys;
        std::set<Hash32> rivals;       // share a key with it, and neither is the other's ancestor
        bool rogue = false;            // it had a rival in some poll
        std::uint32_t votes = 0;       // in the poll that was counted last
        std::uint32_t confidence = 0;  // polls in a row with alpha votes
        bool final = false;            // it had enough of them
    };

    void add(const Vertex& vertex, ConflictKeyPolicy policy);
    void remove(const Hash32& id);
    void count(const VertexPollRecord& poll, const Thresholds& thresholds);
    // Null if the vertex is not undecided.
    [[nodiscard]] const Entry* find(const Hash32& id) const;

private:
    // The undecided ones among these and their ancestors.
    [[nodiscard]] std::set<Hash32> with_ancestors(std::vector<Hash32> ids) const;

    std::map<Hash32, Entry> entries_;
};

}  // namespace aivm::sim
