#include "sim/consensus/avalanche/vertex_votes.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "core/base/check.h"
#include "core/base/mutant.h"

namespace aivm::sim {
namespace {

constexpr std::size_t kWordBits = 64;

void unite(std::vector<std::uint64_t>& into, const std::vector<std::uint64_t>& from) {
    for (std::size_t i = 0; i < into.size(); ++i) into[i] |= from[i];
}

template <class T>
void erase_value(std::vector<T>& from, const T& value) {
    from.erase(std::ranges::find(from, value));
}

}  // namespace

bool VertexVotes::before(Slot a, Slot b) const {
    return std::tie(nodes_[a].height, nodes_[a].id) < std::tie(nodes_[b].height, nodes_[b].id);
}

std::vector<VertexVotes::Slot> VertexVotes::in_order() const {
    std::vector<Slot> out;
    out.reserve(slots_.size());
    for (const auto& [id, slot] : slots_) out.push_back(slot);
    std::ranges::sort(out, [this](Slot a, Slot b) { return before(a, b); });
    return out;
}

void VertexVotes::add(const Item& item) {
    AIVM_CHECK(!slots_.contains(item.id));
    if (free_.empty()) {
        free_.push_back(static_cast<Slot>(nodes_.size()));
        nodes_.emplace_back();
    }
    const Slot slot = free_.back();
    free_.pop_back();
    Node& added = nodes_[slot];
    added = Node();
    added.id = item.id;
    added.height = item.height;
    added.live = true;
    added.quiet_since = answered_;
    for (const Hash32& parent : item.parents) {
        const auto found = slots_.find(parent);
        if (found == slots_.end()) continue;
        AIVM_CHECK(nodes_[found->second].height < item.height);
        added.parents.push_back(found->second);
        nodes_[found->second].children.push_back(slot);
    }
    for (const Hash32& id : item.rivals) {
        const Slot rival = slots_.at(id);
        added.rivals.push_back(rival);
        added.losing_to.insert(rival);
        nodes_[rival].rivals.push_back(slot);
        nodes_[rival].rogue = true;
    }
    added.rogue = !item.rivals.empty();
    slots_.emplace(item.id, slot);
}

// The votes of every vertex that has any, before rivals are taken off.
std::map<VertexVotes::Slot, VertexVotes::Votes> VertexVotes::collect(
    const std::vector<std::vector<Hash32>>& responses) const {
    const std::size_t words = (responses.size() + kWordBits - 1) / kWordBits;
    std::map<Slot, Votes> votes;
    std::vector<Slot> open;
    const auto votes_of = [&](Slot slot) -> Votes& {
        const auto [at, is_new] = votes.try_emplace(slot, words, 0);
        if (is_new) open.push_back(slot);
        return at->second;
    };
    for (std::size_t responder = 0; responder < responses.size(); ++responder) {
        for (const Hash32& id : responses[responder]) {
            const auto found = slots_.find(id);
            if (found == slots_.end()) continue;
            votes_of(found->second)[responder / kWordBits] |= std::uint64_t{1}
                                                              << responder % kWordBits;
        }
    }
    // Children before parents, so that a vertex passes on all its votes at once.
    const auto above = [this](Slot a, Slot b) { return before(a, b); };
    std::ranges::make_heap(open, above);
    while (!open.empty()) {
        std::ranges::pop_heap(open, above);
        const Slot slot = open.back();
        open.pop_back();
        const Votes passed_on = votes.at(slot);
        for (const Slot parent : nodes_[slot].parents) {
            const std::size_t waiting = open.size();
            unite(votes_of(parent), passed_on);
            if (open.size() != waiting) std::ranges::push_heap(open, above);
        }
    }
    return votes;
}

VertexVotes::Decisions VertexVotes::poll(const std::vector<std::vector<Hash32>>& responses) {
    ++polls_;
    Decisions out;
    const auto given = std::ranges::count_if(responses, [](const auto& r) { return !r.empty(); });
    if (static_cast<std::uint64_t>(given) < thresholds_.alpha) return out;
    ++answered_;
    const std::map<Slot, Votes> votes = collect(responses);
    std::vector<Slot> successful;
    for (const auto& [slot, own] : votes) {
        if (count(slot, votes) >= thresholds_.alpha) successful.push_back(slot);
    }
    std::ranges::sort(successful, [this](Slot a, Slot b) { return before(a, b); });
    for (const Slot slot : successful) succeed(slot);
    end_stalemates();
    for (const Slot slot : successful) accept_from(slot, out);
    return out;
}

std::vector<std::pair<Hash32, std::uint32_t>> VertexVotes::support(
    const std::vector<std::vector<Hash32>>& responses) const {
    const std::map<Slot, Votes> votes = collect(responses);
    std::vector<std::pair<Hash32, std::uint32_t>> out;
    for (const auto& [slot, own] : votes) out.emplace_back(nodes_[slot].id, count(slot, votes));
    return out;
}

std::uint32_t VertexVotes::count(Slot slot, const std::map<Slot, Votes>& votes) const {
    Votes counted = votes.at(slot);
    for (const Slot rival : nodes_[slot].rivals) {
        if (AIVM_MUTANT(D44)) break;
        const auto theirs = votes.find(rival);
        if (theirs == votes.end()) continue;
        for (std::size_t i = 0; i < counted.size(); ++i) counted[i] &= ~theirs->second[i];
    }
    std::uint32_t sum = 0;
    for (const std::uint64_t word : counted) sum += static_cast<unsigned>(std::popcount(word));
    return sum;
}

bool VertexVotes::settled(const std::vector<std::vector<Hash32>>& responses,
                          std::uint32_t missing) const {
    const auto given = static_cast<std::uint32_t>(
        std::ranges::count_if(responses, [](const auto& r) { return !r.empty(); }));
    if (const auto known = settled_by_number(given, missing)) return *known;
    const std::map<Slot, Votes> votes = collect(responses);
    return std::ranges::all_of(slots_, [&](const auto& each) {
        const std::uint32_t own = votes.contains(each.second) ? count(each.second, votes) : 0;
        return own >= thresholds_.alpha || own + missing < thresholds_.alpha;
    });
}

std::optional<bool> VertexVotes::settled_by_number(std::uint32_t given,
                                                   std::uint32_t missing) const {
    if (missing == 0 || given + missing < thresholds_.alpha) return true;
    if (given < thresholds_.alpha) return false;
    return std::nullopt;
}

VertexVotes::Decisions VertexVotes::accept(const Hash32& id) {
    const Slot slot = slots_.at(id);
    AIVM_CHECK(nodes_[slot].parents.empty());
    nodes_[slot].pending = true;
    Decisions out;
    accept_from(slot, out);
    return out;
}

void VertexVotes::succeed(Slot slot) {
    Node& n = nodes_[slot];
    n.confidence =
        n.last_success + 1 == polls_ || AIVM_MUTANT(confidence_kept) ? n.confidence + 1 : 1;
    n.last_success = polls_;
    n.quiet_since = answered_;
    ++n.successes;
    const std::uint32_t beta =
        n.rogue && !AIVM_MUTANT(rogue_cheap) ? thresholds_.beta_rogue : thresholds_.beta_virtuous;
    n.pending = n.pending || n.confidence >= beta;
    std::erase_if(n.losing_to, [&](Slot rival) {
        const bool overtakes = n.successes > nodes_[rival].successes;
        if (overtakes) nodes_[rival].losing_to.insert(slot);
        return overtakes;
    });
}

// All at the same time, since rivals come to be at different times.
void VertexVotes::end_stalemates() {
    const std::uint64_t limit = thresholds_.stalemate_polls;
    if (limit == 0 || answered_ % limit != 0) return;
    std::set<Slot> stuck;
    for (const auto& [id, slot] : slots_) {
        const Node& n = nodes_[slot];
        if (!n.rivals.empty() && !n.pending && answered_ - n.quiet_since >= limit)
            stuck.insert(slot);
    }
    for (const Slot slot : stuck) {
        nodes_[slot].successes = 0;
        for (const Slot rival : nodes_[slot].rivals) {
            if (!stuck.contains(rival)) continue;
            const bool by_id = nodes_[rival].id < nodes_[slot].id;
            if (AIVM_MUTANT(stalemate_by_id) ? by_id : before(rival, slot))
                nodes_[slot].losing_to.insert(rival);
            else
                nodes_[slot].losing_to.erase(rival);
        }
    }
}

// Accepts the vertex if its time has come, and then its descendants for which it had to wait.
void VertexVotes::accept_from(Slot slot, Decisions& out) {
    std::vector<Slot> open{slot};
    while (!open.empty()) {
        // The lowest first, so that parents come before their children.
        const auto lowest =
            std::ranges::min_element(open, [this](Slot a, Slot b) { return before(a, b); });
        const Slot at = *lowest;
        open.erase(lowest);
        const Node& n = nodes_[at];
        if (!n.live || !n.pending || !n.parents.empty()) continue;
        out.accepted.push_back(n.id);
        const std::vector<Slot> rivals = n.rivals;
        const std::vector<Slot> children = n.children;
        release(at);
        std::set<Slot> losers(rivals.begin(), rivals.end());
        for (const Slot rival : losers) {
            if (nodes_[rival].live && !AIVM_MUTANT(D50)) reject_from(rival, out);
        }
        for (const Slot child : children) {
            if (nodes_[child].live) open.push_back(child);
        }
    }
}

void VertexVotes::reject_from(Slot slot, Decisions& out) {
    std::vector<Slot> doomed{slot};
    for (std::size_t i = 0; i < doomed.size(); ++i) {
        for (const Slot child : nodes_[doomed[i]].children) {
            if (std::ranges::find(doomed, child) == doomed.end()) doomed.push_back(child);
        }
    }
    std::ranges::sort(doomed, [this](Slot a, Slot b) { return before(a, b); });
    for (const Slot at : doomed) out.rejected.push_back(nodes_[at].id);
    for (const Slot at : doomed) release(at);
}

// A decided vertex leaves no trace in its neighbours.
void VertexVotes::release(Slot slot) {
    Node& n = nodes_[slot];
    for (const Slot parent : n.parents) erase_value(nodes_[parent].children, slot);
    for (const Slot child : n.children) erase_value(nodes_[child].parents, slot);
    for (const Slot rival : n.rivals) {
        erase_value(nodes_[rival].rivals, slot);
        nodes_[rival].losing_to.erase(slot);
    }
    slots_.erase(n.id);
    n.live = false;
    free_.push_back(slot);
}

std::uint32_t VertexVotes::confidence(const Hash32& id) const {
    const Node& n = node(id);
    return n.last_success == polls_ ? n.confidence : 0;
}

std::vector<Hash32> VertexVotes::strongly_preferred() const {
    std::set<Slot> strong;
    std::vector<Hash32> out;
    for (const Slot slot : in_order()) {
        const Node& n = nodes_[slot];
        const bool is_strong =
            n.losing_to.empty() &&
            std::ranges::all_of(n.parents, [&](Slot parent) { return strong.contains(parent); });
        if (!is_strong) continue;
        strong.insert(slot);
        out.push_back(n.id);
    }
    return out;
}

std::vector<Hash32> VertexVotes::preferred_frontier() const {
    const std::vector<Hash32> strong = strongly_preferred();
    const std::set<Hash32> known(strong.begin(), strong.end());
    std::vector<Hash32> out;
    for (const Hash32& id : strong) {
        const auto& children = node(id).children;
        const bool covered = std::ranges::any_of(
            children, [&](Slot child) { return known.contains(nodes_[child].id); });
        if (!covered) out.push_back(id);
    }
    return out;
}

}  // namespace aivm::sim
