#include "sim/actors/epoch_stakes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aivm::sim {
namespace {

using testing::ElementsAre;

State of_epoch(std::uint64_t epoch, const std::vector<std::uint64_t>& stakes) {
    State out;
    out.head.epoch = epoch;
    for (const std::uint64_t stake : stakes) {
        Validator validator;
        validator.active = stake != 0;
        validator.stake = Amount(stake);
        out.validators.push_back(std::move(validator));
    }
    return out;
}

TEST(EpochStakes, StartWithTheStakesOfTheEpochOfTheState) {
    const SharedStakes genesis = share_stakes({5, 5});
    EXPECT_THAT(EpochStakes().start(genesis, of_epoch(0, {7, 7})).stakes, ElementsAre(5, 5));
    const EpochBegun later = EpochStakes().start(genesis, of_epoch(3, {7, 0}));
    EXPECT_EQ(later.epoch, 3U);
    EXPECT_THAT(later.stakes, ElementsAre(7, 0));
}

TEST(EpochStakes, TellEveryNewEpochOnceAlsoWhenTheStakesAreTheSame) {
    EpochStakes stakes;
    (void)stakes.start(share_stakes({5, 5}), of_epoch(0, {5, 5}));
    EXPECT_FALSE(stakes.advance(of_epoch(0, {5, 5})));
    const auto same = stakes.advance(of_epoch(1, {5, 5}));
    ASSERT_TRUE(same) << "a certificate would name the epoch before";
    EXPECT_EQ(same->epoch, 1U);
    EXPECT_THAT(same->stakes, ElementsAre(5, 5));
    EXPECT_FALSE(stakes.advance(of_epoch(1, {5, 5})));
    EXPECT_THAT(stakes.advance(of_epoch(2, {5, 0, 9}))->stakes, ElementsAre(5, 0))
        << "who joined after the start takes no part";
    EXPECT_THAT(stakes.stakes(), ElementsAre(5, 0));
}

}  // namespace
}  // namespace aivm::sim
