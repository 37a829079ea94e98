// Validators: joining, leaving, and when the stake comes back.
#include "core/registry/validators.h"

#include <gtest/gtest.h>

#include "core/audit/audit.h"
#include "core/base/digest.h"
#include "core/config/limits.h"
#include "core/testing/test_chain.h"

namespace aivm::test {
namespace {

// Two genesis validators with 5,000 LUX, which propose in turn; epochs of twelve blocks.
TestOptions two_validators() {
    TestOptions options;
    options.parameters.policy.validator_stake_min = lux(100);
    return options;
}

const Validator& validator(const TestChain& chain, std::uint32_t i) {
    return chain.state().validator(ValidatorIndex{i});
}

void close_epoch(TestChain& chain) {
    do {
        chain.block();
    } while (chain.last<event::EpochClosed>().empty());
}

TEST(Validators, ANewcomerIsInTheSetOnceTheEpochCloses) {
    TestChain chain(two_validators());
    const Hash32 commitment = keccak256(salt_of("secret").view());
    chain.expect_refused(chain.by("bob", op::JoinValidators{lux(99), commitment}),
                         ErrorCode::kInsufficientFunds);
    chain.expect_refused(chain.by("bob", op::JoinValidators{Amount(), commitment}),
                         ErrorCode::kInvalidArgument);
    chain.expect_refused(chain.by("bob", op::JoinValidators{lux(10'001), commitment}),
                         ErrorCode::kInsufficientFunds);
    chain.block({chain.by("bob", op::JoinValidators{lux(300), commitment})});
    ASSERT_EQ(chain.state().validators.size(), 3U);
    EXPECT_EQ(validator(chain, 2).address, address_of("bob"));
    EXPECT_EQ(validator(chain, 2).beacon_commitment, commitment);
    EXPECT_FALSE(validator(chain, 2).active);
    EXPECT_EQ(chain.balance("bob"), lux(9700));
    close_epoch(chain);
    EXPECT_TRUE(validator(chain, 2).active);
    EXPECT_TRUE(audit_state(chain.state(), chain.rules().parameters).empty());
}

TEST(Validators, AMemberAddsToItsStakeAndKeepsItsCommitment) {
    TestChain chain(two_validators());
    const Hash32 commitment = keccak256(salt_of("secret").view());
    chain.block({chain.by("bob", op::JoinValidators{lux(300), commitment})});
    close_epoch(chain);
    chain.block({chain.by("bob", op::JoinValidators{lux(1), salt_of("another")})});
    EXPECT_EQ(validator(chain, 2).stake, lux(301));
    EXPECT_EQ(validator(chain, 2).beacon_commitment, commitment);
    EXPECT_TRUE(validator(chain, 2).active);
}

// F26: there was no way out.
TEST(Validators, F26TheStakeComesBackAfterTheCooldown) {
    TestChain chain(two_validators());
    chain.expect_refused(chain.by("bob", op::WithdrawStake{}), ErrorCode::kNotFound);
    chain.block({chain.by("bob", op::JoinValidators{lux(300), {}})});
    close_epoch(chain);
    chain.block({chain.by("bob", op::WithdrawStake{})});
    EXPECT_TRUE(validator(chain, 2).active) << "until the epoch closes";
    chain.expect_refused(chain.by("bob", op::WithdrawStake{}), ErrorCode::kWrongState);
    close_epoch(chain);
    EXPECT_FALSE(validator(chain, 2).active);
    const Height left = chain.height();
    EXPECT_EQ(validator(chain, 2).left_at, left);
    chain.advance_to(left + 10);
    chain.expect_refused(chain.by("bob", op::WithdrawStake{}), ErrorCode::kBondLocked);
    chain.advance_to(left + 11);
    chain.block({chain.by("bob", op::WithdrawStake{})});
    EXPECT_EQ(chain.balance("bob"), lux(10'000));
    EXPECT_EQ(validator(chain, 2).stake, Amount());
    chain.expect_refused(chain.by("bob", op::WithdrawStake{}), ErrorCode::kWrongState);
    EXPECT_TRUE(audit_state(chain.state(), chain.rules().parameters).empty());
}

// What a validator signed last can be punished until its stake is paid out.
TEST(Validators, AStakeThatWaitsForItsCooldownIsStillSlashed) {
    TestChain chain(two_validators());
    chain.block({chain.by("bob", op::JoinValidators{lux(300), {}})});
    close_epoch(chain);
    chain.block({chain.by("bob", op::WithdrawStake{})});
    close_epoch(chain);
    const Height slot = chain.height();
    const auto sign = [&](const Hash32& id) {
        return TestAuthorizer::sign(address_of("bob"),
                                    slot_message(chain.rules().chain_id, {slot, {}}, id));
    };
    const Hash32 one = salt_of("one");
    const Hash32 two = salt_of("two");
    chain.advance_to(slot + 9);
    chain.block({chain.by("carol", op::Evidence{2, slot, {}, one, sign(one), two, sign(two)})});
    EXPECT_EQ(validator(chain, 2).stake, lux(150));
}

TEST(Validators, ANewcomerTakesTheEntryOfOneThatWithdrewItsStake) {
    TestChain chain(two_validators());
    chain.block({chain.by("bob", op::JoinValidators{lux(300), {}})});
    chain.block({chain.by("bob", op::WithdrawStake{})});
    chain.advance(14);
    chain.block({chain.by("bob", op::WithdrawStake{})});
    chain.block({chain.by("carol", op::JoinValidators{lux(200), {}})});
    ASSERT_EQ(chain.state().validators.size(), 3U);
    EXPECT_EQ(validator(chain, 2).address, address_of("carol"));
    EXPECT_FALSE(validator(chain, 2).leaving);
    // And one that comes back keeps its own.
    chain.block({chain.by("bob", op::JoinValidators{lux(100), {}})});
    EXPECT_EQ(validator(chain, 3).address, address_of("bob"));
    chain.block({chain.by("carol", op::WithdrawStake{})});
    chain.block({chain.by("carol", op::JoinValidators{lux(50), {}})});
    EXPECT_EQ(validator(chain, 2).stake, lux(250));
    EXPECT_FALSE(validator(chain, 2).leaving);
}

// F32: evidence that took nothing was taken too, and filled the list of punished slots for one LUX:
// whatever stake followed could not be slashed any more.
TEST(Validators, F32NobodyBuysImpunityWithSlotsThatCostNothing) {
    TestOptions options = two_validators();
    options.parameters.policy.validator_stake_min = lux(1);
    TestChain chain(options);
    std::uint64_t made = 0;
    const auto report = [&] {
        const ProposalSlot slot{chain.height(), salt_of(std::to_string(made++))};
        const auto sign = [&](const Hash32& id) {
            return TestAuthorizer::sign(address_of("bob"),
                                        slot_message(chain.rules().chain_id, slot, id));
        };
        const Hash32 one = salt_of("one");
        const Hash32 two = salt_of("two");
        return chain.by("carol",
                        op::Evidence{2, slot.number, slot.parent, one, sign(one), two, sign(two)});
    };
    const auto rejoin = [&] { return chain.by("bob", op::JoinValidators{lux(1), {}}); };
    chain.block({rejoin()});
    for (int rounds = 0; rounds < 100 && !chain.refusal(rejoin()); ++rounds) {
        chain.block({rejoin()});
        const Amount stake = validator(chain, 2).stake;
        chain.block({report()});
        EXPECT_EQ(validator(chain, 2).stake, stake - stake.bps(5000));
        while (validator(chain, 2).stake > Amount(1)) chain.block({report()});
        chain.expect_refused(report(), ErrorCode::kWrongState);
    }
    // After as many punished slots as are allowed, the validator cannot join again and leaves the
    // set.
    chain.expect_refused(rejoin(), ErrorCode::kLimitReached);
    EXPECT_LE(validator(chain, 2).slashed_slots.size(), kSlashedSlotsMax - 1);
    close_epoch(chain);
    EXPECT_FALSE(validator(chain, 2).active);
    EXPECT_TRUE(audit_state(chain.state(), chain.rules().parameters).empty());
}

TEST(Validators, TheSetNeverBecomesEmpty) {
    TestChain chain(two_validators());
    chain.block({chain.by("v-0", op::WithdrawStake{}), chain.by("v-1", op::WithdrawStake{})});
    close_epoch(chain);
    EXPECT_TRUE(validator(chain, 0).active);
    EXPECT_TRUE(validator(chain, 1).active);
    chain.expect_refused(chain.by("v-0", op::WithdrawStake{}), ErrorCode::kWrongState);
    // A newcomer lets them go.
    chain.block({chain.by("bob", op::JoinValidators{lux(300), {}})});
    close_epoch(chain);
    EXPECT_FALSE(validator(chain, 0).active);
    EXPECT_FALSE(validator(chain, 1).active);
    EXPECT_TRUE(validator(chain, 2).active);
}

}  // namespace
}  // namespace aivm::test
