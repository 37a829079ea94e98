// Each invariant of money is shown a block that breaks it, next to the true one that does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/state/keys.h"
#include "core/testing/test_chain.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::address_of;
using aivm::test::TestChain;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A chain on which p-1 has just posted an answer that can still be challenged.
class Money : public ::testing::Test {
protected:
    Money() {
        seen.watch.settings.vm = aivm::test::short_parameters();
        seen.watch.known_rules = chain.rules();
        seen.watch.introduce(address_of("p-1"), "provider[0]");
        chain.join("p-1");
        chain.assign("job");
        before = chain.state();
        chain.post("job", chain.truth("job"));
        tip = *chain.vm().executed(chain.vm().last_accepted());
    }
    void tell(std::string_view id) { seen.of(id).on_chain(tip, before); }

    TestChain chain;
    Watched seen;
    State before;
    Executed tip;
};

TEST_F(Money, ATrueBlockViolatesNothingAndIsChecked) {
    for (const auto& one : seen.invariants) one->on_chain(tip, before);
    EXPECT_THAT(seen.reported(), IsEmpty());
    for (const char* id : {"E1", "E2", "E3", "E16"}) EXPECT_EQ(seen.of(id).checks(), 1U) << id;
}

TEST_F(Money, MoneyOutOfNothingViolatesConservation) {
    tip.state.head.totals.burned += lux(1);
    tell("E1");
    EXPECT_THAT(
        seen.reported(),
        ElementsAre(HasSubstr(
            "E1 70001 LUX are held or burned while genesis and minting brought 70000 LUX")));
}

TEST_F(Money, ABondThatNobodyPaidInViolatesTheEscrowBalance) {
    tip.state.providers.edit(0).bond += lux(1);
    tell("E2");
    EXPECT_THAT(seen.reported(),
                ElementsAre(AllOf(HasSubstr("E2 the bonds add up to"), HasSubstr("totals say")),
                            HasSubstr("E2 the escrow account has")));
}

TEST_F(Money, AProviderThatLeftWithItsBondWhileSlashableIsNamed) {
    Provider& provider = tip.state.providers.edit(0);
    provider.status = ProviderStatus::kLeft;
    provider.bond = Amount();
    tell("E3");
    EXPECT_THAT(seen.reported(), ElementsAre(AllOf(HasSubstr("E3 provider p-1 withdrew"),
                                                   HasSubstr("until block"))));
    EXPECT_EQ(seen.watch.violations.at(0).actors, std::vector<ActorId>{4});
}

TEST_F(Money, AProviderThatLeavesInTheBlockThatSlashesItIsNamed) {
    Provider& provider = tip.state.providers.edit(0);
    provider.status = ProviderStatus::kLeft;
    event::Slashed slash;
    slash.due = lux(100);
    slash.taken = lux(40);
    tip.events = {slash};
    tell("E3");
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("whose slash of 100000000000 nLUX took 40000000000 nLUX")));
    EXPECT_EQ(seen.watch.violations.at(0).actors, std::vector<ActorId>{4});
}

TEST_F(Money, ABondBelowWhatItBacksViolatesSlashCoverage) {
    tip.state.providers.edit(0).bond = lux(1);
    tell("E16");
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("E16 provider p-1 has 1 LUX of bond and credit")));
    EXPECT_EQ(seen.watch.violations.at(0).actors, std::vector<ActorId>{4});
}

TEST_F(Money, AWriteToATaskThatWasFinalViolatesTerminalIsFinal) {
    tell("E7");
    EXPECT_THAT(seen.reported(), IsEmpty());
    Task& task = before.tasks.edit(0);
    task.status = TaskStatus::kCompleted;
    task.final_at = 3;
    tell("E7");
    EXPECT_THAT(
        seen.reported(),
        ElementsAre(HasSubstr("E7 task 0 changed in block 5 although it was final since block 3")));
}

TEST_F(Money, APaymentInsideTheWindowViolatesPayAfterWindow) {
    const Height posted = tip.state.head.height;
    before = tip.state;
    tip.events = {event::ProviderPaid{TaskIndex{0}, ProviderIndex{0}, lux(1)}};
    tip.state.head.height = posted + 5;  // the last block of the window of 5
    tell("E8");
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("E8 task 0 was paid in block")));
    tip.state.head.height = posted + 6;
    tell("E8");
    EXPECT_EQ(seen.reported().size(), 1U) << "after the window it is due";
}

TEST_F(Money, APaymentUnderDisputeOrForAProvenLieViolatesPayAfterWindow) {
    before = tip.state;
    tip.events = {event::ProviderPaid{TaskIndex{0}, ProviderIndex{0}, lux(1)}};
    tip.state.head.height += 50;
    before.tasks.edit(0).disputes_open = 1;
    tell("E8");
    before.tasks.edit(0).disputes_open = 0;
    before.tasks.edit(0).proven_wrong = true;
    tell("E8");
    EXPECT_EQ(seen.reported().size(), 2U);
}

}  // namespace
}  // namespace aivm::sim::test
