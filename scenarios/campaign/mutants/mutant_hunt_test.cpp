// The hunt itself, in a program without mutants: nothing is infected, and nothing is found.
#include "scenarios/campaign/mutants/mutant_hunt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <set>

#include "scenarios/campaign/mutants/mutant_choice.h"
#include "scenarios/file/print.h"
#include "scenarios/testing/test_small.h"

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::uint64_t hunt_clock_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

class Hunts : public testing::Test {
protected:
    void SetUp() override {
        folder_ =
            fs::path(testing::TempDir()) /
            ("hunt-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::remove_all(folder_);
        sim::Scenario scenario = small_economic();
        scenario.actors.at(1).name = "watchers";
        scenario.workload.tasks = 4;
        scenarios_ = {{scenario.name, canonical_text(scenario)}};
    }
    void TearDown() override { fs::remove_all(folder_); }

    [[nodiscard]] HuntOptions limited(std::uint64_t cpu_limit_us) const {
        HuntOptions out;
        out.jobs = 2;
        out.cpu_limit_us = cpu_limit_us;
        out.folder = folder_;
        out.program = "test";
        out.wall_clock_ns = hunt_clock_ns;
        return out;
    }
    [[nodiscard]] Result<HuntResult> hunted(const HuntOptions& options) const {
        return hunt({find_mutant("D22"), find_mutant("D29")}, scenarios_, options);
    }

    fs::path folder_;
    std::vector<CampaignScenario> scenarios_;
};

TEST_F(Hunts, AMutantThatChangesNothingIsNotDetectedAndItsTwinIsClean) {
    const auto result = hunted(limited(30'000));
    ASSERT_TRUE(result) << result.error().text();
    EXPECT_TRUE(result->complete);
    EXPECT_THAT(result->false_alarms, testing::IsEmpty());
    for (const HuntedMutant& mutant : result->mutants) {
        EXPECT_FALSE(mutant.detected() || mutant.infected()) << mutant.row->id;
        EXPECT_GE(mutant.repeats.at(0).cpu_us, 30'000U);
    }
}

TEST_F(Hunts, EveryHuntHasTheControls) {
    const auto result = hunted(limited(30'000));
    ASSERT_TRUE(result) << result.error().text();
    std::vector<std::string_view> controls;
    for (const HuntedMutant& control : result->controls) {
        controls.push_back(control.row->id);
        EXPECT_FALSE(control.detected()) << control.row->id;
        EXPECT_GE(control.repeats.at(0).runs, 1U) << control.row->id;
    }
    EXPECT_THAT(controls, testing::UnorderedElementsAre(kNeutralControl, "control_redraw"));
    EXPECT_EQ(result->mutants.size(), 2U);
}

TEST_F(Hunts, AHuntGoesOnWhereTheLastOneEnded) {
    const auto first = hunted(limited(30'000));
    ASSERT_TRUE(first) << first.error().text();
    const auto again = hunted(limited(30'000));
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->mutants.at(1).repeats.at(0).runs, first->mutants.at(1).repeats.at(0).runs);
    EXPECT_EQ(again->twin_runs, first->twin_runs);
    // A run may take longer than the first limit, as under sanitizers.
    const auto further = hunted(limited(2 * first->mutants.at(1).repeats.at(0).cpu_us + 1));
    ASSERT_TRUE(further) << further.error().text();
    EXPECT_GT(further->mutants.at(1).repeats.at(0).runs, first->mutants.at(1).repeats.at(0).runs);
}

TEST_F(Hunts, AnotherSeedOrProgramNeedsAnotherFolder) {
    ASSERT_TRUE(hunted(limited(10'000)));
    HuntOptions other = limited(10'000);
    other.seed = 2;
    EXPECT_THAT(hunted(other).error().text(), HasSubstr("its seed is 1 and not 2"));
    other = limited(10'000);
    other.program = "another";
    EXPECT_THAT(hunted(other).error().text(), HasSubstr("it is of aivmsim test"));
}

HuntedMutant hunted_as(const std::vector<bool>& detections) {
    HuntedMutant out;
    for (const bool detected : detections) {
        MutantRecord repeat;
        repeat.detected = detected;
        out.repeats.push_back(repeat);
    }
    return out;
}

TEST(HuntedMutants, AreDetectedIfHalfOfTheRepeatsDetectThem) {
    EXPECT_TRUE(hunted_as({true, false}).detected());
    EXPECT_TRUE(hunted_as({true, true, false, false, true}).detected());
    EXPECT_FALSE(hunted_as({true, true, false, false, false}).detected());
    EXPECT_TRUE(hunted_as({true, true, false, false, false}).ever_detected());
    EXPECT_FALSE(hunted_as({false, false}).ever_detected());
}

TEST(MutantChoice, AProgramWithoutMutantsRefusesToRunWithOne) {
    EXPECT_TRUE(choose_mutant_of_environment(std::nullopt));
    EXPECT_TRUE(choose_mutant_of_environment(""));
    const Status chosen = choose_mutant_of_environment("D22");
    ASSERT_FALSE(chosen);
    EXPECT_THAT(chosen.error().text(), HasSubstr("AIVMSIM_MUTANT is set to D22, but this program "
                                                 "contains no planted bugs"));
    EXPECT_EQ(chosen_mutant(), nullptr);
}

TEST(MutantTable, EveryIdIsThereOnceAndHasASentence) {
    std::set<std::string_view> ids;
    for (const MutantRow& row : mutant_rows()) {
        EXPECT_TRUE(ids.insert(row.id).second) << row.id;
        EXPECT_FALSE(row.sentence.empty()) << row.id;
        EXPECT_EQ(find_mutant(row.id), &row);
    }
    EXPECT_GE(ids.size(), 135U);
    EXPECT_EQ(find_mutant("no such mutant"), nullptr);
}

}  // namespace
}  // namespace aivm::scenarios
