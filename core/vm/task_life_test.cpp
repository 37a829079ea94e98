// A task from submission to its end in the optimistic mode, without challenges: admission, draw,
// result, window, payment, timeouts.
#include <gtest/gtest.h>

#include "core/rewards/rewards.h"
#include "core/tasks/admission.h"
#include "core/testing/test_chain.h"
#include "core/verification/draw.h"

namespace aivm::test {
namespace {

TEST(TaskLife, GoesFromPendingToAssignedToPostedToCompleted) {
    TestChain chain;
    chain.join("p-1");
    chain.block({chain.by("alice", submission("job"))});
    EXPECT_EQ(chain.task("job").status, TaskStatus::kPending);
    chain.block();
    EXPECT_EQ(chain.task("job").status,
              TaskStatus::kPending);  // the draw needs the beacon of two blocks later
    chain.block();
    EXPECT_EQ(chain.task("job").status, TaskStatus::kAssigned);
    EXPECT_EQ(chain.provider("p-1").locked, lux(100));  // 1000 LUX over 10 tasks
    EXPECT_EQ(chain.provider("p-1").open_tasks, 1U);
    chain.post("job", chain.truth("job"));
    EXPECT_EQ(chain.task("job").status, TaskStatus::kPosted);
    EXPECT_EQ(chain.provider("p-1").open_tasks, 0U);
    EXPECT_EQ(chain.provider("p-1").obligations, 1U);
    const Height posted = chain.height();
    chain.advance_to(posted + 5);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kPosted);  // the last block of the window
    chain.block();
    EXPECT_EQ(chain.task("job").status, TaskStatus::kCompleted);
    EXPECT_EQ(chain.task("job").final_at, posted + 6);
    EXPECT_EQ(chain.provider("p-1").locked, Amount());
    EXPECT_EQ(chain.provider("p-1").obligations, 0U);
}

TEST(TaskLife, ATenthOfTheFeeIsBurnedAndAsMuchIsMintedAtMost) {
    TestChain chain;
    chain.join("p-1");
    const Amount before = chain.balance("alice");
    chain.assign("job", "alice", lux(3));
    EXPECT_EQ(chain.balance("alice"), before - lux(3));
    EXPECT_EQ(chain.totals().task_escrows, millilux(2700));
    EXPECT_EQ(chain.totals().burned, millilux(300));  // at admission
    chain.post("job", chain.truth("job"));
    chain.advance(6);
    EXPECT_EQ(chain.totals().burned, millilux(300));
    EXPECT_EQ(chain.totals().minted,
              millilux(300));  // base reward 1 LUX, capped by what the task burned
    EXPECT_EQ(chain.provider("p-1").credit, lux(3));
    EXPECT_EQ(chain.totals().task_escrows, Amount());
}

TEST(TaskLife, TheUncappedMintPaysTheWholeBaseReward) {
    TestOptions options;
    options.parameters.policy.mint_cap = MintCap::kUncapped;
    TestChain chain(options);
    chain.join("p-1");
    chain.assign("job", "alice", lux(3));
    chain.post("job", chain.truth("job"));
    chain.advance(6);
    EXPECT_EQ(chain.totals().minted, lux(1));
    EXPECT_EQ(chain.provider("p-1").credit, millilux(2700) + lux(1));
}

TEST(TaskLife, AFeeBelowTheBaseRewardsCapMintsNoMoreThanALargeOneWould) {
    TestChain chain;
    chain.join("p-1");
    chain.assign("job", "alice", lux(50));  // burns 5 LUX, more than the base reward
    chain.post("job", chain.truth("job"));
    chain.advance(6);
    EXPECT_EQ(chain.totals().minted, lux(1));
}

TEST(TaskLife, TheTieredScheduleGoesByTheRegisteredComputeTime) {
    VmParameters v;
    v.policy.reward_schedule = RewardSchedule::kTiered;
    EXPECT_EQ(scheduled_reward(v, 99), lux(1));
    EXPECT_EQ(scheduled_reward(v, 100), millilux(1500));
    EXPECT_EQ(scheduled_reward(v, 999), millilux(1500));
    EXPECT_EQ(scheduled_reward(v, 1'000), lux(2));
    EXPECT_EQ(scheduled_reward(v, 9'999), lux(2));
    EXPECT_EQ(scheduled_reward(v, 10'000), lux(3));
}

TEST(TaskLife, AdmissionRefusesWhatNobodyCouldWorkOn) {
    TestChain chain;
    chain.expect_refused(chain.by("alice", submission("job")), ErrorCode::kNoProvider);
    chain.join("p-1");
    chain.block({chain.by("alice", submission("job"))});
    chain.expect_refused(chain.by("bob", submission("job")), ErrorCode::kDuplicate);
    chain.expect_refused(chain.by("bob", submission("low", Amount(999'999))),
                         ErrorCode::kFeeTooLow);
    chain.expect_refused(chain.by("bob", submission("free", Amount())), ErrorCode::kFeeTooLow);
    chain.expect_refused(chain.by("bob", submission("rich", lux(10'001))),
                         ErrorCode::kInsufficientFunds);
    chain.expect_refused(chain.by("bob", submission("")), ErrorCode::kInvalidTask);
    chain.expect_refused(chain.by("bob", submission(std::string(65, 'x'))),
                         ErrorCode::kInvalidTask);
    chain.expect_refused(chain.by("bob", submission("row", lux(1), 8)), ErrorCode::kInvalidTask);
    chain.expect_refused(chain.by("bob", submission("model", lux(1), 0, "none")),
                         ErrorCode::kInvalidTask);
    chain.block({chain.by("bob", submission("floor", millilux(1)))});
}

TEST(TaskLife, AFullQueueRefusesAndHasRoomAgainAfterADraw) {
    TestOptions options;
    options.parameters.config.max_task_queue_size = 2;
    TestChain chain(options);
    chain.join("p-1");
    chain.block({chain.by("alice", submission("a")), chain.by("alice", submission("b"))});
    chain.expect_refused(chain.by("alice", submission("c")), ErrorCode::kQueueFull);
    chain.advance(2);
    chain.block({chain.by("alice", submission("c"))});
}

// F4: own tasks held the queue full for 75 blocks and were refunded whole.
TEST(TaskLife, F4TheFloorDoublesWithEverySixteenthOfTheQueueThatIsTaken) {
    TestOptions options;
    options.parameters.config.max_task_queue_size = 32;
    TestChain chain(options);
    chain.join("p-1");
    std::vector<OperationPtr> tasks;
    for (int i = 0; i < 20; ++i) {
        const Amount fee = millilux(std::uint64_t{1} << i / 2);
        tasks.push_back(chain.by("alice", submission("t-" + std::to_string(i), fee)));
    }
    chain.block(tasks);
    EXPECT_EQ(required_fee(chain.state(), options.parameters), millilux(1 << 10));
    chain.expect_refused(chain.by("bob", submission("late", millilux((1 << 10) - 1))),
                         ErrorCode::kFeeTooLow);
    chain.block({chain.by("bob", submission("late", millilux(1 << 10)))});
}

// F4: the price of holding the queue of the published size full, which was 0 LUX: a tenth of 4,096
// LUX, burned each time that the tasks time out.
TEST(TaskLife, F4FillingTheQueueBurnsFourHundredLux) {
    TestOptions options;
    options.parameters.config.max_task_queue_size = 1000;
    TestChain chain(served(options));
    std::vector<OperationPtr> tasks;
    for (std::uint64_t i = 0; i < 1000; ++i) {
        const Amount fee = millilux(std::uint64_t{1} << 16 * i / 1000);
        tasks.push_back(chain.by("alice", submission("t-" + std::to_string(i), fee)));
    }
    tasks.push_back(chain.by("served", leave("served")));
    chain.block(tasks);
    EXPECT_EQ(chain.state().waiting_tasks, 1000U);
    chain.advance(6);
    EXPECT_EQ(chain.totals().tasks_failed, 1000U);
    EXPECT_GT(chain.totals().burned, lux(400));
    EXPECT_EQ(chain.balance("alice"), lux(10'000) - chain.totals().burned);
}

// F22: a task that pays nothing for the bonds it locks; as a policy, it pays for them.
TEST(TaskLife, F22TheLockFeeAsksForAShareOfTheResultBond) {
    TestOptions options;
    options.parameters.policy.lock_fee_bps = 100;
    TestChain chain(options);
    chain.join("p-1");
    chain.expect_refused(chain.by("alice", submission("job", lux(1))), ErrorCode::kFeeTooLow);
    chain.block({chain.by("alice", submission("job", lux(1) + millilux(1)))});
}

TEST(TaskLife, TheTaskKeyBindsEveryFieldOfTheSubmission) {
    const op::SubmitTask base = submission("job");
    std::set<Hash32> keys{task_key(address_of("alice"), base, 1),
                          task_key(address_of("bob"), base, 1)};
    op::SubmitTask other = base;
    other.fee = lux(2);
    keys.insert(task_key(address_of("alice"), other, 1));
    other = base;
    other.input_row = 1;
    keys.insert(task_key(address_of("alice"), other, 1));
    other = base;
    other.mode = VerificationMode::kTee;
    keys.insert(task_key(address_of("alice"), other, 1));
    other = base;
    other.type = TaskType::kEmbedding;
    keys.insert(task_key(address_of("alice"), other, 1));
    other = submission("jo");
    other.model_id = "bmodel";
    keys.insert(task_key(address_of("alice"), other, 1));
    keys.insert(task_key(address_of("alice"), base, 2));
    EXPECT_EQ(keys.size(), 8U);
}

TEST(TaskLife, OnlyTheAssignedProviderPostsAndOnlyOnce) {
    TestChain chain;
    chain.join("p-1");
    chain.block({chain.by("p-2", registration("p-2", lux(1000), "model"))});
    const std::string provider = chain.assign("job");
    const std::string other = provider == "p-1" ? "p-2" : "p-1";
    chain.expect_refused(chain.by(other, result("job", other, 0)), ErrorCode::kNotAuthorized);
    chain.expect_refused(chain.by(other, result("job", provider, 0)), ErrorCode::kNotAuthorized);
    chain.expect_refused(chain.by("alice", result("none", provider, 0)), ErrorCode::kNotFound);
    chain.expect_refused(chain.by("alice", result("job", "none", 0)), ErrorCode::kProviderNotFound);
    chain.post("job", 1);
    chain.expect_refused(chain.by(provider, result("job", provider, 2)), ErrorCode::kWrongState);
    chain.advance(6);
    chain.expect_refused(chain.by(provider, result("job", provider, 2)), ErrorCode::kWrongState);
    EXPECT_EQ(chain.task("job").provisional, 1);
}

TEST(TaskLife, ASilentProviderIsSlashedAndTheTaskGoesToAnotherDraw) {
    TestChain chain;  // timeout: 5 blocks of 4 s
    chain.join("p-1");
    chain.assign("job");
    const Height assigned = chain.height();
    chain.advance_to(assigned + 4);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kAssigned);
    chain.block();
    EXPECT_EQ(chain.task("job").status, TaskStatus::kPending);
    EXPECT_EQ(chain.provider("p-1").bond, lux(980));            // 20% of 100 LUX, burned
    EXPECT_EQ(chain.totals().burned, lux(20) + millilux(100));  // and a tenth of the fee
    EXPECT_EQ(chain.provider("p-1").locked, Amount());
    chain.advance(2);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kAssigned);
    EXPECT_EQ(chain.task("job").assignments, 2U);
}

TEST(TaskLife, TimeoutsCompareBlockTimestampsAndOperationsOfThatBlockComeFirst) {
    TestChain chain;
    chain.join("p-1");
    chain.assign("late");
    chain.block({}, 5 * kBlockNs - 1);
    EXPECT_EQ(chain.task("late").status, TaskStatus::kAssigned);
    chain.block({}, 1);
    EXPECT_EQ(chain.task("late").status, TaskStatus::kPending);
    chain.assign("in time");
    chain.block({chain.by("p-1", result("in time", "p-1", 0))}, 100 * kBlockNs);
    EXPECT_EQ(chain.task("in time").status, TaskStatus::kPosted);
}

TEST(TaskLife, FailsWithARefundAfterTheLastAssignment) {
    TestOptions options;
    options.parameters.policy.reassignments_max = 1;
    TestChain chain(options);
    chain.join("p-1");
    const Amount before = chain.balance("alice");
    chain.assign("job");
    chain.advance(5 + 2 + 5);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kFailed);
    EXPECT_EQ(chain.balance("alice"), before - millilux(100)) << "what admission burned";
    EXPECT_EQ(chain.totals().tasks_failed, 1U);
    EXPECT_EQ(chain.provider("p-1").bond, lux(960));
    EXPECT_EQ(chain.state().receipts.size(), 1U);  // every final task has one
    EXPECT_EQ(chain.state().receipts[0].outcome, TaskStatus::kFailed);
}

TEST(TaskLife, WaitsForAProviderAndFailsWithARefundWhenNoneComes) {
    TestChain chain(served());
    const OperationPtr leaves = chain.by("served", leave("served"));
    chain.block({chain.by("alice", submission("job")), leaves});
    chain.advance(1);
    chain.block({chain.by("p-1", registration("p-1", lux(1000)))});
    chain.advance(2);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kAssigned);
    TestChain empty(served());
    const Amount before = empty.balance("alice");
    empty.block({empty.by("alice", submission("job")), empty.by("served", leave("served"))});
    empty.advance(4);
    EXPECT_EQ(empty.task("job").status, TaskStatus::kPending);
    empty.block();
    EXPECT_EQ(empty.task("job").status, TaskStatus::kFailed);
    EXPECT_EQ(empty.balance("alice"), before - millilux(100)) << "what admission burned";
    EXPECT_FALSE(empty.state().height_timers.size() > 0 || empty.state().time_timers.size() > 0);
}

TEST(TaskLife, AProviderTakesNoMoreThanItsTaskLimit) {
    TestOptions options;
    options.parameters.config.max_tasks_per_provider = 2;
    TestChain chain(options);
    chain.join("p-1");
    chain.block({chain.by("alice", submission("a")), chain.by("alice", submission("b")),
                 chain.by("alice", submission("c"))});
    chain.advance(2);
    EXPECT_EQ(chain.provider("p-1").open_tasks, 2U);
    EXPECT_EQ(chain.provider("p-1").locked, lux(200));
    EXPECT_EQ(chain.state().waiting_tasks, 1U);
}

TEST(TaskLife, TheDrawIsWeightedModuloOfABigEndianNumber) {
    Hash32 number;
    number.bytes[31] = 7;
    EXPECT_EQ(big_endian_modulo(number, 5), 2U);
    number.bytes[0] = 1;  // 2^248 + 7, and 2^248 = 1 modulo 5
    EXPECT_EQ(big_endian_modulo(number, 5), 3U);
    EXPECT_EQ(big_endian_modulo(number, 1), 0U);
}

}  // namespace
}  // namespace aivm::test
