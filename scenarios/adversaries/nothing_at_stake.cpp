// A29 nothing_at_stake: votes on every branch.
//
// Stresses the missing price of a vote: whoever asks is told that its own preference is right, so
// each side of a split hears more agreement than there is. Answers to polls are not signed, so
// nobody can be slashed for them; what protects is alpha. Needs somebody who splits the votes in
// the first place, such as A28. Observe S1 and the time to finality.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class NothingAtStake final : public sim::ValidatorStrategy {
public:
    bool includes(const SignedOperation&) override { return true; }
    bool reports_equivocation() override { return false; }
    void vote(const sim::PollView& poll, sim::Chits& answer) override {
        if (const auto branch = poll.branch_asked_about()) {
            answer.preferred = poll.query.block;
            answer.at_height = branch->id;
        }
    }
};

}  // namespace

std::unique_ptr<sim::ValidatorStrategy> make_nothing_at_stake(const Parameters&,
                                                              const sim::StrategyContext&) {
    return std::make_unique<NothingAtStake>();
}

}  // namespace aivm::scenarios
