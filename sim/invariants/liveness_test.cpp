#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_chain.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::TestChain;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Liveness, WorkThatIsNotFinalAtTheEndIsCounted) {
    TestChain chain;
    Watched seen;
    seen.watch.settings.workload.tasks = 5;
    seen.watch.time = 90 * kSecond;
    Executed block = *chain.genesis();
    block.state.head.totals.tasks_completed = 2;
    block.state.head.totals.tasks_failed = 1;
    seen.of("L1").on_chain(block, chain.state());
    seen.of("L1").at_end();
    EXPECT_THAT(seen.reported(), ElementsAre("L1 2 of 5 tasks were not final after 90 s"));
    EXPECT_TRUE(seen.of("L1").info().liveness);
    block.state.head.totals.tasks_completed = 4;
    seen.of("L1").on_chain(block, chain.state());
    seen.of("L1").at_end();
    EXPECT_EQ(seen.reported().size(), 1U);
}

TEST(Liveness, AMinorityThatFinalisesByItsOwnPollsIsNamed) {
    TestChain chain;
    Watched seen;
    Invariant& l6 = seen.of("L6");
    const ExecutedPtr block = chain.build({}).executed;
    seen.watch.time = 100 * kSecond;
    seen.watch.alone = {2};
    l6.on_faults_changed();
    l6.before_accept(2, chain.vm(), block, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "answers in flight may still finish a poll";
    seen.watch.time = 200 * kSecond;
    l6.before_accept(1, chain.vm(), block, AcceptedBy::kPolls);
    l6.before_accept(2, chain.vm(), block, AcceptedBy::kBootstrap);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "the others, and what was decided elsewhere";
    l6.before_accept(2, chain.vm(), block, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(),
                ElementsAre("L6 validator[2] finalised a block by polls while cut off"));
}

TEST(Liveness, ValidatorsThatEndFarApartDidNotConverge) {
    TestChain low;
    TestChain high;
    high.advance(3);
    Watched seen;
    seen.watch.settings.chain.validators = 3;
    seen.watch.vms = {{0, &low.vm()}, {2, &high.vm()}};  // the second one is down
    seen.of("L6").at_end();
    EXPECT_THAT(seen.reported(), IsEmpty()) << "the newest blocks are on their way";
    high.advance(1);
    seen.of("L6").at_end();
    EXPECT_THAT(seen.reported(),
                ElementsAre("L6 validators ended at heights 0 to 4 and did not converge"));
}

}  // namespace
}  // namespace aivm::sim::test
