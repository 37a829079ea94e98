// A37 minority_keeper: always answers for the losing side of a poll.
//
// Stresses the Snow parameters: whatever the asker prefers, this validator speaks for a sibling of
// it, to keep a split alive. Sound parameters make that cost time and nothing else; unsound ones
// lose agreement (C10). Needs splits, which slow links make now and then and A28 makes at will.
// Observe the time to finality, messages and S1.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class MinorityKeeper final : public sim::ValidatorStrategy {
public:
    bool includes(const SignedOperation&) override { return true; }
    bool reports_equivocation() override { return false; }
    void vote(const sim::PollView& poll, sim::Chits& answer) override {
        const auto branch = poll.branch_asked_about();
        if (!branch) return;
        for (const sim::BlockInfo& other : poll.undecided) {
            if (other.parent != branch->parent || other.id == branch->id) continue;
            answer.preferred = other.ref();
            answer.at_height = other.id;
            return;
        }
    }
};

}  // namespace

std::unique_ptr<sim::ValidatorStrategy> make_minority_keeper(const Parameters&,
                                                             const sim::StrategyContext&) {
    return std::make_unique<MinorityKeeper>();
}

}  // namespace aivm::scenarios
