// A48 balance_attacker: keeps conflicting vertices even by answering for the weaker one.
//
// Stresses the Snow parameters, as A37 does on a chain: it divides the votes between the two
// vertices of a pair (vertex_pairs.h), and then names, of every two that conflict, the one that
// fewer of the honest have endorsed last. Polls fail as long as neither has alpha of k; with sound
// parameters that costs time, with unsound ones a split lives on (C10). Alone it loses its stake as
// A47 does; with an accomplice it loses nothing. Observe ttd_mean, the time to settled, S2 and L2.
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/adversaries/vertex_pairs.h"

namespace aivm::scenarios {
namespace {

class BalanceAttacker final : public sim::ValidatorStrategy {
public:
    BalanceAttacker(const Parameters& parameters, const sim::StrategyContext& context)
        : pairs_(context, parameters.ppm("split_ppm")) {}

    bool includes(const SignedOperation&) override { return true; }
    bool builds_twice() override { return pairs_.builds_twice(); }
    bool reports_equivocation() override { return false; }
    bool replies_to(const sim::DagView& view, const Vertex& vertex) override {
        return pairs_.replies_to(view, vertex);
    }
    void plans(const sim::DagView&, sim::VertexPlan& plan) override { pairs_.plans(plan); }
    void issued(const sim::DagView&, const VertexPtr& vertex, const VertexPtr& second) override {
        pairs_.issued(vertex, second);
    }
    void hears(sim::ActorId from, const sim::Message& message) override {
        if (pairs_.is_member(from)) return;
        if (const auto* query = message.get_if<sim::VertexQuery>()) endorsed_[from] = query->tips;
        if (const auto* chits = message.get_if<sim::VertexChits>())
            endorsed_[from] = chits->endorsed;
    }
    void sends(sim::ActorId to, sim::Outgoing& outgoing) override {
        pairs_.sends(to, outgoing);
        const auto* chits = outgoing.message.get_if<sim::VertexChits>();
        if (chits == nullptr) return;
        std::set<Hash32> weaker;
        for (const VertexPtr& vertex : outgoing.dag->vm.undecided_vertices())
            add_weaker(outgoing.dag->vm, *vertex, weaker);
        if (weaker.empty()) return;
        sim::VertexChits answer = *chits;
        endorse(outgoing.dag->vm, weaker, answer);
        outgoing.message = answer;
    }

private:
    // How many of the honest endorsed it last, or a descendant of it.
    [[nodiscard]] std::size_t support(const DagVm& vm, const Hash32& id) const {
        const auto supports = [&](const sim::BlockRef& tip) {
            return tip.id == id || vm.undecided().is_ancestor(id, tip.id);
        };
        return static_cast<std::size_t>(std::ranges::count_if(endorsed_, [&](const auto& each) {
            return std::ranges::any_of(each.second, supports);
        }));
    }
    void add_weaker(const DagVm& vm, const Vertex& vertex, std::set<Hash32>& out) const {
        const std::vector<Hash32> rivals = vm.conflicts(vertex.id());
        if (rivals.empty()) return;
        const std::pair own{support(vm, vertex.id()), vertex.id()};
        const bool is_weakest = std::ranges::all_of(rivals, [&](const Hash32& rival) {
            return own < std::pair{support(vm, rival), rival};
        });
        if (is_weakest) out.insert(vertex.id());
    }

    VertexPairs pairs_;
    std::map<sim::ActorId, std::vector<sim::BlockRef>> endorsed_;  // last, by the honest
};

std::unique_ptr<sim::ValidatorStrategy> make_balance_attacker(const Parameters& parameters,
                                                              const sim::StrategyContext& context) {
    return std::make_unique<BalanceAttacker>(parameters, context);
}

constexpr std::array kBalanceAttackerParameters{
    StrategyParameter{"split_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its vertices of which it makes a pair"},
};

}  // namespace

const StrategyRow kBalanceAttackerRow{
    .name = "balance_attacker",
    .id = "A48",
    .doc = "splits the votes, and keeps them even by answering for the weaker of two vertices",
    .parameters = kBalanceAttackerParameters,
    .validator = make_balance_attacker,
    .on_dag = OnDag::kOnly};

}  // namespace aivm::scenarios
