#include "core/verification/audits.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/config/check_parameters.h"
#include "core/testing/test_chain.h"

namespace aivm::test {
namespace {

TestOptions audited(std::uint32_t audit_bps, std::uint32_t colluding_bps = 0) {
    TestOptions options;
    options.parameters.policy.audit_bps = audit_bps;
    options.parameters.policy.audit_colluding_bps = colluding_bps;
    options.parameters.policy.reassignments_max = 0;
    return options;
}

// Lies that nobody challenges; how many of them cost a slash.
int count_caught(TestOptions options, int lies) {
    options.parameters.policy.slash_bps = 100;  // 1 LUX, so that the bond lasts
    TestChain chain(options);
    chain.block({chain.by("p-1", registration("p-1", lux(5000)))});
    int caught = 0;
    for (int i = 0; i < lies; ++i) {
        const std::string job = fmt::format("job-{}", i);
        chain.assign(job);
        chain.post(job, chain.lie(job));
        for (int block = 0; block < 7; ++block) {
            chain.block();
            caught += static_cast<int>(chain.last<event::Slashed>().size());
        }
    }
    return caught;
}

TEST(Audits, CatchWhatNobodyChallenges) {
    EXPECT_EQ(count_caught(audited(10'000), 5), 5);
    EXPECT_EQ(count_caught(audited(0), 5), 0);
}

// The mean of 60 is 30 with a deviation of 3.9 in both.
TEST(Audits, HappenAtTheirRateLessThoseThatReportNothing) {
    EXPECT_NEAR(count_caught(audited(5'000), 60), 30, 16);
    EXPECT_NEAR(count_caught(audited(10'000, 5'000), 60), 30, 16);
}

TEST(Audits, ARightAnswerIsPaidAsWithout) {
    TestChain chain(audited(10'000));
    chain.join("p-1");
    chain.assign("job");
    chain.post("job", chain.truth("job"));
    chain.advance(7);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kCompleted);
    EXPECT_EQ(chain.provider("p-1").slashed_total, Amount());
}

TEST(Audits, AModelTooLongForTheChainIsNotRun) {
    TestOptions options = audited(10'000);
    options.models = {small_model("model", 4)};
    options.parameters.policy.one_step_steps_max = 3;
    TestChain chain(options);
    chain.join("p-1");
    const std::string who = chain.assign("job");
    op::SubmitResult lie = result("job", who, chain.lie("job"));
    lie.trace_root = salt_of("a trace");
    chain.block({chain.by(who, lie)});
    chain.advance(7);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kCompleted);
}

TEST(Audits, ACommitteeIsAudited) {
    TestOptions options = audited(10'000);
    options.parameters.policy.redundancy_providers = 1;
    options.parameters.config.redundancy_factor = 1;
    options.parameters.config.verification_mode = VerificationMode::kRedundant;
    options.parameters.policy.commit_reveal = false;
    TestChain chain(options);
    chain.join("p-1");
    op::SubmitTask task = submission("job");
    task.mode = VerificationMode::kRedundant;
    chain.block({chain.by("alice", task)});
    while (chain.task("job").status != TaskStatus::kAssigned) chain.block();
    chain.block({chain.by("p-1", result("job", "p-1", chain.lie("job")))});
    int slashes = 0;
    for (int i = 0; i < 60 && slashes == 0; ++i) {
        chain.block();
        slashes += static_cast<int>(chain.last<event::Slashed>().size());
    }
    EXPECT_EQ(slashes, 1);
}

// p (1 - r) (R + S) >= C with p = 10 %, r = 50 %, C = 9 LUX: R + S = 180 LUX.
TEST(Audits, TheResultBondIsAtLeastThePenaltyFloor) {
    VmParameters parameters;
    EXPECT_EQ(parameters.result_bond(), lux(100));
    parameters.policy.audit_bps = 1000;
    parameters.policy.audit_colluding_bps = 5000;
    parameters.policy.audit_saving = lux(9);
    const Amount paid = parameters.policy.fee_floor.bps(9000);
    EXPECT_EQ(parameters.result_bond(), lux(180) - paid);
    parameters.policy.audit_saving = lux(4);
    EXPECT_EQ(parameters.result_bond(), lux(100)) << "above the floor";
    parameters.policy.audit_bps = 0;
    const Status refused = check_parameters(parameters);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text().find("audit_saving"), std::string::npos);
}

}  // namespace
}  // namespace aivm::test
