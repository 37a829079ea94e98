#include "scenarios/file/override.h"

#include <gtest/gtest.h>

#include "scenarios/file/print.h"
#include "scenarios/testing/test_scenarios.h"

namespace aivm::scenarios {
namespace {

const char* const kText =
    "name = \"t\"\n[tasks]\ncount = 10\n[[provider]]\nname = \"lazy\"\nparameters = { rate = 1 }\n"
    "[[fault]]\nkind = \"crash\"\nat = \"1m\"\nvalidators = [1]\n";

Override set(const std::string& assignment, OriginKind kind = OriginKind::kSet) {
    auto parsed = parse_override(assignment);
    EXPECT_TRUE(parsed);
    parsed->kind = kind;
    return *parsed;
}

TEST(Override, AnyKeyOfTheTableCanBeSet) {
    auto scenario = loaded(kText);
    for (const auto* assignment :
         {"vm.challenge_window_blocks=60", "tasks.fee = 0.5 LUX", "network.loss=1/100",
          "run.fidelity=economic", "vm.commit_reveal=false", "expect=E3,S14",
          "provider.lazy.speed=50%", "provider.lazy.parameters.rate=1/4", "fault.0.at=2m",
          "fault.0.validators=3, 4"}) {
        const auto done = apply_override(scenario, assignment);
        EXPECT_TRUE(done) << assignment << ": " << (done ? "" : done.error().message);
    }
    EXPECT_EQ(scenario.vm.config.challenge_window_blocks, 60U);
    EXPECT_EQ(scenario.workload.fee, millilux(500));
    EXPECT_EQ(scenario.network.loss_ppm, 10'000U);
    EXPECT_EQ(scenario.run.fidelity, sim::Fidelity::kEconomic);
    EXPECT_FALSE(scenario.vm.policy.commit_reveal);
    EXPECT_EQ(scenario.expected_violations, (std::vector<std::string>{"E3", "S14"}));
    EXPECT_EQ(scenario.actors[0].speed_ppm, 500'000U);
    EXPECT_EQ(scenario.actors[0].parameters.at("rate"), 250'000);
    EXPECT_EQ(scenario.faults[0].at_ns, 120'000'000'000U);
    EXPECT_EQ(scenario.faults[0].validators, (std::vector<std::uint32_t>{3, 4}));
    EXPECT_TRUE(apply_override(scenario, "expect="));
    EXPECT_TRUE(scenario.expected_violations.empty());
}

TEST(Override, EveryKnownKeyIsFoundAndNoOther) {
    const auto scenario = loaded(kText);
    for (const auto& key : known_keys(scenario)) {
        auto changed = scenario;
        // neither a number nor a name: only a text field accepts it
        const auto done = set_key(changed, key, "?");
        const bool is_found = done || done.error().message.find("unknown key") == std::string::npos;
        EXPECT_TRUE(is_found) << key;
        if (key.find(".parameters") != std::string::npos) continue;
        EXPECT_EQ(set_key(changed, key + "x", "1").error().message, "unknown key \"" + key + "x\"");
    }
}

TEST(Override, AKeyOfAnEarlierVersionNamesTheOneThatReplacedIt) {
    auto scenario = loaded(kText);
    const auto done = set_key(scenario, "vm.count_open_challenges", "true");
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().remedy.find("vm.challenge_escalation"), std::string::npos);
}

TEST(Override, AnUnknownKeyNamesTheNearestAndChangesNothing) {
    auto scenario = loaded(kText);
    const auto before = canonical_text(scenario);
    const auto problem = [&](const char* assignment) {
        return apply_override(scenario, assignment).error();
    };
    EXPECT_EQ(problem("vm.chalenge_window_blocks=60"),
              (Problem{"unknown key \"vm.chalenge_window_blocks\"",
                       "did you mean \"vm.challenge_window_blocks\"?"}));
    EXPECT_EQ(problem("provider.lasy.count=2").remedy, "did you mean \"provider.lazy.count\"?");
    EXPECT_EQ(problem("fault.1.at=2m").remedy, "did you mean \"fault.0.at\"?");
    EXPECT_EQ(problem("provider.lazy.name=x").message, "unknown key \"provider.lazy.name\"");
    EXPECT_EQ(
        problem("q=1").remedy,
        "keys look like vm.challenge_window_blocks; aivmsim explain vm lists those of a table");
    EXPECT_EQ(problem("tasks.count=many"),
              (Problem{"\"many\" is not a whole number", "write digits only, such as 100"}));
    EXPECT_EQ(problem("tasks.count=1,2,4").remedy,
              "write digits only, such as 100; several values are for aivmsim sweep --over");
    EXPECT_EQ(problem("tasks.count").message, "\"tasks.count\" is not an assignment");
    EXPECT_EQ(problem("vm.slash_bps=10001").remedy, "slash_bps takes 0 to 10000 basis points");
    EXPECT_EQ(problem("provider.lazy.parameters=1").remedy,
              "name one parameter, such as parameters.rate=1/4");
    EXPECT_EQ(canonical_text(scenario), before);
}

TEST(Override, AFlagWinsOverSetWhichWinsOverTheEnvironmentWhichWinsOverTheFile) {
    const std::vector<std::string> environment = {
        "PATH=/bin", "AIVMSIM_OUT=x", "AIVMSIM_TASKS__COUNT=20", "AIVMSIM_VM__SLASH_BPS=7"};
    auto overrides = environment_overrides(environment);
    ASSERT_EQ(overrides.size(), 2U);
    overrides.insert(overrides.begin(),
                     set("tasks.count=40", OriginKind::kFlag));  // the order given does not matter
    overrides.push_back(set("tasks.count=30"));
    overrides.push_back(set("tasks.per_block=3"));

    const auto result = load_scenario_text(kText, "t.toml", overrides);
    ASSERT_TRUE(result) << to_text(result.error());
    EXPECT_EQ(result->scenario.workload.tasks, 40U);
    EXPECT_EQ(result->scenario.vm.policy.slash_bps, 7U);
    EXPECT_EQ(result->origins.at("tasks.count").kind, OriginKind::kFlag);
    EXPECT_EQ(result->origins.at("vm.slash_bps").kind, OriginKind::kEnvironment);
}

TEST(Override, ShowConfigNamesTheOriginOfEveryValue) {
    const auto result = load_scenario_text(kText, "t.toml", std::vector{set("tasks.per_block=3")});
    ASSERT_TRUE(result);
    const auto shown = show_config(*result);
    const auto line_of = [&](const std::string& key) {
        const auto at = shown.find("\n" + key + " = ");
        return shown.substr(at + 1, shown.find('\n', at + 1) - at - 1);
    };
    EXPECT_EQ(line_of("tasks.count").find("tasks.count = 10 "), 0U);
    EXPECT_NE(line_of("tasks.count").find("  # t.toml:3"), std::string::npos);
    EXPECT_NE(line_of("tasks.per_block").find("  # --set tasks.per_block=3"), std::string::npos);
    EXPECT_NE(line_of("vm.slash_bps").find("  # default"), std::string::npos);
    EXPECT_NE(line_of("fault.0.at").find("  # t.toml:9"), std::string::npos);
}

TEST(Override, ErrorsOfOverridesNameThemAsTheUserWroteThem) {
    const std::vector<std::string> environment = {"AIVMSIM_TASKS__COUNTS=1"};
    auto overrides = environment_overrides(environment);
    overrides.push_back(set("vm.redundancy_factor=2"));
    EXPECT_EQ(errors_of(kText, overrides),
              "AIVMSIM_TASKS__COUNTS: error: unknown key \"tasks.counts\"\n"
              "  did you mean \"tasks.count\"?\n"
              "--set vm.redundancy_factor=2: error: 2 of 5 is not a strict majority\n"
              "  set vm.redundancy_factor from 3 to 5\n");
}

TEST(Override, AFileThatOnlyFitsTogetherWithAnOverrideIsFine) {
    const std::string text = with_provider("[vm]\nredundancy_factor = 2\n");
    EXPECT_NE(errors_of(text), "");
    EXPECT_EQ(errors_of(text, std::vector{set("vm.redundancy_providers=3")}), "");
}

}  // namespace
}  // namespace aivm::scenarios
