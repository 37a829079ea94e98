// A54 late_vertex: holds its vertices back, and shows them late.
//
// Stresses cuts: what it carries is its own to carry for some cuts, and nobody settles it
// meanwhile. The next validator carries it in its turn; a vertex that comes after that conflicts
// with what is accepted, and one that comes before is never invalid, only in a later slice. Observe
// the time to settled, and that nothing is settled twice.
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/adversaries/vertex_conflicts.h"

namespace aivm::scenarios {
namespace {

class LateVertex final : public sim::ValidatorStrategy {
public:
    explicit LateVertex(const Parameters& parameters)
        : hold_(parameters.get("hold_ms") * sim::kMillisecond) {}

    bool includes(const SignedOperation&) override { return true; }
    void issued(const sim::DagView& view, const VertexPtr& vertex, const VertexPtr&) override {
        if (vertex->is_cut()) return;
        hidden_.hide(*vertex);
        shown_at_.emplace(view.now + hold_, vertex->id());
    }
    void sends(sim::ActorId, sim::Outgoing& outgoing) override {
        while (!shown_at_.empty() && shown_at_.begin()->first <= outgoing.dag->now) {
            hidden_.show(shown_at_.begin()->second);
            shown_at_.erase(shown_at_.begin());
        }
        hidden_.strip(outgoing.message);
    }

private:
    sim::SimTime hold_;
    HiddenVertices hidden_;
    std::set<std::pair<sim::SimTime, Hash32>> shown_at_;
};

std::unique_ptr<sim::ValidatorStrategy> make_late_vertex(const Parameters& parameters,
                                                         const sim::StrategyContext&) {
    return std::make_unique<LateVertex>(parameters);
}

constexpr std::array kLateVertexParameters{
    StrategyParameter{"hold_ms", 1, 600'000, 10'000, "ms", "how long it shows nobody a vertex"},
};

}  // namespace

const StrategyRow kLateVertexRow{.name = "late_vertex",
                                 .id = "A54",
                                 .doc = "holds its vertices back and shows them late",
                                 .parameters = kLateVertexParameters,
                                 .validator = make_late_vertex,
                                 .on_dag = OnDag::kOnly};

}  // namespace aivm::scenarios
