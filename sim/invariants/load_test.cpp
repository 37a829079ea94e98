#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_chain.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::TestChain;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Loads : public ::testing::Test {
protected:
    Loads() {
        seen.watch.settings.chain.validators = 2;
        seen.watch.vms = {{0, &chain.vm()}, {1, &chain.vm()}};
    }
    // Ten seconds, in which the validators send each other this many messages.
    void sample(std::string_view id, std::uint64_t messages) {
        seen.watch.time += 10 * kSecond;
        seen.watch.known_load.validator_messages += messages;
        seen.of(id).on_sample();
    }

    TestChain chain;
    Watched seen;
};

TEST_F(Loads, MessagesOfAnIdleChainBeyondProbesViolateQuietWhenIdle) {
    ASSERT_FALSE(chain.vm().wants_block());
    sample("L5", 1000);
    sample("L5", 1000);  // nothing to do from here on, but polls may still end
    EXPECT_THAT(seen.reported(), IsEmpty());
    sample("L5", 1000);
    ASSERT_THAT(seen.reported(), ElementsAre(HasSubstr("L5 1000 messages between validators")));
    sample("L5", 16);
    EXPECT_EQ(seen.reported().size(), 1U) << "two nodes, a probe and an answer each, twice";
    EXPECT_TRUE(seen.watch.violations[0].liveness);
}

TEST_F(Loads, AChainThatDoesSomethingIsNotIdle) {
    sample("L5", 0);
    seen.of("L5").on_verified(0, chain.vm(), chain.build({}).executed);
    sample("L5", 1000);
    sample("L5", 1000);  // the first whole interval since then
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(seen.of("L5").checks(), 0U);
    seen.watch.vms.erase(1);
    sample("L5", 1000);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "a node is down";
}

TEST_F(Loads, TimersAndStepsBeyondAllMeasureViolateLoadIsBounded) {
    sample("L7", 0);
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_GT(seen.of("L7").checks(), 0U);
    seen.watch.known_load.timers_max = 100'000'000;
    seen.watch.known_load.timers_of = 3;
    sample("L7", 0);
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("L7 validator[3] has 100000000 timers set")));
    seen.watch.known_load.timers_max = 0;
    seen.watch.known_load.step_max = 100'000'000;
    seen.watch.known_load.step_of = 1;
    sample("L7", 0);
    EXPECT_THAT(seen.reported().back(), HasSubstr("one event made validator[1] send or set"));
}

TEST_F(Loads, PendingEventsBeyondAllMeasureViolateLoadIsBounded) {
    seen.watch.known_load.events_pending = 1'000'000;
    sample("L7", 0);
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.watch.known_load.events_pending = 1'000'000'000'000;
    sample("L7", 0);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("L7 1000000000000 events are pending")));
}

}  // namespace
}  // namespace aivm::sim::test
