// A29 nothing_at_stake: votes on every branch.
//
// Stresses that votes cost nothing: every asker receives a vote for its own preference, so each
// side of a split sees more agreement than there is. Answers to polls are not signed, so no one can
// be slashed for them; the protection is alpha. Needs another adversary that splits the votes, such
// as A28. Observe S1 and the time to finality.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class NothingAtStake final : public sim::ValidatorStrategy {
public:
    bool includes(const SignedOperation&) override { return true; }
    bool reports_equivocation() override { return false; }
    void vote(const sim::PollView& poll, sim::Vote& answer) override {
        if (const auto branch = poll.branch_asked_about()) {
            answer.preferred = poll.question.block;
            answer.at_height = branch->id;
        }
    }
};

std::unique_ptr<sim::ValidatorStrategy> make_nothing_at_stake(const Parameters&,
                                                              const sim::StrategyContext&) {
    return std::make_unique<NothingAtStake>();
}

}  // namespace

const StrategyRow kNothingAtStakeRow{.name = "nothing_at_stake",
                                     .id = "A29",
                                     .doc = "votes for whatever the asker prefers",
                                     .validator = make_nothing_at_stake,
                                     .polled = true};

}  // namespace aivm::scenarios
