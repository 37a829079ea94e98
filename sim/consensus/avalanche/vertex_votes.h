// The undecided vertices of a DAG and what polls have said of them: the Avalanche decision rule
// with the vertex as its unit. Knows neither messages nor operations. (The rules and where they
// differ from the last deployed DAG engine on purpose:
// sim/consensus/avalanche/vectors/README.md.)
//
//   1. Every two rivals have one that is preferred over the other. A newcomer loses to all its
//      rivals; later, whichever has more successful polls is preferred, and a tie changes nothing.
//   2. A responder votes for the vertices that it endorses and for all their ancestors. One that
//      votes for two rivals counts for neither of them; above them it counts.
//   3. A poll in which a vertex has alpha votes is a success for it: its confidence grows by one.
//      Any other poll clears the confidence.
//   4. A vertex that reaches beta_virtuous, or beta_rogue if it ever had a rival, is pending and
//      stays so until it is decided. It is accepted once its parents are. Its rivals are then
//      rejected with all their descendants, pending ones included.
//   5. Of many rivals that are preferred by about as many nodes each, none ever has alpha votes,
//      and polls alone would not end that. The successes of rivals that had none in the last
//      `stalemate_polls` polls with enough responses are forgotten, and the rivals are ordered by
//      height and id: nodes that know the same rivals then prefer the same one. The height comes
//      first because two vertices of which each stands on a rival of the other could both be
//      preferred and neither strongly, and then nobody would vote for anything.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"

namespace aivm::sim {

struct AvalancheThresholds {
    std::uint32_t alpha = 15;
    std::uint32_t beta_virtuous = 15;
    std::uint32_t beta_rogue = 20;
    std::uint32_t stalemate_polls = 80;  // 0: never
};

class VertexVotes {
public:
    struct Item {
        Hash32 id;
        Height height = 0;            // above that of every parent
        std::vector<Hash32> parents;  // those that are not undecided count as accepted
        std::vector<Hash32> rivals;   // the undecided vertices that conflict with it
    };
    struct Decisions {
        std::vector<Hash32> accepted;  // parents first
        std::vector<Hash32> rejected;  // parents first
    };

    explicit VertexVotes(const AvalancheThresholds& thresholds) : thresholds_(thresholds) {}

    // Requires that the vertex is not there yet, and that its rivals are.
    void add(const Item& item);

    // One poll. Each responder's list names the vertices that it endorses; those that are not
    // undecided count for nothing. An empty list is no response.
    Decisions poll(const std::vector<std::vector<Hash32>>& responses);
    // Whether `missing` further responses could not change what a poll with these does.
    [[nodiscard]] bool settled(const std::vector<std::vector<Hash32>>& responses,
                               std::uint32_t missing) const;
    // The answer of settled(), if it depends only on how many responses are not empty (`given`) and
    // how many are missing; nothing if what they endorse matters.
    [[nodiscard]] std::optional<bool> settled_by_number(std::uint32_t given,
                                                        std::uint32_t missing) const;
    // The votes that such a poll counts for each vertex, in no particular order.
    [[nodiscard]] std::vector<std::pair<Hash32, std::uint32_t>> support(
        const std::vector<std::vector<Hash32>>& responses) const;
    // Others have decided for this vertex, which is there. Requires that its parents are accepted.
    Decisions accept(const Hash32& id);

    [[nodiscard]] std::size_t size() const { return slots_.size(); }
    [[nodiscard]] bool contains(const Hash32& id) const { return slots_.contains(id); }

    // Of a vertex that is there:
    // It is preferred over all its rivals.
    [[nodiscard]] bool preferred(const Hash32& id) const { return node(id).losing_to.empty(); }
    [[nodiscard]] std::uint32_t confidence(const Hash32& id) const;
    [[nodiscard]] bool pending(const Hash32& id) const { return node(id).pending; }
    [[nodiscard]] bool rogue(const Hash32& id) const { return node(id).rogue; }
    // It and all its undecided ancestors are preferred. Ascending by (height, id), as all lists
    // here.
    [[nodiscard]] std::vector<Hash32> strongly_preferred() const;
    // The strongly preferred vertices without a strongly preferred child: the node's answer to
    // polls.
    [[nodiscard]] std::vector<Hash32> preferred_frontier() const;

private:
    using Slot = std::uint32_t;

    struct Node {
        Hash32 id;
        Height height = 0;
        std::vector<Slot> parents;  // undecided ones
        std::vector<Slot> children;
        std::vector<Slot> rivals;
        std::set<Slot> losing_to;  // the rivals that are preferred over it
        std::uint32_t successes = 0;
        std::uint32_t confidence = 0;    // as of last_success
        std::uint64_t last_success = 0;  // the number of a poll
        std::uint64_t quiet_since = 0;   // answered polls before it was added or last succeeded
        bool rogue = false;
        bool pending = false;
        bool live = false;
    };
    // The responders that vote for a vertex, one bit each.
    using Votes = std::vector<std::uint64_t>;

    [[nodiscard]] const Node& node(const Hash32& id) const { return nodes_[slots_.at(id)]; }
    [[nodiscard]] bool before(Slot a, Slot b) const;  // by (height, id)
    [[nodiscard]] std::vector<Slot> in_order() const;
    [[nodiscard]] std::map<Slot, Votes> collect(
        const std::vector<std::vector<Hash32>>& responses) const;
    // Of the responders with a vote for this vertex, those without one for a rival.
    [[nodiscard]] std::uint32_t count(Slot slot, const std::map<Slot, Votes>& votes) const;
    void succeed(Slot slot);
    void end_stalemates();
    void accept_from(Slot slot, Decisions& out);
    void reject_from(Slot slot, Decisions& out);
    void release(Slot slot);

    AvalancheThresholds thresholds_;
    std::vector<Node> nodes_;
    std::vector<Slot> free_;
    std::map<Hash32, Slot> slots_;
    std::uint64_t polls_ = 0;
    std::uint64_t answered_ = 0;  // polls with alpha responses
};

}  // namespace aivm::sim
