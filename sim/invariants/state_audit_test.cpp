// Each rule of the audit is broken in turn, and the invariant of its name reports it.
#include "sim/invariants/state_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/testing/test_chain.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::address_of;
using aivm::test::TestChain;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What is planted in a state in which p-1 has posted an answer that is challenged, and what the
// audit says of it. Nothing is noted as touched.
struct Plant {
    const char* name;
    std::function<void(State&)> change;
    const char* invariant;
    const char* message;
};

const Plant kPlants[] = {
    {"MoneyInAnUntouchedAccount",
     [](State& s) { s.accounts.insert_or_edit(address_of("bob")).balance += lux(1); }, "E1 ",
     "are held or burned"},
    {"ABond", [](State& s) { s.providers.edit(0).bond += lux(1); }, "E2 ", "the bonds add up"},
    {"AnEscrow", [](State& s) { s.tasks.edit(0).escrow += lux(1); }, "E2 ", "the task escrows add"},
    {"AChallengeBond", [](State& s) { s.disputes.edit(0).bond += lux(1); }, "E2 ",
     "the challenge bonds add up"},
    {"ACredit", [](State& s) { s.providers.edit(0).credit += lux(1); }, "E2 ",
     "the credits add up"},
    {"ADeposit", [](State& s) { s.model_status.edit(0).deposit += lux(1); }, "E2 ",
     "the model deposits add up"},
    {"TheEscrowAccount",
     [](State& s) { s.accounts.insert_or_edit(escrow_address()).balance += lux(1); }, "E2 ",
     "the escrow account has"},
    {"AProviderThatLeft",
     [](State& s) {
         s.providers.edit(0).status = ProviderStatus::kLeft;
         s.providers.edit(0).bond = Amount();
     },
     "E3 ", "withdrew its bond"},
    {"ABondBelowWhatItBacks", [](State& s) { s.providers.edit(0).bond = lux(1); }, "E16 ",
     "of bond and credit while"},
    {"AFeeThatIsNotHeld", [](State& s) { s.tasks.edit(0).fee += lux(100); }, "R2 ",
     "of its fee of"},
    {"AFinalTaskWithMoney", [](State& s) { s.tasks.edit(0).status = TaskStatus::kCompleted; },
     "R2 ", "is final and still holds"},
    {"ADisputeWithoutAnAnswer", [](State& s) { s.tasks.edit(0).status = TaskStatus::kAssigned; },
     "R2 ", "is disputed without an answer"},
    {"AName", [](State& s) { s.tasks.edit(0).job_id = "nobody's"; }, "R2 ",
     "task nobody's is not found by its name"},
    {"AnOpenSeatOfAFinalTask", [](State& s) { s.tasks.edit(0).status = TaskStatus::kFailed; },
     "R2 ", "is final with an open seat"},
    {"ASeatForNobody", [](State& s) { s.tasks.edit(0).seats[0].provider = ProviderIndex{99}; },
     "R2 ", "has a seat for nobody"},
    {"AListOfDisputes", [](State& s) { s.disputes.edit(0).task = TaskIndex{7}; }, "R2 ",
     "lists dispute 0 wrongly"},
    {"ACountOfDisputes", [](State& s) { s.tasks.edit(0).disputes_open = 5; }, "R2 ",
     "counts 5 open disputes"},
    {"ATimerOfATask",
     [](State& s) {
         s.tasks.edit(0).disputes_open = 0;
         s.tasks.edit(0).disputes = {};
     },
     "R2 ", "lacks a timer"},
    {"ADeadline", [](State& s) { s.disputes.edit(0).deadline += 1; }, "R2 ",
     "the deadline of dispute 0"},
    {"AShare", [](State& s) { s.disputes.edit(0).share = lux(1); }, "R2 ",
     "holds a share of 1 LUX and does not wait"},
    {"CountersOfAProvider", [](State& s) { s.providers.edit(0).obligations += 1; }, "R2 ",
     "its seats say"},
    {"ACountOfTasks", [](State& s) { s.waiting_tasks += 1; }, "R2 ", "waiting tasks: 0 are there"},
    {"ACountOfReceipts", [](State& s) { s.head.totals.tasks_failed += 1; }, "R2 ",
     "receipts: 0 are there"},
};

class StateAuditTest : public ::testing::Test {
protected:
    StateAuditTest() {
        seen.watch.settings.vm = aivm::test::short_parameters();
        seen.watch.known_rules = chain.rules();
        chain.join("p-1");
        chain.assign("job");
        chain.post("job", chain.truth("job"));
        before = chain.state();
        chain.block({chain.by("bob", aivm::test::hidden_challenge("job", "bob", 1))});
        tip = *chain.tip();
    }
    void show() {
        for (const std::string_view id : kAuditRules) seen.of(id).on_chain(tip, before);
    }

    TestChain chain;
    Watched seen;
    State before;
    Executed tip;
};

class StateAuditOf : public StateAuditTest, public ::testing::WithParamInterface<Plant> {};

TEST_P(StateAuditOf, IsReportedUnderItsInvariant) {
    ASSERT_FALSE(tip.state.disputes.empty());
    seen.watch.is_paranoid = true;
    GetParam().change(tip.state);
    show();
    EXPECT_THAT(seen.reported(),
                Contains(AllOf(HasSubstr(GetParam().invariant), HasSubstr(GetParam().message))));
}

TEST_P(StateAuditOf, IsFoundAtTheEndOfARunToo) {
    show();
    ASSERT_THAT(seen.reported(), IsEmpty());
    const auto last = std::make_shared<Executed>(tip);
    GetParam().change(last->state);
    seen.watch.last = {last, nullptr};
    for (const std::string_view id : kAuditRules) seen.of(id).at_end();
    EXPECT_THAT(seen.reported(),
                Contains(AllOf(HasSubstr(GetParam().invariant), HasSubstr(GetParam().message))));
}

INSTANTIATE_TEST_SUITE_P(Planted, StateAuditOf, ::testing::ValuesIn(kPlants),
                         [](const auto& plant) { return plant.param.name; });

TEST(StateAudit, EveryRuleOfTheAuditIsAnInvariant) {
    const Watched seen;
    for (const std::string_view id : kAuditRules)
        EXPECT_NE(find_invariant(seen.invariants, id), nullptr) << id;
}

TEST_F(StateAuditTest, SeveralFindingsOfOneRuleAreAllReported) {
    seen.watch.is_paranoid = true;
    tip.state.head.totals.tasks_failed += 1;
    tip.state.waiting_tasks += 1;
    show();
    EXPECT_EQ(seen.reported().size(), 2U);
}

}  // namespace
}  // namespace aivm::sim::test
