#include "scenarios/campaign/trace_key.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "scenarios/campaign/campaign_seeds.h"

namespace aivm::scenarios {
namespace {

using Actions = std::vector<std::string>;

TEST(TraceKey, NumbersAndHashesDoNotCount) {
    EXPECT_EQ(normalised("provider[7] withdrew 1000 LUX at block 101"),
              "provider[#] withdrew # LUX at block #");
    EXPECT_EQ(normalised("block 3f9a2c71 and block 00ffee12 differ"), "block # and block # differ");
    EXPECT_EQ(normalised("block 74142144 and block 00ffee12 differ"), "block # and block # differ");
    EXPECT_EQ(normalised("the facade decided"), "the facade decided");
    EXPECT_EQ(normalised(""), "");
}

TEST(TraceKey, TheSameActionsOfOtherIdentitiesAreOneTrace) {
    const Actions a{"provider[7] posts a wrong result for task 2"};
    const Actions b{"provider[1] posts a wrong result for task 312"};
    EXPECT_EQ(trace_key("E3", "x", a), trace_key("E3", "y", b));
    EXPECT_NE(trace_key("E3", "x", a), trace_key("E8", "x", a));
    EXPECT_NE(trace_key("E3", "x", a), trace_key("E3", "x", Actions{"provider[7] deregisters"}));
}

TEST(TraceKey, TheOrderOfActionsDoesNotCount) {
    const Actions a{"provider[7] deregisters", "provider[7] posts a wrong result for task 2"};
    const Actions b{a[1], a[0]};
    EXPECT_EQ(trace_key("E3", "x", a), trace_key("E3", "x", b));
    EXPECT_NE(trace_key("E3", "x", a), trace_key("E3", "x", Actions{a[0], a[0]}));
}

TEST(TraceKey, WithoutActionsTheMessageDecides) {
    EXPECT_EQ(trace_key("S1", "fork at 3", {}), trace_key("S1", "fork at 99", {}));
    EXPECT_NE(trace_key("S1", "fork at 3", {}), trace_key("S1", "no fork", {}));
}

TEST(CampaignSeeds, NoSeedIsUsedTwiceAndCampaignsDiffer) {
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < 100'000; ++i)
        EXPECT_TRUE(seen.insert(seed_of_run(42, i)).second) << i;
    EXPECT_FALSE(seen.contains(seed_of_run(43, 0)));
}

}  // namespace
}  // namespace aivm::scenarios
