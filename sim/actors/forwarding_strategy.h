// A validator's strategy that asks another one, for strategies that change a few hooks of any
// other. A hook that is added to ValidatorStrategy is added here.
#pragma once

#include <memory>
#include <vector>

#include "sim/actors/strategy.h"

namespace aivm::sim {

class ForwardingStrategy : public ValidatorStrategy {
public:
    bool builds(const State& parent, const Hash32& beacon) override {
        return inner().builds(parent, beacon);
    }
    void begin_block(Height height) override { inner().begin_block(height); }
    bool includes(const SignedOperation& operation) override { return inner().includes(operation); }
    bool builds_twice() override { return inner().builds_twice(); }
    void built_twice(const BlockRef& second) override { inner().built_twice(second); }
    std::optional<ForgedBlock> forges(const OwnBlock& own) override { return inner().forges(own); }
    std::optional<ForgedVertex> forges_vertex(const OwnVertex& own) override {
        return inner().forges_vertex(own);
    }
    bool votes_twice() override { return inner().votes_twice(); }
    bool tolerates(const Block& block) override { return inner().tolerates(block); }
    void sends(ActorId to, Outgoing& outgoing) override { inner().sends(to, outgoing); }
    bool runs_twice() override { return inner().runs_twice(); }
    void vote(const PollView& poll, Vote& answer) override { inner().vote(poll, answer); }
    void plans(const DagView& view, VertexPlan& plan) override { inner().plans(view, plan); }
    void issued(const DagView& view, const std::shared_ptr<const Vertex>& vertex,
                const std::shared_ptr<const Vertex>& second) override {
        inner().issued(view, vertex, second);
    }
    bool replies_to(const DagView& view, const Vertex& vertex) override {
        return inner().replies_to(view, vertex);
    }
    void hears(ActorId from, const Message& message) override { inner().hears(from, message); }
    bool serves(const Follower& follower) override { return inner().serves(follower); }
    void rejected(const Block& block, const Address& proposer) override {
        inner().rejected(block, proposer);
    }
    bool reports_equivocation() override { return inner().reports_equivocation(); }

private:
    [[nodiscard]] virtual ValidatorStrategy& inner() = 0;
};

}  // namespace aivm::sim
