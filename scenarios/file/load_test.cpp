#include "scenarios/file/load.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "scenarios/file/source_text.h"
#include "scenarios/testing/test_scenarios.h"

namespace aivm::scenarios {
namespace {

TEST(Load, AScenarioWithOnlyANameAndAProviderHasDefaultsEverywhereElse) {
    const auto scenario = loaded("name = \"tiny\"\n[[provider]]\nname = \"p\"\n");
    sim::Scenario expected;
    expected.name = "tiny";
    expected.actors.push_back({});
    expected.actors[0].role = sim::Role::kProvider;
    expected.actors[0].name = "p";
    expect_equal(scenario, expected);
}

TEST(Load, ValuesCarryTheirUnits) {
    const auto scenario = loaded(R"(
name = "units"
expect = ["E3", "S14"]
[run]
max_time = "3h"
[chain]
consensus = "sequencer"
[network]
loss = "1/100"
bandwidth = "100 Mbit/s"
[tasks]
fee = "0.5 LUX"
[vm]
verification_mode = "redundant"
commit_reveal = false
[[provider]]
name = "p"
speed = "50%"
bond = "1000 LUX"
parameters = { share = "1/4", seen = 3, on = true, wait = "2s", least = "5 LUX", below = -1 }
[[validator]]
name = "v"
count = 2
[[fault]]
kind = "slow_node"
at = "1m"
duration = "30s"
validators = [0, 20]
delay = "500ms"
)");
    EXPECT_EQ(scenario.expected_violations, (std::vector<std::string>{"E3", "S14"}));
    EXPECT_EQ(scenario.chain.consensus, sim::ConsensusKind::kSequencer);
    EXPECT_EQ(scenario.run.max_time_ns, 10'800'000'000'000U);
    EXPECT_EQ(scenario.network.loss_ppm, 10'000U);
    EXPECT_EQ(scenario.network.bandwidth_bps, 100'000'000U);
    EXPECT_EQ(scenario.workload.fee, millilux(500));
    EXPECT_EQ(scenario.vm.config.verification_mode, VerificationMode::kRedundant);
    EXPECT_FALSE(scenario.vm.policy.commit_reveal);
    ASSERT_EQ(scenario.actors.size(), 2U);
    EXPECT_EQ(scenario.actors[0].speed_ppm, 500'000U);
    EXPECT_EQ(scenario.actors[0].parameters, (ParameterTable{{"share", 250'000},
                                                             {"seen", 3},
                                                             {"on", 1},
                                                             {"wait", 2'000'000'000},
                                                             {"least", 5'000'000'000},
                                                             {"below", -1}}));
    EXPECT_EQ(scenario.actors[1].role, sim::Role::kValidator);
    ASSERT_EQ(scenario.faults.size(), 1U);
    EXPECT_EQ(scenario.faults[0].kind, sim::FaultKind::kSlowNode);
    EXPECT_EQ(scenario.faults[0].validators, (std::vector<std::uint32_t>{0, 20}));
    EXPECT_EQ(scenario.faults[0].delay_ns, 500'000'000U);
}

TEST(Load, GroupsComeInTheOrderOfTheirRolesAndThenOfTheFile) {
    const auto scenario = loaded(
        "name = \"t\"\n[[validator]]\nname = \"v\"\n[[provider]]\nname = \"p2\"\n"
        "[[challenger]]\nname = \"c\"\n[[provider]]\nname = \"p1\"\n");
    std::string order;
    for (const auto& group : scenario.actors) order += group.name + " ";
    EXPECT_EQ(order, "p2 p1 c v ");
}

std::string read_golden(const std::string& name) {
    std::ifstream file(AIVM_SOURCE_DIR "/scenarios/file/golden/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
}

// golden/many_errors.expected is the whole of what a user sees: each error with its place, a caret,
// what is wrong and how to correct it. AIVM_UPDATE_EXPECTED=1 rewrites it; review the difference.
TEST(Load, AllErrorsOfAFileAreReportedAtOnceInTheOrderOfTheText) {
    const auto result = load_scenario_text(read_golden("many_errors.toml"), "many_errors.toml");
    ASSERT_FALSE(result);
    const auto text = to_text(result.error());
    if (std::getenv("AIVM_UPDATE_EXPECTED") != nullptr) {
        std::ofstream(AIVM_SOURCE_DIR "/scenarios/file/golden/many_errors.expected") << text;
    }
    EXPECT_EQ(text, read_golden("many_errors.expected"));
}

TEST(Load, CaretsLineUpBehindTabsAndCharactersOfSeveralBytes) {
    EXPECT_EQ(errors_of("name = \"t\"\n[tasks]\n\t\"cöunt\" = 3 # ü\n[[provider]]\nname = \"p\"\n"),
              "t.toml:3:2: error: unknown key \"cöunt\" in [tasks]\n"
              "    3 | \t\"cöunt\" = 3 # ü\n"
              "      | \t^~~~~~~\n"
              "  did you mean \"count\"?\n");
}

TEST(Load, AKeyOfAnEarlierVersionNamesTheOneThatReplacedIt) {
    EXPECT_EQ(errors_of("name = \"t\"\n[vm]\ncount_open_challenges = true\n[[provider]]\n"
                        "name = \"p\"\n"),
              "t.toml:3:1: error: unknown key \"count_open_challenges\" in [vm]\n"
              "    3 | count_open_challenges = true\n"
              "      | ^~~~~~~~~~~~~~~~~~~~~\n"
              "  it is now vm.challenge_escalation: \"per_open\" where it was true, \"per_lost\" "
              "where it was false;\n"
              "  the default is \"none\"\n");
}

TEST(Load, AnEmptyFileSaysWhatEveryScenarioNeeds) {
    EXPECT_EQ(errors_of(""),
              "t.toml: error: the scenario has no name\n"
              "  add name = \"...\": the label of the run in every output\n"
              "t.toml: error: there is no provider, so no task could be done\n"
              "  add a [[provider]] table with a name\n");
}

TEST(Load, TextThatIsNotTomlNamesThePlaceWhereItStops) {
    const auto errors = errors_of("name = \"t\"\n[vm\nslash_bps = 1\n");
    EXPECT_EQ(errors.find("t.toml:2:4: error: not TOML: "), 0U) << errors;
}

TEST(Load, LettersBeyondAsciiOutsideQuotesAreASyntaxError) {
    for (const auto* text : {"chale ü\n", "schlüssel = 1\n", "[größe]\n", "x = ü\n", "\u1500 = 1\n",
                             "\u2030\n", "\uffff\n"}) {
        EXPECT_NE(errors_of(text).find("not TOML"), std::string::npos) << text;
    }
}

TEST(Load, BytesThatAreNotTextAreOneError) {
    EXPECT_EQ(errors_of("name = \"t\"\nx = \"\xff\xfe\"\n\x80"),
              "t.toml: error: line 2, column 6 is not UTF-8 text\n"
              "  a scenario is a TOML text file; is this one?\n");
    EXPECT_EQ(errors_of(std::string("SQLite format 3\0", 16)),
              "t.toml: error: line 1, column 16 is not UTF-8 text\n"
              "  a scenario is a TOML text file; is this one?\n");
    for (const auto* wrong :
         {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xf8\x88\x80\x80\x80"})
        EXPECT_NE(errors_of(wrong).find("is not UTF-8 text"), std::string::npos);
}

TEST(Load, ATextOrALineThatIsTooLongIsOneError) {
    EXPECT_EQ(errors_of(std::string(kMaxFileBytes + 1, '\n')),
              "t.toml: error: the file has 1048577 bytes\n"
              "  a scenario file has at most 1048576 bytes; is this one?\n");
    const auto errors = errors_of("# " + std::string(kMaxLineBytes, 'x'));
    EXPECT_NE(errors.find("t.toml:1:1: error: the line has 4098 bytes"), std::string::npos)
        << errors;
}

TEST(Load, DeepNestingIsRefusedAndNotFollowedIntoTheGround) {
    // The deepest a text can be: dotted keys as long as a line allows, at each of the levels the
    // parser follows.
    std::string deep = "a";
    while (deep.size() + 8 < kMaxLineBytes) deep += ".a";
    const auto header = "[" + deep + "]\n" + deep + " = [\n{" + deep;
    EXPECT_NE(errors_of(header + " = 1}\n]\n").find("unknown key \"a\" at the top level"),
              std::string::npos);
    EXPECT_NE(
        errors_of(header + " = [\n{" + deep + " = 1}\n]}\n]\n").find("maximum nested value depth"),
        std::string::npos);
}

TEST(Load, TheNumberOfErrorsShownIsBounded) {
    std::string text = with_provider("");
    for (int i = 0; i < 1000; ++i) text += "unknown" + std::to_string(i) + " = 1\n";
    const auto result = load_scenario_text(text, "t.toml");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().size(), kMaxDiagnostics + 1);
    EXPECT_EQ(result.error().back().message, "and 900 more errors");
}

TEST(Load, TablesWrittenInAnotherFormSayHowTheyAreWritten) {
    const auto errors = errors_of("name = \"t\"\nvm = 3\nfault = [1]\n[provider]\nname = \"p\"\n");
    EXPECT_NE(errors.find("vm is a table, not an integer\n"), std::string::npos) << errors;
    EXPECT_NE(errors.find("fault is a list of tables; this is an integer\n"), std::string::npos)
        << errors;
    EXPECT_NE(errors.find("provider is a list of tables, not a table\n"), std::string::npos)
        << errors;
    EXPECT_NE(errors.find("write [[provider]]: the table may be repeated\n"), std::string::npos)
        << errors;
    EXPECT_EQ(errors.find("there is no provider"), std::string::npos)
        << "nothing is concluded from what was not read";
}

TEST(Load, EveryKeyRemembersTheLineThatSetIt) {
    const auto result = load_scenario_text(
        "name = \"t\"\n[vm]\n  slash_bps = 5\n[[provider]]\nname = \"p\"\ncount = 2\n", "t.toml");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->origins.at("vm.slash_bps").line, 3U);
    EXPECT_EQ(result->origins.at("vm.slash_bps").column, 3U);
    EXPECT_EQ(result->origins.at("vm.slash_bps").width, 9U);
    EXPECT_EQ(result->origins.at("provider.p.count").line, 6U);
    EXPECT_FALSE(result->origins.contains("vm.fee_floor"));
}

TEST(Load, ASmallNetworkGetsANoteThatFewerValidatorsAreAsked) {
    const auto result = load_scenario_text(
        with_provider("[chain]\nvalidators = 10\nsampling = \"distinct\"\n"), "t.toml");
    ASSERT_TRUE(result) << to_text(result.error());
    EXPECT_EQ(to_text(result->notes),
              "t.toml:3:1: note: a poll asks 9 validators, not 11: there are no more others\n"
              "    3 | validators = 10\n      | ^~~~~~~~~~\n  set chain.k = 9 to say so\n");
}

}  // namespace
}  // namespace aivm::scenarios
