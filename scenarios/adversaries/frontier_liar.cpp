// A50 frontier_liar: claims heights and frontiers that do not exist.
//
// Stresses catch-up: whatever this validator sends speaks of accepted blocks far above those of the
// chain, and it confirms whatever it is asked to confirm. A node that believed one claim would stop
// voting to fetch a history that nobody has. Observe that the honest ones go on: a claim is
// followed only when stake above a threshold confirms it.
#include "core/base/digest.h"
#include "scenarios/adversaries/strategy_table.h"
#include "sim/consensus/avalanche/messages.h"
#include "sim/consensus/bootstrap_messages.h"
#include "sim/consensus/snowman/messages.h"

namespace aivm::scenarios {
namespace {

class FrontierLiar final : public sim::ValidatorStrategy {
public:
    explicit FrontierLiar(const Parameters& parameters)
        : lead_(static_cast<Height>(parameters.get("lead_blocks"))) {}

    bool includes(const SignedOperation&) override { return true; }
    void sends(sim::ActorId, sim::Outgoing& outgoing) override {
        const sim::Message& honest = outgoing.message;
        if (const auto* frontier = honest.get_if<sim::Frontier>()) {
            outgoing.message = sim::Frontier{frontier->request, above(frontier->last_accepted)};
        } else if (const auto* confirm = honest.get_if<sim::Confirm>()) {
            outgoing.message = sim::Confirm{confirm->request, ~std::uint64_t{0}};
        } else if (const auto* chits = honest.get_if<sim::Chits>()) {
            sim::Vote lie = *chits->vote;
            lie.last_accepted = above(lie.last_accepted);
            outgoing.message = sim::Chits{chits->poll, lie};
        } else if (const auto* query = honest.get_if<sim::Query>()) {
            sim::Query lie = *query;
            lie.question.next_height += lead_;
            outgoing.message = lie;
        } else if (const auto* tips = honest.get_if<sim::AcceptedFrontier>()) {
            outgoing.message = sim::AcceptedFrontier{tips->request, above(tips->vertices)};
        } else if (const auto* vertices = honest.get_if<sim::VertexQuery>()) {
            sim::VertexQuery lie = *vertices;
            lie.tips = above(lie.tips);
            outgoing.message = lie;
        } else if (const auto* answer = honest.get_if<sim::VertexChits>()) {
            outgoing.message = sim::VertexChits{answer->poll, above(answer->endorsed)};
        }
    }

private:
    // A block that nobody has, the same in every lie about this one.
    [[nodiscard]] sim::BlockRef above(const sim::BlockRef& block) const {
        return {keccak256(block.id.view()), block.height + lead_};
    }
    [[nodiscard]] std::vector<sim::BlockRef> above(std::vector<sim::BlockRef> vertices) const {
        for (sim::BlockRef& each : vertices) each = above(each);
        return vertices;
    }

    Height lead_;
};

std::unique_ptr<sim::ValidatorStrategy> make_frontier_liar(const Parameters& parameters,
                                                           const sim::StrategyContext&) {
    return std::make_unique<FrontierLiar>(parameters);
}

constexpr std::array kFrontierLiarParameters{
    StrategyParameter{"lead_blocks", 1, 1'000'000, 1'000, "blocks",
                      "how far its claims are above the chain"},
};

}  // namespace

const StrategyRow kFrontierLiarRow{.name = "frontier_liar",
                                   .id = "A50",
                                   .doc = "claims accepted heights and blocks that do not exist",
                                   .parameters = kFrontierLiarParameters,
                                   .validator = make_frontier_liar,
                                   .polled = true,
                                   .on_dag = OnDag::kToo};

}  // namespace aivm::scenarios
