#include "scenarios/file/recorded.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/file/print.h"
#include "scenarios/testing/test_scenarios.h"

namespace aivm::scenarios {
namespace {

using testing::HasSubstr;

Recorded some() {
    return {~std::uint64_t{0},
            "S1",
            "9f3c",
            "0.1.0",
            false,
            true,
            {{{sim::ChoiceKind::kMessageLoss, 3, 17}, 1},
             {{sim::ChoiceKind::kSwarmStrength, 4, 0}, 5}}};
}

TEST(Recorded, AScenarioFileCarriesTheSeedAndTheChoicesOfARun) {
    const auto file = load_scenario_text(with_provider("") + recorded_text(some()), "t.toml");
    ASSERT_TRUE(file) << to_text(file.error());
    ASSERT_TRUE(file->recorded.has_value());
    EXPECT_EQ(file->recorded->seed, some().seed);
    EXPECT_EQ(file->recorded->violates, "S1");
    EXPECT_EQ(file->recorded->choices, some().choices);
    EXPECT_TRUE(file->recorded->has_choices);
    EXPECT_FALSE(file->recorded->paranoid);
    Recorded checked = some();
    checked.paranoid = true;
    EXPECT_TRUE(load_scenario_text(with_provider("") + recorded_text(checked), "t.toml")
                    ->recorded->paranoid);
    const auto without = load_scenario_text(with_provider(""), "t.toml");
    EXPECT_FALSE(without->recorded.has_value());
    const auto drawn =
        load_scenario_text(with_provider("") + "[recorded]\nseed = \"3\"\n", "t.toml");
    ASSERT_TRUE(drawn) << to_text(drawn.error());
    EXPECT_EQ(drawn->recorded->seed, 3U);
    EXPECT_FALSE(drawn->recorded->has_choices);
}

TEST(Recorded, EveryKindOfChoiceHasAWordOfItsOwn) {
    for (std::size_t kind = 0; kind < sim::kChoiceKinds; ++kind) {
        const sim::ChoiceAnswer choice{{static_cast<sim::ChoiceKind>(kind), 7, 8}, 9};
        const auto read = parse_recorded_choice(choice_text(choice));
        ASSERT_TRUE(read) << choice_text(choice);
        EXPECT_EQ(*read, choice);
    }
}

TEST(Recorded, WhatIsWrongIsNamedWithItsLine) {
    const auto error = [](const std::string& choices) {
        return errors_of(with_provider("") + "[recorded]\nseed = \"1\"\nchoices = [" + choices +
                         "]\n");
    };
    EXPECT_EQ(error("\"message_loss 1 2 3\""), "");
    for (const char* wrong :
         {"\"message_gain 1 2 3\"", "\"message_loss 1 2\"", "\"message_loss 1 2 0\"",
          "\"message_loss 1 2 3 4\"", "\"message_loss 4294967296 2 1\"", "\"\""}) {
        EXPECT_THAT(error(wrong), HasSubstr("is not a recorded choice")) << wrong;
    }
    EXPECT_THAT(error("1"), HasSubstr("a recorded choice is a text, not an integer"));
    EXPECT_THAT(errors_of(with_provider("") + "[recorded]\nseed = \"x\"\n"), HasSubstr("seed"));
    EXPECT_THAT(errors_of(with_provider("") + "[recorded]\nsede = \"1\"\n"), HasSubstr("sede"));
    EXPECT_THAT(errors_of(with_provider("") + "[recorded]\nparanoid = \"x\"\n"),
                HasSubstr("paranoid takes true or false"));
    EXPECT_THAT(errors_of("recorded = 1\n" + with_provider("")), HasSubstr("recorded is a table"));
}

TEST(Recorded, ChoicesBindWhenTheRunAsksForThem) {
    const sim::ChoiceList recorded = some().choices;
    EXPECT_EQ(binding_choices(recorded, recorded), 2U);
    EXPECT_EQ(binding_choices(recorded, {recorded[1]}), 1U);
    EXPECT_EQ(binding_choices(recorded, {}), 0U);
}

TEST(Print, CompactTextLeavesOutDefaultsAndLoadsToTheSameScenario) {
    sim::Scenario scenario = loaded(with_provider("[chain]\nvalidators = 7"));
    const std::string text = compact_text(scenario);
    EXPECT_THAT(text, HasSubstr("validators = 7\n"));
    EXPECT_THAT(text, testing::Not(HasSubstr("max_time")));
    expect_equal(loaded(text), scenario);
    EXPECT_EQ(canonical_text(loaded(text)), canonical_text(scenario));
}

}  // namespace
}  // namespace aivm::scenarios
