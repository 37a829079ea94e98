// A45 conflict_flooder: issues vertices that conflict with those of others.
//
// Stresses the threshold of contested vertices: whatever an undecided vertex of another validator
// carries, this one carries once more in a vertex beside it, as soon as it hears of the first. Both
// are valid and signed once, so nobody can be punished for it. A newcomer loses to the vertex that
// is there, but that one counts as contested from then on and needs beta_rogue polls in a row
// instead of beta_virtuous. Observe n_conflicts, and the time to accepted beside that to settled.
#include <utility>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/adversaries/vertex_conflicts.h"

namespace aivm::scenarios {
namespace {

class ConflictFlooder final : public sim::ValidatorStrategy {
public:
    ConflictFlooder(const Parameters& parameters, const sim::StrategyContext& context)
        : random_(context.random),
          self_{context.self.id},
          share_ppm_(parameters.ppm("share_ppm")) {}

    bool includes(const SignedOperation&) override { return true; }
    bool replies_to(const sim::DagView&, const Vertex& vertex) override {
        contests_ = !vertex.operations().empty() && random_.bernoulli_ppm(share_ppm_);
        return contests_;
    }
    void plans(const sim::DagView& view, sim::VertexPlan& plan) override {
        if (!std::exchange(contests_, false)) return;
        const CarriedByOthers others(view.vm, self_);
        plan.contests = true;
        plan.carries = [others](const SignedOperation& one) { return others.contains(one); };
    }

private:
    sim::RandomStream random_;
    ValidatorIndex self_;
    std::uint32_t share_ppm_;
    bool contests_ = false;  // the vertex that it builds next
};

std::unique_ptr<sim::ValidatorStrategy> make_conflict_flooder(const Parameters& parameters,
                                                              const sim::StrategyContext& context) {
    return std::make_unique<ConflictFlooder>(parameters, context);
}

constexpr std::array kConflictFlooderParameters{
    StrategyParameter{"share_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of the vertices of others that it contests"},
};

}  // namespace

const StrategyRow kConflictFlooderRow{
    .name = "conflict_flooder",
    .id = "A45",
    .doc = "issues vertices that conflict with those of others, so that votes take longer",
    .parameters = kConflictFlooderParameters,
    .validator = make_conflict_flooder,
    .on_dag = OnDag::kOnly};

}  // namespace aivm::scenarios
