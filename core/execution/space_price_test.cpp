#include "core/execution/space_price.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/config/check_parameters.h"
#include "core/testing/test_chain.h"

namespace aivm::test {
namespace {

Policy priced(std::uint64_t floor_nlux, std::uint32_t target) {
    Policy policy;
    policy.space_price_floor = Amount(floor_nlux);
    policy.space_target_operations = target;
    return policy;
}

TEST(SpacePrice, ChangesByAnEighthForAnEmptyBlockAndOneOfTwiceTheTarget) {
    const Policy policy = priced(100, 10);
    EXPECT_EQ(next_space_price(Amount(8000), 20, policy), Amount(9000));
    EXPECT_EQ(next_space_price(Amount(8000), 1000, policy), Amount(9000)) << "no more than that";
    EXPECT_EQ(next_space_price(Amount(8000), 15, policy), Amount(8500));
    EXPECT_EQ(next_space_price(Amount(8000), 10, policy), Amount(8000));
    EXPECT_EQ(next_space_price(Amount(8000), 0, policy), Amount(7000));
}

TEST(SpacePrice, StaysBetweenTheFloorAndAllMoneyThatCanBe) {
    EXPECT_EQ(next_space_price(Amount(105), 0, priced(100, 10)), Amount(100));
    EXPECT_EQ(next_space_price(Amount(1), 11, priced(1, 10)), Amount(2)) << "at least one nLUX";
    EXPECT_EQ(next_space_price(kSupplyMax, 20, priced(1, 10)), kSupplyMax);
}

TestOptions with_price(std::uint64_t floor_nlux, std::uint32_t target) {
    TestOptions options = served();
    options.parameters.policy.space_price_floor = Amount(floor_nlux);
    options.parameters.policy.space_target_operations = target;
    return options;
}

TEST(SpacePrice, IsBurnedByEveryOperationAndFollowsTheDemand) {
    TestChain chain(with_price(8000, 1));
    const Amount burned = chain.totals().burned;
    chain.block({chain.by("alice", submission("a")), chain.by("bob", submission("b"))});
    const Amount of_fees = lux(2).bps(1000);
    EXPECT_EQ(chain.totals().burned - burned, of_fees + Amount(16'000));
    EXPECT_EQ(chain.balance("alice"), lux(9'999) - Amount(8000));
    EXPECT_EQ(chain.state().head.space_price, Amount(9000));
    chain.block({chain.by("alice", submission("c"))});
    EXPECT_EQ(chain.balance("alice"), lux(9'998) - Amount(17'000));
    EXPECT_EQ(chain.state().head.space_price, Amount(9000));
    chain.block();
    EXPECT_EQ(chain.state().head.space_price, Amount(8000)) << "the floor";
}

TEST(SpacePrice, ARefusedOperationBurnsNothing) {
    TestChain chain(with_price(8000, 1));
    const auto left = chain.offer({chain.by("alice", op::ClaimRewards{"nobody"})});
    EXPECT_EQ(left.size(), 1U);
    EXPECT_EQ(chain.balance("alice"), lux(10'000));
}

TEST(SpacePrice, WhoCannotPayIsRefused) {
    TestChain chain(with_price(8000, 1));
    const Amount all = chain.balance("alice");
    chain.expect_refused(chain.by("alice", submission("job", all)), ErrorCode::kInsufficientFunds);
    chain.expect_refused(chain.by("nobody", op::ClaimRewards{"served"}),
                         ErrorCode::kInsufficientFunds);
}

TEST(SpacePrice, IsRefusedOnADag) {
    VmParameters parameters;
    parameters.dag.emplace();
    EXPECT_TRUE(check_parameters(parameters));
    parameters.policy.space_price_floor = Amount(1);
    EXPECT_FALSE(check_parameters(parameters));
}

}  // namespace
}  // namespace aivm::test
