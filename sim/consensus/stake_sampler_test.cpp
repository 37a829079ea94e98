#include "sim/consensus/stake_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sim/consensus/proposer_schedule.h"
#include "sim/consensus/stake.h"
#include "sim/engine/random_stream.h"

namespace aivm::sim {
namespace {

TEST(StakeSampler, D46TheFirstAndSecondDrawFollowTheStakesExactly) {
    const std::vector<std::uint64_t> stakes{1, 2, 3, 4, 0};
    StakeSampler sampler(stakes);
    RandomStream random({42, 0, 0});
    const auto below = [&](std::uint64_t n) { return random.below(n); };
    constexpr int kDraws = 200'000;
    std::vector<std::vector<int>> seen(5, std::vector<int>(5));
    std::vector<VoterIndex> out;
    for (int i = 0; i < kDraws; ++i) {
        sampler.sample(2, std::nullopt, below, out);
        ++seen[out[0]][out[1]];
    }
    for (std::size_t first = 0; first < 5; ++first) {
        for (std::size_t second = 0; second < 5; ++second) {
            const double p = first == second ? 0
                                             : static_cast<double>(stakes[first]) / 10 *
                                                   static_cast<double>(stakes[second]) /
                                                   static_cast<double>(10 - stakes[first]);
            // Five standard deviations of a count are below 5 * sqrt(n / 4) = 1118.
            EXPECT_NEAR(seen[first][second], p * kDraws, 5 * std::max(1.0, 224.0 * p + 60.0));
        }
    }
}

TEST(StakeSampler, S24ExcludesTheAskerRepeatsNobodyAndLeavesNoTrace) {
    std::vector<std::uint64_t> stakes;
    for (std::uint64_t i = 0; i < 1000; ++i) stakes.push_back(i % 7 == 0 ? 0 : i * i + 1);
    StakeSampler sampler(stakes);
    const std::uint64_t total = sampler.total();
    RandomStream random({3, 0, 0});
    std::vector<VoterIndex> out;
    for (VoterIndex self = 0; self < 1000; self += 13) {
        sampler.sample(20, self, [&](std::uint64_t n) { return random.below(n); }, out);
        EXPECT_EQ(std::set<VoterIndex>(out.begin(), out.end()).size(), 20U);
        for (const VoterIndex each : out) {
            EXPECT_NE(each, self);
            EXPECT_NE(stakes[each], 0U);
        }
        EXPECT_EQ(sampler.total(), total);
    }
}

TEST(StakeSampler, ReturnsAllWhenMoreAreAskedForThanHaveStake) {
    StakeSampler sampler(std::vector<std::uint64_t>{5, 0, 5, 5});
    std::vector<VoterIndex> out;
    sampler.sample(10, 0, [](std::uint64_t) { return 0; }, out);
    EXPECT_EQ(out, (std::vector<VoterIndex>{2, 3}));
}

// Draws from a list of what is left of each stake.
class PlainSampler {
public:
    explicit PlainSampler(std::vector<std::uint64_t> stakes) : left_(std::move(stakes)) {}

    void leave_out(VoterIndex voter) { left_[voter] = 0; }
    VoterIndex draw_unit(RandomStream& random) {
        const VoterIndex owner = owner_of_draw(random);
        --left_[owner];
        return owner;
    }
    VoterIndex draw_validator(RandomStream& random) {
        const VoterIndex owner = owner_of_draw(random);
        left_[owner] = 0;
        return owner;
    }

private:
    VoterIndex owner_of_draw(RandomStream& random) {
        std::uint64_t sum = 0;
        for (const std::uint64_t each : left_) sum += each;
        std::uint64_t point = random.below(sum);
        VoterIndex owner = 0;
        while (point >= left_[owner]) point -= left_[owner++];
        return owner;
    }

    std::vector<std::uint64_t> left_;
};

TEST(StakeSampler, DrawsWhatAPlainListDraws) {
    std::vector<std::vector<std::uint64_t>> cases{
        {1, 1, 1}, {0, 3, 0, 2, 1, 0}, {9, 1, 1, 1, 1, 1}, std::vector<std::uint64_t>(40, 1)};
    cases.emplace_back();
    for (std::uint64_t i = 0; i < 300; ++i)
        cases.back().push_back(i % 5 == 0 ? 0 : 1 + (i << i % 40));
    for (const auto& stakes : cases) {
        StakeSampler sampler(stakes);
        RandomStream one({7, 0, 0});
        RandomStream other({7, 0, 0});
        const auto below = [&](std::uint64_t bound) { return one.below(bound); };
        const auto size = static_cast<VoterIndex>(stakes.size());
        for (VoterIndex self = 0; self < size; ++self) {
            std::vector<VoterIndex> distinct;
            sampler.sample(12, self, below, distinct);
            PlainSampler of_validators(stakes);
            of_validators.leave_out(self);
            for (const VoterIndex each : distinct)
                ASSERT_EQ(each, of_validators.draw_validator(other));

            std::vector<Drawn> units;
            sampler.sample_units(12, self, below, units);
            PlainSampler of_units(stakes);
            of_units.leave_out(self);
            std::vector<Drawn> expected;
            std::uint32_t drawn = 0;
            for (const Drawn& each : units) drawn += each.times;
            for (std::uint32_t i = 0; i < drawn; ++i) {
                const VoterIndex owner = of_units.draw_unit(other);
                const auto known = std::ranges::find(expected, owner, &Drawn::voter);
                if (known == expected.end()) {
                    expected.push_back({owner, 1});
                } else {
                    ++known->times;
                }
            }
            ASSERT_EQ(units, expected);
        }
    }
}

TEST(Stake, HalfIsNotMoreThanHalfAndNothingOverflows) {
    const std::uint64_t most = ~std::uint64_t{0};
    EXPECT_FALSE(more_than_half(5, 10));
    EXPECT_TRUE(more_than_half(6, 10));
    EXPECT_TRUE(more_than_half(6, 11));
    EXPECT_FALSE(more_than_half(5, 11));
    EXPECT_TRUE(more_than_half(most, most));
    EXPECT_FALSE(more_than_half(most / 2, most));
    EXPECT_FALSE(total_stake(std::vector<std::uint64_t>{most, 1}).has_value());
    EXPECT_FALSE(total_stake(std::vector<std::uint64_t>{0, 0}).has_value());
    EXPECT_EQ(total_stake(std::vector<std::uint64_t>{most - 1, 1}).value(), most);
}

TEST(ProposerSchedule, IsAFunctionOfTheSlotAndChangesWithEachPartOfIt) {
    const std::vector<std::uint64_t> stakes(21, 10);
    const ProposerSlot slot{7, Hash32{}, 5};
    const auto order = [&](const ProposerSlot& s) {
        const ProposerSchedule schedule(stakes, s, 21);
        return std::vector<VoterIndex>(schedule.order().begin(), schedule.order().end());
    };
    EXPECT_EQ(order(slot), order(slot));
    EXPECT_NE(order(slot), order({8, Hash32{}, 5}));
    EXPECT_NE(order(slot), order({7, Hash32{}, 6}));
    Hash32 other;
    other.bytes[31] = 1;
    EXPECT_NE(order(slot), order({7, other, 5}));
    const auto full = order(slot);
    EXPECT_EQ(std::set<VoterIndex>(full.begin(), full.end()).size(), 21U);
}

TEST(ProposerSchedule, IsTheSameWhenItIsRememberedAndWhenItIsMadeAgain) {
    std::vector<std::uint64_t> stakes = {5, 1, 9, 3, 3, 7};
    const auto order = [&](Height height, std::uint32_t count) {
        const ProposerSchedule schedule(stakes, {1, Hash32{}, height}, count);
        return std::vector<VoterIndex>(schedule.order().begin(), schedule.order().end());
    };
    std::vector<std::vector<VoterIndex>> first;
    for (Height height = 0; height < 40; ++height) {
        first.push_back(order(height, 4));
        EXPECT_EQ(order(height, 4), first.back());
    }
    for (Height height = 0; height < 40; ++height) EXPECT_EQ(order(height, 4), first[height]);
    EXPECT_EQ(order(39, 2).size(), 2U);
    stakes.assign(6, 0);
    stakes[2] = 1;
    EXPECT_EQ(order(39, 4), std::vector<VoterIndex>{2}) << "other stakes, another schedule";
}

TEST(ProposerSchedule, WindowsOpenOneAfterTheOtherAndThenForEverybody) {
    const ProposerSchedule schedule(std::vector<std::uint64_t>(10, 1), {1, Hash32{}, 1}, 3);
    ASSERT_EQ(schedule.order().size(), 3U);
    EXPECT_EQ(schedule.window_of(schedule.order()[2]), 2U);
    EXPECT_EQ(schedule.delay_ns(schedule.order()[0], 100), 0U);
    EXPECT_EQ(schedule.delay_ns(schedule.order()[2], 100), 200U);
    for (VoterIndex node = 0; node < 10; ++node) {
        const auto window = schedule.window_of(node);
        EXPECT_EQ(schedule.delay_ns(node, 100), window ? *window * 100U : 300U);
    }
}

TEST(ProposerSchedule, TheFirstPlaceFollowsTheStake) {
    const std::vector<std::uint64_t> stakes{10, 30, 60};
    std::vector<int> first(3);
    for (Height height = 0; height < 10'000; ++height) {
        ++first[ProposerSchedule(stakes, {1, Hash32{}, height}, 1).order()[0]];
    }
    EXPECT_NEAR(first[0], 1000, 150);
    EXPECT_NEAR(first[1], 3000, 230);
    EXPECT_NEAR(first[2], 6000, 245);
}

}  // namespace
}  // namespace aivm::sim
