// The table of directed links as a scenario file describes it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/file/latencies.h"
#include "scenarios/testing/test_scenarios.h"

namespace aivm::scenarios {
namespace {

using testing::HasSubstr;

std::string with_links(const std::string& more) {
    return "name = \"t\"\n[[provider]]\nname = \"p\"\n" + more;
}

TEST(Links, ALatencyIsAProfileOrADurationOrLeftToTheLinks) {
    const auto resolved = [](const std::string& network) {
        return resolve_latencies(loaded(with_links("[network]\n" + network))).value();
    };
    const Latencies number = resolved("latency = \"50 ms\"");
    EXPECT_EQ(number.network.mean_ns, std::vector<std::uint64_t>{50'000'000});
    EXPECT_TRUE(number.network.is_exact);
    EXPECT_EQ(number.region_names, std::vector<std::string>{"everywhere"});
    EXPECT_EQ(number.validator_regions.size(), 21U);
    const Latencies profile = resolved("latency = \"lan\"");
    EXPECT_FALSE(profile.network.is_exact);
    EXPECT_EQ(resolved("latency = \"0ms\"").network.mean_ns, std::vector<std::uint64_t>{0});
}

TEST(Links, TheLatencyThatCannotBeReadIsReportedAtItsPlace) {
    EXPECT_THAT(errors_of(with_links("[network]\nlatency = \"moon\"\n")),
                HasSubstr("t.toml:5:1: error: there is no latency profile \"moon\""));
    EXPECT_THAT(errors_of(with_links("[network]\nlatency = \"5 parsecs\"\n")),
                HasSubstr("\"5 parsecs\" is not a duration"));
    EXPECT_THAT(errors_of(with_links("[network]\nlatency = \"300d\"\n")),
                HasSubstr("\"300d\" is out of range"));
}

TEST(Links, OverrideTheNetworkForNamedEnds) {
    const auto scenario = loaded(with_links(R"(
[[link]]
from = ["AP", "provider"]
to_validators = [0, 1]
both_ways = true
latency = "80ms"
loss = "5%"
queue = 4096
[[link]]
bandwidth = "1 Mbit/s"
)"));
    ASSERT_EQ(scenario.links.size(), 2U);
    EXPECT_EQ(scenario.links[0].from, (std::vector<std::string>{"AP", "provider"}));
    EXPECT_EQ(scenario.links[0].to_validators, (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(scenario.links[0].latency, "80ms");
    EXPECT_EQ(scenario.links[0].loss_ppm, 50'000U);
    EXPECT_EQ(scenario.links[0].queue_bytes, 4096U);
    EXPECT_FALSE(scenario.links[0].bandwidth_bps);
    EXPECT_EQ(scenario.links[1].bandwidth_bps, 1'000'000U);
    EXPECT_TRUE(scenario.links[1].from.empty());
    const auto latencies = resolve_latencies(scenario);
    ASSERT_TRUE(latencies);
    EXPECT_EQ(latencies->links[0]->mean(0, 5), 80'000'000U);
    EXPECT_FALSE(latencies->links[1]);
}

TEST(Links, AHoleInTheLatencyTableIsOneErrorThatNamesTheTwo) {
    const std::string by_links = "[network]\nlatency = \"none\"\n[[link]]\n";
    EXPECT_EQ(errors_of(with_links(by_links + "latency = \"10ms\"\n")), "");
    const std::string hole =
        errors_of(with_links(by_links + "from = [\"validator\"]\nlatency = \"10ms\"\n"));
    EXPECT_THAT(hole, HasSubstr("t.toml:5:1: error: the latency table has a hole: no [[link]] says "
                                "how long messages take from provider[0] to validator[0]"));
    EXPECT_EQ(hole.find("error", hole.find("error") + 1), std::string::npos) << hole;
    EXPECT_EQ(
        errors_of(with_links(by_links + "from = [\"validator\"]\nboth_ways = true\n"
                                        "latency = \"10ms\"\n[[link]]\nfrom = [\"provider\"]\n"
                                        "to = [\"requester\"]\nlatency = \"10ms\"\n"))
                .find("hole") == std::string::npos,
        false)
        << "requesters among each other";
}

TEST(Links, AProfileWithOtherRegionsHasHoles) {
    EXPECT_THAT(errors_of(with_links("[[link]]\nlatency = \"ten-city-2024\"\n")),
                HasSubstr("t.toml:5:1: error: the latency profile \"ten-city-2024\" has holes"));
    EXPECT_EQ(errors_of(with_links("[[link]]\nlatency = \"six-region-2019\"\n")), "");
}

TEST(Links, EndsThatNobodyHasAndLinksThatSayNothingAreErrors) {
    EXPECT_THAT(errors_of(with_links("[[link]]\nfrom = [\"moon\"]\nloss = \"1%\"\n")),
                HasSubstr("t.toml:5:1: error: \"moon\" is no group, role, region or validator"));
    EXPECT_THAT(errors_of(with_links("[[link]]\nto_validators = [21]\nloss = \"1%\"\n")),
                HasSubstr("t.toml:5:1: error: there is no validator 21"));
    EXPECT_THAT(errors_of(with_links("[[link]]\nfrom = [\"NA\"]\n")),
                HasSubstr("t.toml:5:1: error: the link overrides nothing"));
    EXPECT_THAT(errors_of(with_links("[[link]]\n")),
                HasSubstr("t.toml:4:1: error: the link overrides nothing"));
    EXPECT_THAT(errors_of("name = \"t\"\n[[provider]]\nname = \"p\"\n[run]\nfidelity = "
                          "\"economic\"\n[[link]]\nloss = \"1%\"\n"),
                HasSubstr("there are no links"));
}

TEST(Links, AreSetFromOutsideByPosition) {
    const std::vector<Override> overrides = {*parse_override("link.0.loss=2%"),
                                             *parse_override("fault.0.groups=1,2|3")};
    const auto result = load_scenario_text(
        with_links("[[link]]\nloss = \"1%\"\n[[fault]]\nkind = \"partition\"\nat = "
                   "\"1m\"\nduration = \"1m\"\nvalidators = []\ngroups = [[0]]\n"),
        "t.toml", overrides);
    ASSERT_TRUE(result) << to_text(result.error());
    EXPECT_EQ(result->scenario.links[0].loss_ppm, 20'000U);
    EXPECT_EQ(result->scenario.faults[0].groups,
              (std::vector<std::vector<std::string>>{{"1", "2"}, {"3"}}));
}

}  // namespace
}  // namespace aivm::scenarios
