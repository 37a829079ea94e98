// Golden runs: every scenario of the catalogue at seed 1 has the verdict and the figures of its
// NAME.expected. After an intended change, AIVM_UPDATE_EXPECTED=1 rewrites them; review the
// difference.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "scenarios/cli/catalog.h"
#include "scenarios/cli/golden_file.h"
#include "scenarios/cli/payoffs.h"
#include "scenarios/cli/verdict.h"
#include "scenarios/file/load.h"
#include "scenarios/run/run.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::array kFigures{
    "tasks",        "blocks",          "messages",           "n_fraud_posted",     "n_fraud_missed",
    "slash_due",    "slash_taken",     "honest_false_slash", "harm_early",         "harm_final",
    "attacker_net", "censored_proofs", "reassign_rounds",    "max_value_uncovered"};

// Only exact figures: each is an integer, so all machines print the same.
std::string golden_text(const sim::Scenario& scenario, const sim::Outcome& outcome) {
    std::string text = verdict_line(outcome, 0, false) + "\n" + notes_text(outcome, false) +
                       failures_text(outcome, nullptr, false) +
                       did_cheating_pay(scenario, outcome) + "\n";
    for (const char* name : kFigures) {
        const sim::Number found = outcome.metric(name);
        const auto* number = std::get_if<std::int64_t>(&found);
        text += fmt::format("{} = {}\n", name, number ? std::to_string(*number) : "no data");
    }
    return text;
}

class CatalogRun : public testing::TestWithParam<std::string> {};

TEST_P(CatalogRun, HasTheVerdictAndTheFiguresOfItsExpectedFile) {
    const auto loaded = load_scenario_file(scenario_path(GetParam()));
    ASSERT_TRUE(loaded) << to_text(loaded.error());
    const auto outcome = run_scenario(loaded->scenario, {});
    ASSERT_TRUE(outcome) << outcome.error().text();
    EXPECT_TRUE(outcome->clean());
    const std::string found = golden_text(loaded->scenario, *outcome);
    GoldenFile golden = read_golden(GetParam());
    if (std::getenv("AIVM_UPDATE_EXPECTED") != nullptr) {
        golden.run = found;
        write_golden(GetParam(), golden);
    }
    EXPECT_EQ(found, golden.run) << "if this is meant: AIVM_UPDATE_EXPECTED=1 and review it";
}

// INCIDENTS.md names the sign that the golden file of each scenario has or, without an owner, the
// outcome.
TEST(Catalog, IncidentsPayAsTheirPageSays) {
    std::ifstream page(catalog_folder() / "INCIDENTS.md");
    int incidents = 0;
    int outcomes = 0;
    for (std::string line; std::getline(page, line);) {
        std::vector<std::string> cells;
        std::istringstream columns(line);
        for (std::string cell; std::getline(columns, cell, '|');) cells.push_back(cell);
        constexpr std::size_t kCells = 6;  // with the empty one before the first bar
        if (cells.size() != kCells || cells[5] == " pays " || cells[5].starts_with("-")) continue;
        const auto trimmed = [&](std::size_t i) { return cells[i].substr(1, cells[i].size() - 2); };
        std::ifstream golden(catalog_folder() / (trimmed(3) + ".expected"));
        const std::string text{std::istreambuf_iterator<char>(golden), {}};
        const bool has_owner = trimmed(4) != "-";
        const std::string wanted = has_owner ? fmt::format("effect {}: {},", trimmed(4), trimmed(5))
                                             : fmt::format("{} ", trimmed(5));
        ++(has_owner ? incidents : outcomes);
        EXPECT_NE(text.find(wanted), std::string::npos) << wanted << " in " << trimmed(3);
    }
    EXPECT_GT(incidents, 5);
    EXPECT_GT(outcomes, 3);
}

INSTANTIATE_TEST_SUITE_P(Catalog, CatalogRun, testing::ValuesIn(catalog_names()),
                         [](const auto& run) { return run.param; });

}  // namespace
}  // namespace aivm::scenarios::cli
