// A47 vertex_equivocator: signs two vertices for one slot and shows each to half of the others.
//
// Stresses evidence on a DAG: both vertices carry the same operations, so they conflict, and the
// halves begin with different preferences. A validator that has both holds the proof; an honest one
// submits it, and half of the stake is slashed, once per slot. Observe the slashes of cause
// equivocation, n_conflicts, and S2.
#include "scenarios/adversaries/split_vertices.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class VertexEquivocator final : public sim::ValidatorStrategy {
public:
    VertexEquivocator(const Parameters& parameters, sim::RandomStream random)
        : random_(random), share_ppm_(parameters.ppm("share_ppm")) {}

    bool includes(const SignedOperation&) override { return true; }
    bool builds_twice() override { return random_.bernoulli_ppm(share_ppm_); }
    bool reports_equivocation() override { return false; }
    void issued(const sim::DagView&, const VertexPtr& first, const VertexPtr& second) override {
        if (second) split_.add(first, second);
    }
    void sends(sim::ActorId to, sim::Outgoing& outgoing) override { split_.show(to, outgoing); }

private:
    sim::RandomStream random_;
    std::uint32_t share_ppm_;
    SplitVertices split_;
};

std::unique_ptr<sim::ValidatorStrategy> make_vertex_equivocator(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<VertexEquivocator>(parameters, context.random);
}

constexpr std::array kVertexEquivocatorParameters{
    StrategyParameter{"share_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its vertices for whose slot it signs another one"},
};

}  // namespace

const StrategyRow kVertexEquivocatorRow{
    .name = "vertex_equivocator",
    .id = "A47",
    .doc = "signs two vertices for one slot and shows each to half of the others",
    .parameters = kVertexEquivocatorParameters,
    .validator = make_vertex_equivocator,
    .on_dag = OnDag::kOnly};

}  // namespace aivm::scenarios
