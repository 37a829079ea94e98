// A48 balance_attacker: keeps conflicting vertices even by answering for the weaker one.
//
// Stresses the Snow parameters, as A37 does on a chain: it splits the others by two vertices for
// one slot, and then names, of every two that conflict, the one that fewer of the others have
// endorsed last. With sound parameters that costs time and its stake; with unsound ones a split
// lives on (C10). Observe the time to accepted, S2 and L2.
#include "scenarios/adversaries/split_vertices.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/adversaries/vertex_conflicts.h"

namespace aivm::scenarios {
namespace {

class BalanceAttacker final : public sim::ValidatorStrategy {
public:
    BalanceAttacker(const Parameters& parameters, sim::RandomStream random)
        : random_(random), split_ppm_(parameters.ppm("split_ppm")) {}

    bool includes(const SignedOperation&) override { return true; }
    bool builds_twice() override { return random_.bernoulli_ppm(split_ppm_); }
    bool reports_equivocation() override { return false; }
    void issued(const sim::DagView&, const VertexPtr& first, const VertexPtr& second) override {
        if (second) split_.add(first, second);
    }
    void hears(sim::ActorId from, const sim::Message& message) override {
        if (const auto* query = message.get_if<sim::VertexQuery>()) endorsed_[from] = query->tips;
        if (const auto* chits = message.get_if<sim::VertexChits>())
            endorsed_[from] = chits->endorsed;
    }
    void sends(sim::ActorId to, sim::Outgoing& outgoing) override {
        split_.show(to, outgoing);
        const auto* chits = outgoing.message.get_if<sim::VertexChits>();
        if (chits == nullptr) return;
        const std::vector<VertexPtr> undecided = outgoing.dag->vm.undecided_vertices();
        std::set<Hash32> weaker;
        for (const VertexPtr& vertex : undecided) add_weaker(outgoing.dag->vm, *vertex, weaker);
        if (weaker.empty()) return;
        sim::VertexChits answer = *chits;
        std::erase_if(answer.endorsed, [&](const sim::BlockRef& each) {
            return contradicts(outgoing.dag->vm, each.id, weaker);
        });
        for (const VertexPtr& vertex : undecided)
            if (weaker.contains(vertex->id()))
                answer.endorsed.push_back({vertex->id(), vertex->height()});
        outgoing.message = answer;
    }

private:
    // How many of the others endorsed it last, or a descendant of it.
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
    // Whether the vertex, or one below it, conflicts with one of these.
    [[nodiscard]] static bool contradicts(const DagVm& vm, const Hash32& id,
                                          const std::set<Hash32>& chosen) {
        std::vector<Hash32> past = vm.undecided().ancestors(id);
        past.push_back(id);
        return std::ranges::any_of(past, [&](const Hash32& each) {
            return std::ranges::any_of(vm.conflicts(each),
                                       [&](const Hash32& rival) { return chosen.contains(rival); });
        });
    }

    sim::RandomStream random_;
    std::uint32_t split_ppm_;
    SplitVertices split_;
    std::map<sim::ActorId, std::vector<sim::BlockRef>> endorsed_;  // last, by the others
};

std::unique_ptr<sim::ValidatorStrategy> make_balance_attacker(const Parameters& parameters,
                                                              const sim::StrategyContext& context) {
    return std::make_unique<BalanceAttacker>(parameters, context.random);
}

constexpr std::array kBalanceAttackerParameters{
    StrategyParameter{"split_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its vertices for whose slot it signs another one"},
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
