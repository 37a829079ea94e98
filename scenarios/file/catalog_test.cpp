#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "scenarios/file/load.h"
#include "scenarios/file/print.h"
#include "scenarios/testing/test_scenarios.h"

namespace aivm::scenarios {
namespace {

std::vector<std::filesystem::path> catalog() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(AIVM_SOURCE_DIR "/scenarios/catalog"))
        if (entry.path().extension() == ".toml") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

TEST(Catalog, EveryScenarioLoadsWithoutANoteAndIsNamedAfterItsFile) {
    ASSERT_FALSE(catalog().empty());
    for (const auto& path : catalog()) {
        const auto result = load_scenario_file(path);
        ASSERT_TRUE(result) << to_text(result.error());
        EXPECT_TRUE(result->notes.empty()) << to_text(result->notes);
        EXPECT_EQ(result->scenario.name, path.stem().string());
        EXPECT_FALSE(result->scenario.description.empty()) << path;
    }
}

TEST(Catalog, EveryScenarioSurvivesItsCanonicalText) {
    for (const auto& path : catalog()) {
        const auto result = load_scenario_file(path);
        ASSERT_TRUE(result);
        expect_equal(loaded(canonical_text(result->scenario)), result->scenario);
    }
}

}  // namespace
}  // namespace aivm::scenarios
