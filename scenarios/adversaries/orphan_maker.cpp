// A55 orphan_maker: makes descendants of what will be rejected.
//
// Stresses what becomes of the work in rejected vertices: first it contests a vertex that others
// prefer, and loses; on the loser it then stands everything that waits in its queue. Nobody else
// can carry that meanwhile without another conflict, and all of it is rejected together. The
// operations must wait in the queues again. Observe n_vertices_rejected, the time to settled, and
// L4.
#include <utility>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/adversaries/vertex_conflicts.h"

namespace aivm::scenarios {
namespace {

class OrphanMaker final : public sim::ValidatorStrategy {
public:
    OrphanMaker(const Parameters& parameters, const sim::StrategyContext& context)
        : random_(context.random),
          self_{context.self.id},
          share_ppm_(parameters.ppm("share_ppm")) {}

    bool includes(const SignedOperation&) override { return true; }
    bool replies_to(const sim::DagView& view, const Vertex& vertex) override {
        if (loses(view.vm)) return true;
        contests_ = !vertex.operations().empty() && random_.bernoulli_ppm(share_ppm_);
        return contests_;
    }
    void plans(const sim::DagView& view, sim::VertexPlan& plan) override {
        const bool contests = std::exchange(contests_, false);
        const CarriedByOthers others(view.vm, self_);
        if (loses(view.vm)) {
            plan.contests = true;  // stands on the loser
            plan.carries = [others](const SignedOperation& one) { return !others.contains(one); };
        } else if (contests) {
            plan.contests = true;
            plan.carries = [others](const SignedOperation& one) { return others.contains(one); };
        }
    }
    void issued(const sim::DagView&, const VertexPtr& vertex, const VertexPtr&) override {
        if (!vertex->is_cut()) newest_ = vertex->id();
    }

private:
    // Its newest vertex, or one below it, is undecided and has a rival.
    [[nodiscard]] bool loses(const DagVm& vm) const {
        if (!newest_ || !vm.undecided().contains(*newest_)) return false;
        if (!vm.conflicts(*newest_).empty()) return true;
        return std::ranges::any_of(vm.undecided().ancestors(*newest_),
                                   [&](const Hash32& id) { return !vm.conflicts(id).empty(); });
    }

    sim::RandomStream random_;
    ValidatorIndex self_;
    std::uint32_t share_ppm_;
    bool contests_ = false;  // the vertex that it builds next
    std::optional<Hash32> newest_;
};

std::unique_ptr<sim::ValidatorStrategy> make_orphan_maker(const Parameters& parameters,
                                                          const sim::StrategyContext& context) {
    return std::make_unique<OrphanMaker>(parameters, context);
}

constexpr std::array kOrphanMakerParameters{
    StrategyParameter{"share_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of the vertices of others that it contests"},
};

}  // namespace

const StrategyRow kOrphanMakerRow{.name = "orphan_maker",
                                  .id = "A55",
                                  .doc = "makes descendants of vertices that will be rejected",
                                  .parameters = kOrphanMakerParameters,
                                  .validator = make_orphan_maker,
                                  .on_dag = OnDag::kOnly};

}  // namespace aivm::scenarios
