#include "scenarios/profiles/latency.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>

namespace aivm::scenarios {
namespace {

std::vector<std::uint32_t> counts_of(const LatencyProfile& profile, std::uint32_t nodes) {
    std::vector<std::uint32_t> counts(profile.regions.size(), 0);
    for (const auto region : assign_regions(profile, nodes)) ++counts.at(region);
    return counts;
}

TEST(LatencyProfiles, EveryProfileNamesItsSourceAndHasPositiveDelays) {
    for (const auto& profile : latency_profiles()) {
        EXPECT_EQ(find_latency_profile(profile.name), &profile);
        EXPECT_FALSE(profile.source.empty());
        for (const auto mean : profile.mean_one_way_ns) EXPECT_GT(mean, 0U) << profile.name;
    }
    EXPECT_EQ(find_latency_profile("mars"), nullptr);
}

TEST(LatencyProfiles, TheSixRegionsHaveThePublishedMeans) {
    const auto& six = *find_latency_profile("six-region-2019");
    EXPECT_EQ(six.mean_ns(0, 0), 32'000'000U);
    EXPECT_EQ(six.mean_ns(2, 3), 325'000'000U);
    for (std::size_t i = 0; i < 6; ++i)
        for (std::size_t j = 0; j < 6; ++j) EXPECT_EQ(six.mean_ns(i, j), six.mean_ns(j, i));
}

TEST(LatencyProfiles, TheTenCitiesHaveHalfThePublishedRoundTrips) {
    const auto& ten = *find_latency_profile("ten-city-2024");
    EXPECT_EQ(ten.mean_ns(3, 4), 6'000'000U) << "Frankfurt to London: 12 ms there and back";
    EXPECT_EQ(ten.mean_ns(7, 9), 164'500'000U) << "Sydney to Sao Paulo";
    EXPECT_EQ(ten.mean_ns(2, 2), 425'000U) << "between the zones of Washington: 0.85 ms";
}

TEST(LatencyProfiles, TheNetworkGetsTheSameMeans) {
    for (const auto& profile : latency_profiles()) {
        const auto table = latency_table(profile);
        ASSERT_EQ(table.regions, profile.regions.size());
        for (std::uint32_t from = 0; from < table.regions; ++from) {
            for (std::uint32_t to = 0; to < table.regions; ++to) {
                EXPECT_EQ(table.mean(from, to), profile.mean_ns(from, to));
            }
        }
    }
}

TEST(RegionAssignment, TwentyOneValidatorsAreSpreadByShareWithOneInEveryRegion) {
    EXPECT_EQ(counts_of(*find_latency_profile("six-region-2019"), 21),
              (std::vector<std::uint32_t>{6, 10, 1, 2, 1, 1}));
    EXPECT_EQ(counts_of(*find_latency_profile("ten-city-2024"), 21),
              (std::vector<std::uint32_t>{3, 2, 2, 2, 2, 2, 2, 2, 2, 2}));
    EXPECT_EQ(counts_of(*find_latency_profile("lan"), 21), (std::vector<std::uint32_t>{21}));
}

TEST(RegionAssignment, FewerNodesThanRegionsGoToTheLargestRegionsOneEach) {
    const auto& six = *find_latency_profile("six-region-2019");
    EXPECT_EQ(counts_of(six, 0), (std::vector<std::uint32_t>{0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(counts_of(six, 1), (std::vector<std::uint32_t>{0, 1, 0, 0, 0, 0}));
    EXPECT_EQ(counts_of(six, 3), (std::vector<std::uint32_t>{1, 1, 0, 1, 0, 0}));
    EXPECT_EQ(counts_of(six, 6), (std::vector<std::uint32_t>{1, 1, 1, 1, 1, 1}));
}

TEST(RegionAssignment, ALargeNetworkKeepsToTheShares) {
    EXPECT_EQ(counts_of(*find_latency_profile("six-region-2019"), 10'000),
              (std::vector<std::uint32_t>{3316, 4998, 90, 1177, 224, 195}));
}

TEST(RegionAssignment, EveryNodeGetsOneRegionAndEveryRegionANode) {
    EXPECT_TRUE(rc::check("assign", [] {
        const auto nodes = *rc::gen::inRange<std::uint32_t>(1, 500);
        for (const auto& profile : latency_profiles()) {
            const auto counts = counts_of(profile, nodes);
            RC_ASSERT(std::accumulate(counts.begin(), counts.end(), 0U) == nodes);
            if (nodes >= counts.size())
                RC_ASSERT(*std::min_element(counts.begin(), counts.end()) >= 1U);
        }
    }));
}

TEST(RegionAssignment, TheFirstNodesAreSpreadToo) {
    const auto regions = assign_regions(*find_latency_profile("six-region-2019"), 100);
    const auto among_first_ten = std::count(regions.begin(), regions.begin() + 10, 1U);
    EXPECT_EQ(among_first_ten, 5) << "half of all nodes are in EU, so half of any stretch are";
}

}  // namespace
}  // namespace aivm::scenarios
