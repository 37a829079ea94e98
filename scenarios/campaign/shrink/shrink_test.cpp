// Pins what the shrinker makes of planted failures: the minimal example, and the number of runs
// that it took. cases/NAME.toml is a scenario with the seed and the invariant that it violates;
// cases/NAME.expected is written by AIVM_UPDATE_EXPECTED=1.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/kernels/kernels.h"
#include "scenarios/campaign/shrink/run_search.h"
#include "scenarios/campaign/shrink_run.h"
#include "scenarios/file/load.h"
#include "scenarios/run/run.h"

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTriesOfTest = 400;
constexpr std::size_t kActionsGoal = 12;

fs::path case_file(const std::string& name, const char* extension) {
    return fs::path(AIVM_SOURCE_DIR "/scenarios/campaign/shrink/cases") / (name + extension);
}

std::string text_of_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class ShrinkOf : public testing::TestWithParam<const char*> {};

TEST_P(ShrinkOf, EndsWithTheMinimalExampleThatRunsByItself) {
    const auto loaded = load_scenario_file(case_file(GetParam(), ".toml"));
    ASSERT_TRUE(loaded) << to_text(loaded.error());
    RunOptions options;
    options.seed = loaded->recorded->seed;
    const auto outcome = run_scenario(loaded->scenario, options);
    ASSERT_TRUE(outcome) << outcome.error().text();
    const sim::Violation* found = unexpected_violation(*outcome, loaded->recorded->violates);
    ASSERT_NE(found, nullptr);

    sim::ShrinkBudget budget(kTriesOfTest, {});
    std::size_t improvements = 0;
    const auto shrunk = shrink_run(
        {loaded->scenario, options.seed, outcome->choices}, *found, {}, budget,
        [&](const RunPlan&, const sim::Violation&, const std::string&) { ++improvements; });
    ASSERT_TRUE(shrunk);
    EXPECT_GT(improvements, 1U);
    EXPECT_LE(shrunk->actions_after, kActionsGoal);

    std::string text = fmt::format("{} {}\n{} tries\n", shrunk->violation.invariant,
                                   shrunk->violation.name, budget.tries());
    for (const std::string& action : shrunk->actions) text += "  " + action + "\n";
    const fs::path expected = case_file(GetParam(), ".expected");
    if (std::getenv("AIVM_UPDATE_EXPECTED") != nullptr)
        std::ofstream(expected, std::ios::trunc) << text;
    EXPECT_EQ(text, text_of_file(expected));

    const auto alone = load_scenario_text(
        self_contained_text(shrunk->plan, shrunk->violation, shrunk->digest, {}), "alone.toml");
    ASSERT_TRUE(alone) << to_text(alone.error());
    const auto again =
        run_plan({alone->scenario, alone->recorded->seed, alone->recorded->choices}, {}, {});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->digest.hex(), shrunk->digest);
    EXPECT_EQ(binding_choices(alone->recorded->choices, again->choices),
              alone->recorded->choices.size());
}

INSTANTIATE_TEST_SUITE_P(Cases, ShrinkOf,
                         testing::Values("clock", "crashed_majority", "cut_off_sequencer",
                                         "one_way", "restaker_e3", "split", "split_lossy",
                                         "split_small", "swarm_split", "unbond_escape_e3"),
                         [](const auto& one) { return std::string(one.param); });

TEST(Shrink, AFailureOfAnotherKindDoesNotCount) {
    sim::Violation a;
    a.invariant = "L1";
    a.message = "3 tasks are not final";
    sim::Violation b = a;
    b.message = "1 task is not final";
    EXPECT_EQ(failure_kind(a), failure_kind(b));
    b.invariant = "L2";
    EXPECT_NE(failure_kind(a), failure_kind(b));
    b = a;
    b.message = "no block was accepted";
    EXPECT_NE(failure_kind(a), failure_kind(b));
    b = a;
    b.liveness = true;
    EXPECT_NE(failure_kind(a), failure_kind(b));
}

}  // namespace
}  // namespace aivm::scenarios
