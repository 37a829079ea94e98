// The inclusion fee: who pays it, who receives it, and that a refusal costs nothing.
#include <gtest/gtest.h>

#include "core/dag/slice.h"
#include "core/execution/build.h"
#include "core/state/load.h"
#include "core/testing/test_chain.h"
#include "core/testing/test_dag.h"

namespace aivm::test {
namespace {

OperationPtr with_fee(const TestChain& chain, std::string_view name, std::uint64_t nonce,
                      OperationBody body, Amount fee) {
    return chain.by_with_fee(name, nonce, std::move(body), fee);
}

Amount of_proposer(const TestChain& chain, ValidatorIndex proposer) {
    return chain.state().balance(chain.state().validator(proposer).address);
}

TEST(InclusionFee, GoesFromTheSenderToTheProposerOfTheBlock) {
    TestChain chain(served());
    const ValidatorIndex proposer = chain.request().proposer;
    const Amount before = of_proposer(chain, proposer);
    const Amount balance = chain.balance("alice");
    chain.block({with_fee(chain, "alice", 1, submission("job", lux(2)), lux(3))});
    EXPECT_EQ(of_proposer(chain, proposer), before + lux(3));
    EXPECT_EQ(chain.balance("alice"), balance - lux(5));
}

TEST(InclusionFee, ARefusedOperationCostsNothingAndLeavesNoTrace) {
    TestChain chain(served());
    chain.expect_refused(with_fee(chain, "alice", 1, op::ClaimRewards{"nobody"}, lux(3)),
                         ErrorCode::kProviderNotFound);
    chain.expect_refused(with_fee(chain, "nobody", 1, op::ClaimRewards{"nobody"}, lux(3)),
                         ErrorCode::kInsufficientFunds);
    // The builder tried it; a follower that never saw it reaches the same roots.
    const auto left = chain.offer({with_fee(chain, "alice", 1, op::ClaimRewards{"nobody"}, lux(3)),
                                   chain.by("bob", submission("job"))});
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(chain.balance("alice"), lux(10'000));
    EXPECT_EQ(chain.state().nonce(address_of("alice")), 0U);
}

TEST(InclusionFee, WhatAnOperationLocksMustBeThereBesideItsFee) {
    TestChain chain(served());
    const Amount all = chain.balance("alice");
    chain.expect_refused(with_fee(chain, "alice", 1, submission("job", all), Amount(1)),
                         ErrorCode::kInsufficientFunds);
    EXPECT_FALSE(
        chain.refusal(with_fee(chain, "alice", 1, submission("job", all - Amount(1)), Amount(1))));
    chain.expect_refused(with_fee(chain, "alice", 1, submission("job"), all + Amount(1)),
                         ErrorCode::kInsufficientFunds);
}

TEST(InclusionFee, NoncesGrowInEachLaneAlone) {
    TestChain chain;
    chain.join("p-1");
    chain.assign("job");
    chain.block({chain.by_with_nonce("p-1", 7, result("job", "p-1", chain.lie("job")))});
    EXPECT_EQ(chain.state().nonce(address_of("p-1"), Lane::kWork), 7U);
    EXPECT_EQ(chain.state().nonce(address_of("p-1"), Lane::kRest), 1U);
    EXPECT_FALSE(chain.refusal(chain.by_with_nonce("p-1", 2, leave("p-1"))));
    EXPECT_FALSE(chain.refusal(
        chain.by_with_nonce("p-1", 1, hidden_challenge("job", "p-1", chain.truth("job")))));
    chain.expect_refused(chain.by_with_nonce("p-1", 1, leave("p-1")), ErrorCode::kBadNonce);
}

// A vertex may carry an operation that fails in its slice: its fee is paid once, whoever includes
// it again.
TEST(InclusionFee, AVoidOperationOfAVertexPaysItsProposerOnce) {
    TestDag dag;
    const TestChain chain;
    const OperationPtr first = with_fee(chain, "alice", 1, leave("nobody"), lux(2));
    const VertexPtr one = dag.make({}, {first});
    const auto run = [&](const State& below, const VertexPtr& vertex) {
        BlockContext context;
        context.height = below.head.height + 1;
        context.timestamp_ns = vertex->header().timestamp_ns;
        return run_slice(below, context, {vertex}, dag.rules()).value();
    };
    const SliceRun slice = run(dag.genesis()->state, one);
    ASSERT_EQ(slice.voids.size(), 1U);
    const State& after = slice.finished.state;
    const Address payee = after.validator(one->header().proposer).address;
    EXPECT_EQ(after.balance(payee), lux(2));
    EXPECT_EQ(after.balance(address_of("alice")), lux(9'998));
    const SliceRun again = run(after, dag.make({one}, {first}));
    EXPECT_EQ(again.voids.front().reason.code, ErrorCode::kBadNonce);
    EXPECT_EQ(again.finished.state.balance(address_of("alice")), lux(9'998));
}

}  // namespace
}  // namespace aivm::test
