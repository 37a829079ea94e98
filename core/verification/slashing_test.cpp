// The table of slashing causes, and the one path that every slash takes.
#include "core/verification/slashing.h"

#include <gtest/gtest.h>

#include "core/config/check_parameters.h"
#include "core/execution/execute.h"
#include "core/testing/test_chain.h"

namespace aivm::test {
namespace {

// A block in progress on top of a chain with two validators.
struct OpenBlock {
    TestChain chain;
    BlockContext context;
    Transition t;

    OpenBlock() : t(chain.state(), context, chain.rules()) {}
};

TEST(SlashCauses, EachReadsItsOwnRateAndNoOther) {
    for (const SlashCauseRow& row : kSlashCauses) {
        if (row.rate == nullptr) {
            EXPECT_EQ(due_for(Policy{}, row.cause, lux(7)), lux(7)) << row.word;
            continue;
        }
        Policy policy;
        policy.*row.rate = 1234;
        for (const SlashCauseRow& other : kSlashCauses) {
            const Amount expected = other.cause == row.cause
                                        ? lux(7).bps(1234)
                                        : due_for(Policy{}, other.cause, lux(7));
            EXPECT_EQ(due_for(policy, other.cause, lux(7)), expected) << other.word;
        }
        VmParameters parameters;
        parameters.policy.*row.rate = 10'001;
        const Status refused = check_parameters(parameters);
        ASSERT_FALSE(refused) << row.word;
        EXPECT_NE(refused.error().text().find(row.rate_key), std::string::npos) << row.word;
    }
}

TEST(SlashCauses, AnEquivocationIsDueAtTheTablesRateAndPaysItsReporterATenth) {
    OpenBlock block;
    const Amount stake = block.t.read_validator(ValidatorIndex{1}).stake;
    slash_validator(block.t, SlashCause::kEquivocation, ValidatorIndex{1}, address_of("alice"));
    const auto& slash = std::get<event::Slashed>(block.t.events().back());
    EXPECT_EQ(slash.due, due_for(block.t.policy(), SlashCause::kEquivocation, stake));
    EXPECT_EQ(slash.taken, slash.due);
    EXPECT_EQ(slash.challenger, address_of("alice"));
    EXPECT_EQ(slash.to_challenger, Amount(slash.due.nlux() / 10));
    EXPECT_EQ(slash.burned, slash.due - slash.to_challenger);
    EXPECT_EQ(slash.account, block.t.read_validator(ValidatorIndex{1}).address);
    EXPECT_EQ(block.t.read_validator(ValidatorIndex{1}).stake, stake - slash.due);
}

TEST(SlashCauses, AreRefusedForAVictimThatTheTableDoesNotName) {
    OpenBlock block;
    EXPECT_THROW(slash_validator(block.t, SlashCause::kTimeout, ValidatorIndex{0}, {}),
                 CheckFailure);
    ProviderSlash slash;
    slash.cause = SlashCause::kEquivocation;
    EXPECT_THROW(slash_provider(block.t, slash), CheckFailure);
}

TEST(SlashCauses, ExposeASeatToTheLargestRateThatStillLiesAhead) {
    Task task;
    Seat seat;
    seat.locked = lux(100);
    VmParameters vm;
    vm.policy.slash_bps = 5000;
    vm.policy.slash_timeout_bps = 6000;
    const auto exposure = [&](SeatStatus status) {
        seat.status = status;
        return slash_exposure(vm, task, seat);
    };
    EXPECT_EQ(exposure(SeatStatus::kSelected), lux(60));
    EXPECT_EQ(exposure(SeatStatus::kPosted), lux(50));
    EXPECT_EQ(exposure(SeatStatus::kReleased), Amount());

    task.mode = VerificationMode::kRedundant;
    vm.policy.slash_divergent_bps = 1000;
    vm.policy.slash_unrevealed_bps = 7000;
    vm.policy.slash_silent_bps = 8000;
    EXPECT_EQ(exposure(SeatStatus::kSelected), lux(80));
    EXPECT_EQ(exposure(SeatStatus::kCommitted), lux(70));
    EXPECT_EQ(exposure(SeatStatus::kPosted), lux(50));
    vm.config.challenge_window_blocks = 0;  // nobody can prove the answer wrong
    EXPECT_EQ(exposure(SeatStatus::kPosted), lux(10));
    vm.policy.commit_reveal = false;
    EXPECT_EQ(exposure(SeatStatus::kCommitted), lux(10));
}

}  // namespace
}  // namespace aivm::test
