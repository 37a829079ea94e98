// A55 orphan_maker: has others build on what will be rejected.
//
// Stresses what becomes of the work in rejected vertices: it shows one vertex of a pair
// (vertex_pairs.h) to a part of the others, which build on it, and votes for the other one. The
// loser is rejected with all that stands on it, vertices of the honest included; itself it adds to
// them everything that waits in its queue. The operations must wait in the queues again. Observe
// n_vertices_orphaned, the time to settled, and L4.
#include <utility>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/adversaries/vertex_pairs.h"

namespace aivm::scenarios {
namespace {

class OrphanMaker final : public sim::ValidatorStrategy {
public:
    OrphanMaker(const Parameters& parameters, const sim::StrategyContext& context)
        : pairs_(context, parameters.ppm("share_ppm")), self_{context.self.id} {}

    bool includes(const SignedOperation&) override { return true; }
    bool builds_twice() override { return pairs_.builds_twice(); }
    bool reports_equivocation() override { return false; }
    bool replies_to(const sim::DagView& view, const Vertex& vertex) override {
        return pairs_.replies_to(view, vertex);
    }
    void plans(const sim::DagView& view, sim::VertexPlan& plan) override {
        if (pairs_.plans(plan) || !loses(view.vm)) return;
        plan.contests = true;  // stands on the loser
        plan.carries = [others = CarriedByOthers(view.vm, self_)](const SignedOperation& one) {
            return !others.contains(one);
        };
    }
    void issued(const sim::DagView&, const VertexPtr& vertex, const VertexPtr& second) override {
        pairs_.issued(vertex, second);
    }
    void sends(sim::ActorId to, sim::Outgoing& outgoing) override {
        pairs_.sends(to, outgoing);
        const auto* chits = outgoing.message.get_if<sim::VertexChits>();
        if (chits == nullptr) return;
        const std::set<Hash32> chosen = later_ones(outgoing.dag->vm);
        if (chosen.empty()) return;
        sim::VertexChits answer = *chits;
        endorse(outgoing.dag->vm, chosen, answer);
        outgoing.message = answer;
    }

private:
    // The earlier vertex of its last pair is undecided and has its rival.
    [[nodiscard]] bool loses(const DagVm& vm) const {
        return pairs_.earlier() && !vm.conflicts(*pairs_.earlier()).empty();
    }
    // Of every two that conflict, the one that was issued later.
    [[nodiscard]] static std::set<Hash32> later_ones(const DagVm& vm) {
        std::set<Hash32> out;
        const auto time_of = [](const Vertex& vertex) {
            return std::pair(vertex.header().timestamp_ns, vertex.id());
        };
        const std::vector<VertexPtr> undecided = vm.undecided_vertices();
        std::map<Hash32, const Vertex*> by_id;
        for (const VertexPtr& each : undecided) by_id.emplace(each->id(), each.get());
        for (const VertexPtr& each : undecided) {
            const std::vector<Hash32> rivals = vm.conflicts(each->id());
            const bool is_last = std::ranges::all_of(rivals, [&](const Hash32& rival) {
                return time_of(*by_id.at(rival)) < time_of(*each);
            });
            if (!rivals.empty() && is_last) out.insert(each->id());
        }
        return out;
    }

    VertexPairs pairs_;
    ValidatorIndex self_;
};

std::unique_ptr<sim::ValidatorStrategy> make_orphan_maker(const Parameters& parameters,
                                                          const sim::StrategyContext& context) {
    return std::make_unique<OrphanMaker>(parameters, context);
}

constexpr std::array kOrphanMakerParameters{
    StrategyParameter{"share_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its vertices of which it makes a pair"},
};

}  // namespace

const StrategyRow kOrphanMakerRow{.name = "orphan_maker",
                                  .id = "A55",
                                  .doc = "has others build on vertices that will be rejected",
                                  .parameters = kOrphanMakerParameters,
                                  .validator = make_orphan_maker,
                                  .on_dag = OnDag::kOnly};

}  // namespace aivm::scenarios
