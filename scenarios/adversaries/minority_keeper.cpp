// A37 minority_keeper: always answers for the losing side of a poll.
//
// Stresses the Snow parameters: whatever the asker prefers, this validator votes for a sibling of
// it, to prolong a split. With sound parameters that costs only time; with unsound ones agreement
// is lost (C10). Needs splits, which slow links cause occasionally and A28 causes on purpose.
// Observe the time to finality, messages and S1.
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class MinorityKeeper final : public sim::ValidatorStrategy {
public:
    bool includes(const SignedOperation&) override { return true; }
    bool reports_equivocation() override { return false; }
    void vote(const sim::PollView& poll, sim::Vote& answer) override {
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

std::unique_ptr<sim::ValidatorStrategy> make_minority_keeper(const Parameters&,
                                                             const sim::StrategyContext&) {
    return std::make_unique<MinorityKeeper>();
}

}  // namespace

const StrategyRow kMinorityKeeperRow{.name = "minority_keeper",
                                     .id = "A37",
                                     .doc = "votes for a sibling of what the asker prefers",
                                     .validator = make_minority_keeper,
                                     .polled = true};

}  // namespace aivm::scenarios
