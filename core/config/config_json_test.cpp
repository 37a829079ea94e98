// The published configuration as JSON.
#include "core/config/config_json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace aivm {
namespace {

std::string refusal(std::string_view text) {
    const auto config = config_from_json(text);
    if (config) return "";
    EXPECT_EQ(config.error().code, ErrorCode::kConfig);
    return config.error().context;
}

TEST(ConfigJson, WritesThePublishedTagsInThePublishedOrder) {
    EXPECT_EQ(to_json(Config{}), R"({
  "maxProvidersPerNode": 100,
  "maxTasksPerProvider": 10,
  "hostChainID": "primary",
  "verificationMode": 0,
  "challengeWindowBlocks": 100,
  "redundancyFactor": 3,
  "minProviderBond": 1000000000000,
  "requireTEEAttestation": false,
  "minTrustScore": 50,
  "attestationTimeout": "30s",
  "maxTaskQueueSize": 1000,
  "taskTimeout": "5m",
  "baseReward": 1000000000,
  "epochDuration": "1h",
  "merkleAnchorFreq": 100
})");
}

TEST(ConfigJson, ReadsBackBothDefaultConfigurations) {
    for (const Config& config : {Config{}, default_permissioned_config()}) {
        const auto read = config_from_json(to_json(config));
        ASSERT_TRUE(read.has_value());
        EXPECT_EQ(*read, config);
    }
}

TEST(ConfigJson, AMissingKeyHasItsDefault) {
    EXPECT_EQ(*config_from_json("{}"), Config{});
    Config expected;
    expected.verification_mode = VerificationMode::kRedundant;
    expected.task_timeout_ns = 90'000'000'000;
    EXPECT_EQ(*config_from_json(R"({"verificationMode": 1, "taskTimeout": "1m30s"})"), expected);
}

TEST(ConfigJson, NamesTheKeyThatIsUnknownRepeatedOrHasABadValue) {
    EXPECT_EQ(refusal(R"({"minProviderBnd": 1})"), "unknown key \"minProviderBnd\"");
    EXPECT_EQ(refusal(R"({"baseReward": 1, "baseReward": 2})"),
              "the key \"baseReward\" is there twice");
    EXPECT_EQ(refusal(R"({"minTrustScore": 101})"), "minTrustScore is 101; it must be 0 to 100");
    EXPECT_EQ(refusal(R"({"minTrustScore": 256})"),
              "minTrustScore is 256; it must be a whole number from 0 to 255");
    EXPECT_EQ(refusal(R"({"verificationMode": 3})"),
              "verificationMode is 3; it must be 0 (optimistic), 1 (redundant) or 2 (TEE)");
    EXPECT_EQ(refusal(R"({"taskTimeout": 5})"),
              "taskTimeout is 5; it must be a duration such as \"30s\", \"5m\" or \"1h\"");
    EXPECT_EQ(refusal(R"({"requireTEEAttestation": "yes"})"),
              "requireTEEAttestation is \"yes\"; it must be true or false");
    EXPECT_EQ(refusal(R"({"hostChainID": null})"), "hostChainID is null; it must be a string");
    for (const char* text :
         {R"({"baseReward": -1})", R"({"baseReward": 1.5})", R"({"baseReward": "1"})",
          R"({"baseReward": 18446744073709551616})", R"({"baseReward": {}})"}) {
        EXPECT_EQ(refusal(text).rfind("baseReward is ", 0), 0u) << text;
    }
}

TEST(ConfigJson, NamesThePlaceWhereTextIsNoJsonObject) {
    EXPECT_EQ(refusal("{\"a\" 1}"), "not JSON at byte 6");
    EXPECT_EQ(refusal("[]"), "a configuration is a JSON object, {...}");
    EXPECT_NE(refusal(""), "");
    EXPECT_NE(refusal("{} {}"), "");
    EXPECT_NE(refusal("{\"hostChainID\": \"\xff\"}"), "");
}

TEST(ConfigJson, ReadsDurationsAsThePublishedConfigurationWritesThem) {
    EXPECT_EQ(*parse_duration("30s"), 30'000'000'000u);
    EXPECT_EQ(*parse_duration("1h30m"), 5'400'000'000'000u);
    EXPECT_EQ(*parse_duration("1.5s"), 1'500'000'000u);
    EXPECT_EQ(*parse_duration("250ms"), 250'000'000u);
    EXPECT_EQ(*parse_duration("0.000000001s"), 1u);
    EXPECT_EQ(*parse_duration("7ns"), 7u);
    for (const char* bad : {"", "s", "5", "5 m", "-5m", "5x", "1.s", ".5s", "5m3",
                            "18446744073709551616ns", "9999999999h", "1.0000000000s"}) {
        EXPECT_FALSE(parse_duration(bad)) << bad;
    }
}

RC_GTEST_PROP(ConfigJson, ReadsBackEveryDurationItPrints, (std::uint64_t nanoseconds)) {
    RC_ASSERT(*parse_duration(print_duration(nanoseconds)) == nanoseconds);
}

RC_GTEST_PROP(ConfigJson, ReadsAnyTextOrRefusesIt, (const std::string& text)) {
    const auto config = config_from_json(text);
    if (!config) return;
    RC_ASSERT(*config_from_json(to_json(*config)) == *config);
}

}  // namespace
}  // namespace aivm
