// The running audit finds the same violations as the walk over the whole state.
#include "core/audit/running_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_chain.h"

namespace aivm::test {
namespace {

using ::testing::HasSubstr;

// A chain that the running audit has followed to the block in which p-1 posted an answer.
class Followed : public ::testing::Test {
protected:
    Followed() {
        chain.join("p-1");
        chain.assign("job");
        before = chain.state();
        EXPECT_TRUE(audit.follow(chain.genesis()->state, before, {}, parameters).empty());
        chain.post("job", chain.truth("job"));
        tip = *chain.vm().executed(chain.vm().last_accepted());
    }
    std::string found(std::string_view invariant) {
        for (const auto& finding : audit.follow(before, tip.state, tip.touched, parameters)) {
            if (finding.invariant == invariant) return finding.message;
        }
        return "nothing";
    }

    VmParameters parameters = short_parameters();
    TestChain chain;
    RunningAudit audit;
    State before;
    Executed tip;
};

TEST_F(Followed, ATrueChainHasNoFindings) {
    EXPECT_TRUE(audit.follow(before, tip.state, tip.touched, parameters).empty());
    while (!chain.task("job").terminal()) {
        const State parent = chain.state();
        chain.block();
        const auto executed = chain.vm().executed(chain.vm().last_accepted());
        EXPECT_TRUE(audit.follow(parent, executed->state, executed->touched, parameters).empty());
    }
}

TEST_F(Followed, MoneyOutOfNothingOnATouchedAccountIsFound) {
    tip.state.accounts.insert_or_edit(address_of("bob")).balance += lux(1);
    tip.touched.accounts.push_back(address_of("bob"));
    EXPECT_THAT(found("E1"), HasSubstr("70001 LUX are held or burned"));
}

TEST_F(Followed, ABondThatNobodyPaidInIsFound) {
    tip.state.providers.edit(0).bond += lux(1);
    EXPECT_THAT(found("E2"), HasSubstr("the bonds add up to"));
}

TEST_F(Followed, ADepositThatNobodyPaidInIsFound) {
    tip.state.model_status.edit(0).deposit += lux(1);
    tip.touched.models.push_back(0);
    EXPECT_THAT(found("E2"), HasSubstr("the model deposits add up to"));
}

TEST_F(Followed, DepositsAreFollowedWithoutAFinding) {
    EXPECT_TRUE(audit.follow(before, tip.state, tip.touched, parameters).empty());
    for (const bool registers : {true, false}) {
        const State parent = chain.state();
        OperationBody body = op::RetireModel{"new"};
        if (registers) body = op::RegisterModel{small_model("new"), salt_of("license")};
        chain.block({chain.by("alice", body)});
        const auto executed = chain.vm().executed(chain.vm().last_accepted());
        EXPECT_EQ(executed->touched.models.size(), 1U);
        EXPECT_TRUE(audit.follow(parent, executed->state, executed->touched, parameters).empty());
    }
}

TEST_F(Followed, ABondBelowWhatItBacksIsFound) {
    tip.state.providers.edit(0).bond = lux(1);
    EXPECT_THAT(found("E16"), HasSubstr("has 1 LUX of bond and credit"));
}

TEST_F(Followed, AProviderThatLeftWithItsBondIsFound) {
    tip.state.providers.edit(0).status = ProviderStatus::kLeft;
    tip.state.providers.edit(0).bond = Amount();
    EXPECT_THAT(found("E3"), HasSubstr("withdrew its bond"));
}

}  // namespace
}  // namespace aivm::test
