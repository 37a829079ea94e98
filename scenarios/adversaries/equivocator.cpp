// A28 equivocator: signs two blocks for one slot and, where votes are signed, two votes.
//
// Stresses evidence: half of the validators are shown one block or vote, half the other, so that
// they begin with different preferences. A validator that sees both holds the proof, and an honest
// one submits it: half of the stake is slashed, once per slot. Observe the slashes of cause
// equivocation, and that S1 still holds.
//
// Where its engine lets it (VotingRules::propose_instead), it also proposes the second block once
// more when it leads again while the first one may not be decided yet: by then the others are
// locked on that, and an honest validator does not vote for another.
//
// On a DAG it votes for both sides: it answers polls for both of two vertices that conflict, cuts
// included, which counts for neither and cannot be punished; and where cuts are voted on, half of
// the validators get its vote for another cut of the number, which can. (Two vertices for one slot
// are A47's.)
#include <algorithm>
#include <optional>

#include "core/vm/dag_vm.h"
#include "scenarios/adversaries/strategy_table.h"
#include "sim/consensus/avalanche/messages.h"

namespace aivm::scenarios {
namespace {

class Equivocator final : public sim::ValidatorStrategy {
public:
    Equivocator(const Parameters& parameters, sim::RandomStream random)
        : random_(random), share_ppm_(parameters.ppm("share_ppm")) {}

    bool includes(const SignedOperation&) override { return true; }
    bool builds_twice() override { return random_.bernoulli_ppm(share_ppm_); }
    bool votes_twice() override { return random_.bernoulli_ppm(share_ppm_); }
    bool reports_equivocation() override { return false; }
    void built_twice(const sim::BlockRef& second) override {
        if (proposed_ && voting_ != nullptr) second_ = Second{second, *proposed_};
    }
    void sends(sim::ActorId to, sim::Outgoing& outgoing) override {
        if (outgoing.dag != nullptr) return endorse_both_sides(outgoing);
        voting_ = outgoing.voting;
        if (voting_ != nullptr && voting_->propose_instead != nullptr) propose_again(to, outgoing);
    }

private:
    struct Second {
        sim::BlockRef block;
        sim::Message proposal;  // of the first block
    };

    // At most in every second of its rounds, so that there are rounds enough in a row to decide in.
    void propose_again(sim::ActorId to, sim::Outgoing& outgoing) {
        const auto block = voting_->proposed_in(outgoing.message);
        if (!block) return;
        proposed_ = outgoing.message;
        if (!second_) return;
        const std::uint32_t round = *voting_->proposed_round_in(outgoing.message);
        const std::uint32_t first_round = *voting_->proposed_round_in(second_->proposal);
        const bool is_locked = round >= first_round + kRoundsUntilLocked;
        const bool is_open = block->height <= second_->block.height + kBlocksUntilDecided;
        if (!is_locked || !is_open) return;
        proposed_.reset();
        if (to % 2 == 0) return;
        outgoing.message =
            voting_->propose_instead(second_->block, second_->proposal, outgoing.message);
    }
    void endorse_both_sides(sim::Outgoing& outgoing) {
        const auto* chits = outgoing.message.get_if<sim::VertexChits>();
        if (chits == nullptr || !random_.bernoulli_ppm(share_ppm_)) return;
        sim::VertexChits answer = *chits;
        for (const VertexPtr& vertex : outgoing.dag->vm.undecided_vertices()) {
            const sim::BlockRef one{vertex->id(), vertex->height()};
            const bool is_new = std::ranges::find(answer.endorsed, one) == answer.endorsed.end();
            if (is_new && answer.endorsed.size() < sim::kTipsMax &&
                !outgoing.dag->vm.conflicts(one.id).empty())
                answer.endorsed.push_back(one);
        }
        outgoing.message = answer;
    }

    static constexpr std::uint32_t kRoundsUntilLocked = 3;
    static constexpr Height kBlocksUntilDecided = 3;

    sim::RandomStream random_;
    std::uint32_t share_ppm_;
    const sim::VotingRules* voting_ = nullptr;
    std::optional<sim::Message> proposed_;  // last, unless it was its second block
    std::optional<Second> second_;
};

std::unique_ptr<sim::ValidatorStrategy> make_equivocator(const Parameters& parameters,
                                                         const sim::StrategyContext& context) {
    return std::make_unique<Equivocator>(parameters, context.random);
}

constexpr std::array kEquivocatorParameters{
    StrategyParameter{"share_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of its blocks that it builds twice, and of its votes and answers"},
};

}  // namespace

const StrategyRow kEquivocatorRow{
    .name = "equivocator",
    .id = "A28",
    .doc = "signs two blocks, or two votes, for one slot and shows each to half of the others",
    .parameters = kEquivocatorParameters,
    .validator = make_equivocator,
    .in_consensus = true,
    .on_dag = OnDag::kToo};

}  // namespace aivm::scenarios
