// Shared by strategies that make pairs of vertices in conflict and show each one to a part of the
// others first, so that the votes begin divided.
//
// A validator that is alone signs two vertices for one slot (split_vertices.h) and can be punished
// for it. Several of one principal sign one each: what one of them issues, the next one carries
// once more, as soon as it hears of it. They show the earlier one to validators with an even number
// and the later one to those with an odd number; the others hear of both from each other. Every
// vertex is valid and signed once.
#pragma once

#include <array>
#include <set>
#include <utility>
#include <vector>

#include "scenarios/adversaries/split_vertices.h"
#include "scenarios/adversaries/vertex_conflicts.h"

namespace aivm::scenarios {

class VertexPairs {
public:
    // `share_ppm`: of the vertices with operations of which it makes a pair.
    VertexPairs(const sim::StrategyContext& context, std::uint32_t share_ppm)
        : random_(context.random), self_(context.self.id), share_ppm_(share_ppm) {
        for (const sim::Identity& each : *context.accomplices)
            if (each.role == sim::Role::kValidator) members_.push_back(each.id);
    }

    [[nodiscard]] bool is_member(sim::ActorId id) const {
        return std::ranges::find(members_, id) != members_.end();
    }
    // The earlier vertex of a pair that is not decided, and that this validator has signed.
    [[nodiscard]] const std::optional<Hash32>& earlier() const { return earlier_; }

    // To be called from the strategy's hooks of these names.
    [[nodiscard]] bool builds_twice() { return is_alone() && random_.bernoulli_ppm(share_ppm_); }
    [[nodiscard]] bool replies_to(const sim::DagView& view, const Vertex& vertex) {
        if (is_alone() || vertex.operations().empty()) return false;
        if (next_after(vertex.header().proposer.value) != self_) return false;
        // A vertex that has a rival is the later one of another pair.
        if (!view.vm.conflicts(vertex.id()).empty() || !random_.bernoulli_ppm(share_ppm_))
            return false;
        for (const OperationPtr& each : vertex.operations()) contested_.insert(each->id());
        return true;
    }
    // Returns whether the next vertex is the later one of a pair.
    bool plans(sim::VertexPlan& plan) {
        is_later_ = !contested_.empty();
        if (!is_later_) return false;
        plan.contests = true;
        plan.carries = [chosen = std::exchange(contested_, {})](const SignedOperation& one) {
            return chosen.contains(one.id());
        };
        return true;
    }
    void issued(const VertexPtr& vertex, const VertexPtr& second) {
        if (vertex->operations().empty()) return;
        if (second) split_.add(vertex, second);
        if (!is_alone()) hidden_from_.at(is_later_ ? 0 : 1).hide(*vertex);
        if (!is_later_ && (second || !is_alone())) earlier_ = vertex->id();
        is_later_ = false;
    }
    void sends(sim::ActorId to, sim::Outgoing& outgoing) const {
        if (is_alone()) return split_.show(to, outgoing);
        if (!is_member(to)) hidden_from_.at(to % 2).strip(outgoing.message);
    }

private:
    [[nodiscard]] bool is_alone() const { return members_.size() < 2; }
    // Nobody, for a validator that is no member.
    [[nodiscard]] std::optional<sim::ActorId> next_after(sim::ActorId proposer) const {
        const auto found = std::ranges::find(members_, proposer);
        if (found == members_.end()) return std::nullopt;
        return std::next(found) == members_.end() ? members_.front() : *std::next(found);
    }

    sim::RandomStream random_;
    sim::ActorId self_;
    std::uint32_t share_ppm_;
    std::vector<sim::ActorId> members_;  // validators of its principal, itself included, by number
    SplitVertices split_;
    std::array<HiddenVertices, 2> hidden_from_;  // even and odd numbers
    std::set<Hash32> contested_;                 // operations of the vertex to contest next
    bool is_later_ = false;                      // the vertex that it builds next, of a pair
    std::optional<Hash32> earlier_;
};

// Has an answer endorse these undecided vertices instead of those that they conflict with.
inline void endorse(const DagVm& vm, const std::set<Hash32>& chosen, sim::VertexChits& answer) {
    const auto conflicts = [&](const Hash32& id) {
        return std::ranges::any_of(vm.conflicts(id),
                                   [&](const Hash32& rival) { return chosen.contains(rival); });
    };
    std::erase_if(answer.endorsed, [&](const sim::BlockRef& each) {
        return conflicts(each.id) ||
               std::ranges::any_of(vm.undecided().ancestors(each.id), conflicts);
    });
    for (const VertexPtr& vertex : vm.undecided_vertices())
        if (chosen.contains(vertex->id()))
            answer.endorsed.push_back({vertex->id(), vertex->height()});
}

}  // namespace aivm::scenarios
