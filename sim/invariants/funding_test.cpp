// L9 is shown queues that take what its sender can pay for, and one that takes more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "core/testing/test_chain.h"
#include "core/vm/offer.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::submission;
using aivm::test::TestChain;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Funding : public ::testing::Test {
protected:
    Funding() { seen.watch.known_rules = chain.rules(); }
    [[nodiscard]] Invariant& l9() { return seen.of("L9"); }
    [[nodiscard]] QueueView view() { return {*queue, chain.state(), chain.state()}; }
    // Offers a task for this share of what alice has, per cent.
    OperationPtr task(std::uint64_t percent) {
        const std::uint64_t has = chain.balance("alice").nlux();
        return chain.by("alice", submission(std::to_string(++jobs_), Amount(has / 100 * percent)));
    }
    void offer(const OperationPtr& operation) {
        const auto offer = offer_of(chain.state(), chain.rules(), *operation);
        ASSERT_TRUE(offer);
        const Status taken = queue->add(operation, *offer, chain.state());
        l9().on_offered(0, view(), operation, taken);
    }
    // As if it were taken unseen.
    void take(const OperationPtr& operation) {
        auto offer = offer_of(chain.state(), chain.rules(), *operation);
        ASSERT_TRUE(offer);
        offer->cost = Amount();
        ASSERT_TRUE(queue->add(operation, *offer, chain.state()));
        l9().on_offered(0, view(), operation, {});
    }

    TestChain chain{aivm::test::served()};
    Watched seen;
    std::optional<Mempool> queue{std::in_place};

private:
    int jobs_ = 0;
};

TEST_F(Funding, WhatASenderCanPayForIsComparedAndSilent) {
    offer(task(60));
    offer(task(30));
    offer(task(60));  // refused
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(l9().checks(), 2U);
}

TEST_F(Funding, AnOperationThatNobodyCanPayForViolatesL9) {
    const OperationPtr poor = chain.by("nobody", submission("job", lux(1)));
    take(poor);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("L9 validator[0] took SubmitTask 1 of")));
}

TEST_F(Funding, MoreThanTheSenderHasInAllViolatesL9) {
    take(task(60));
    take(task(30));
    EXPECT_THAT(seen.reported(), IsEmpty());
    take(task(60));
    EXPECT_EQ(seen.reported().size(), 1U);
}

TEST_F(Funding, WhatLeftTheQueueOrIsPaidHoldsNoMoney) {
    const OperationPtr gone = task(60);
    take(gone);
    queue->remove(*gone);
    const OperationPtr paid = task(60);
    take(paid);
    chain.block({paid});
    take(task(60));  // of the rest
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(l9().checks(), 3U);
}

TEST_F(Funding, ANodeThatLostItsQueueBeginsAgain) {
    take(task(60));
    l9().on_queue_lost(0);
    queue.emplace();
    take(task(60));
    EXPECT_THAT(seen.reported(), IsEmpty());
}

TEST_F(Funding, WhatCostsNothingMayWait) {
    take(chain.by("nobody", op::ClaimRewards{"p-1"}));
    EXPECT_EQ(l9().checks(), 0U);
}

}  // namespace
}  // namespace aivm::sim::test
