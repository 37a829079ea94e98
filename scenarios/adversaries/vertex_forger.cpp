// vertex_forger: beside each vertex or cut that it builds on a DAG, sends the others one that it
// changed in its header, operations or roots and signed again.
//
// Stresses what Verify checks. sim/actors/vertex_mutations.h lists the changes and what a correct
// node must say of each: most are refused, the others are a second valid vertex for the slot.
// Either is evidence of two signatures. Observe the slashes of cause equivocation, and S27: no
// honest node answers otherwise.
#include "scenarios/adversaries/strategy_table.h"
#include "sim/actors/vertex_mutations.h"

namespace aivm::scenarios {
namespace {

class VertexForger final : public sim::ValidatorStrategy {
public:
    VertexForger(const Parameters& parameters, sim::RandomStream random)
        : random_(random), share_ppm_(parameters.ppm("share_ppm")) {}

    bool includes(const SignedOperation&) override { return true; }
    bool reports_equivocation() override { return false; }
    std::optional<sim::ForgedVertex> forges_vertex(const sim::OwnVertex& own) override {
        if (!random_.bernoulli_ppm(share_ppm_)) return std::nullopt;
        const auto mutations = sim::vertex_mutations();
        const sim::VertexMutation& mutation = mutations[random_.below(mutations.size())];
        VertexPtr vertex = mutation.apply(own);
        if (vertex == nullptr) return std::nullopt;
        return sim::ForgedVertex{std::move(vertex), mutation.name, mutation.refused_with};
    }

private:
    sim::RandomStream random_;
    std::uint32_t share_ppm_;
};

std::unique_ptr<sim::ValidatorStrategy> make_vertex_forger(const Parameters& parameters,
                                                           const sim::StrategyContext& context) {
    return std::make_unique<VertexForger>(parameters, context.random);
}

constexpr std::array kVertexForgerParameters{
    StrategyParameter{"share_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its vertices of which it sends a changed one too"},
};

}  // namespace

const StrategyRow kVertexForgerRow{
    .name = "vertex_forger",
    .doc = "sends vertices that it changed in header, operations or roots, to test what is refused",
    .parameters = kVertexForgerParameters,
    .validator = make_vertex_forger,
    .on_dag = OnDag::kOnly};

}  // namespace aivm::scenarios
