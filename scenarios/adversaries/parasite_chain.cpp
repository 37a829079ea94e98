// A44 parasite_chain: grows a private branch of vertices beside the others, and shows it late.
//
// Stresses votes and cuts: the branch stands on accepted vertices alone and carries once more what
// the others carry, so that it conflicts with them from its root on. It is shown as a whole, when
// it has `length` vertices. Votes have no memory of weight: what the others have accepted by then
// is final, and the branch is refused by each of them; only a branch that comes before the decision
// contests anything. Observe the share of rejected vertices, and S2.
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/adversaries/vertex_conflicts.h"

namespace aivm::scenarios {
namespace {

class ParasiteChain final : public sim::ValidatorStrategy {
public:
    explicit ParasiteChain(const Parameters& parameters)
        : length_(static_cast<std::size_t>(parameters.get("length"))),
          hold_(parameters.get("hold_ms") * sim::kMillisecond) {}

    bool includes(const SignedOperation&) override { return true; }
    void plans(const sim::DagView&, sim::VertexPlan& plan) override {
        plan.contests = true;
        plan.carries = [](const SignedOperation&) { return true; };
    }
    void issued(const sim::DagView& view, const VertexPtr& vertex, const VertexPtr&) override {
        if (vertex->is_cut()) return;
        if (hidden_.size() == 0) began_ = view.now;
        hidden_.hide(*vertex);
    }
    void sends(sim::ActorId, sim::Outgoing& outgoing) override {
        if (hidden_.size() >= length_ || outgoing.dag->now >= began_ + hold_) hidden_.show_all();
        hidden_.strip(outgoing.message);
    }

private:
    std::size_t length_;
    sim::SimTime hold_;
    sim::SimTime began_ = 0;  // with the branch that is hidden
    HiddenVertices hidden_;
};

std::unique_ptr<sim::ValidatorStrategy> make_parasite_chain(const Parameters& parameters,
                                                            const sim::StrategyContext&) {
    return std::make_unique<ParasiteChain>(parameters);
}

constexpr std::array kParasiteChainParameters{
    StrategyParameter{"length", 1, 16, 4, "vertices", "of the branch when it is shown"},
    StrategyParameter{"hold_ms", 1, 600'000, 6'000, "ms",
                      "how long it hides a branch that does not get so long"},
};

}  // namespace

const StrategyRow kParasiteChainRow{
    .name = "parasite_chain",
    .id = "A44",
    .doc = "grows a branch of vertices that conflicts with those of others, and shows it late",
    .parameters = kParasiteChainParameters,
    .validator = make_parasite_chain,
    .on_dag = OnDag::kOnly};

}  // namespace aivm::scenarios
