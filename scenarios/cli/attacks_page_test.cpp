// The page of attacks, and that it is whole. After an intended change, AIVM_UPDATE_EXPECTED=1
// rewrites the page.
#include "scenarios/cli/attacks_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "scenarios/cli/catalog.h"
#include "scenarios/cli/sweep_results.h"
#include "scenarios/cli/threshold_table.h"

namespace aivm::scenarios::cli {
namespace {

TEST(Attacks, ThePageIsCurrent) {
    const std::string now = attacks_page(attack_rows());
    const auto path = catalog_folder() / "ATTACKS.md";
    if (std::getenv("AIVM_UPDATE_EXPECTED") != nullptr) std::ofstream(path) << now;
    std::ifstream in(path);
    const std::string stored((std::istreambuf_iterator<char>(in)),
                             std::istreambuf_iterator<char>());
    EXPECT_EQ(stored, now) << "if this is meant: AIVM_UPDATE_EXPECTED=1 and review it";
}

TEST(Attacks, EveryAdversaryHasAnEffectAndASweep) {
    for (const auto& [id, row] : attack_rows()) {
        EXPECT_FALSE(row.strategies.empty()) << id << " is no strategy";
        EXPECT_FALSE(row.effects.empty()) << id;
        EXPECT_FALSE(row.sweeps.empty()) << id;
    }
}

TEST(Attacks, EverySweepWasMeasured) {
    for (const std::string& name : catalog_names()) {
        std::set<std::string> sweeps;
        const auto read = read_thresholds(name);
        ASSERT_TRUE(read) << name;
        for (const Threshold& one : *read) sweeps.insert(one.name);
        std::set<std::string> measured;
        for (const auto& [sweep, result] : read_sweep_results(name)) {
            measured.insert(sweep);
            EXPECT_FALSE(result.values.empty()) << name << ": " << sweep;
        }
        EXPECT_EQ(sweeps, measured) << name << ": AIVM_UPDATE_EXPECTED=1 measures them";
    }
}

TEST(Attacks, APageShowsWhatIsKnown) {
    std::map<std::string, AttackRow> rows;
    rows["A99"] = {{"`liar`"}, {"a | b", "c"}, {"theory **never pays**"}};
    EXPECT_THAT(attacks_page(rows),
                testing::EndsWith("| A99 | `liar` | a \\| b<br>c | theory **never pays** |\n"));
}

TEST(Attacks, AResultIsReadAsItWasWritten) {
    const SweepResult result{"never pays [4 runs per value]", "  x = 1: gain -2.00 LUX [-3, -1]\n"};
    EXPECT_EQ(to_text("bond", result),
              "bond: never pays [4 runs per value]\n  x = 1: gain -2.00 LUX [-3, -1]\n");
}

TEST(Attacks, ResultsThatDifferBeyondTheirIntervalsDoNotAgree) {
    const auto with = [](const std::string& values) { return SweepResult{"never pays", values}; };
    const SweepResult before = with("  x = 1: gain -2.00 LUX [-3.00, -1.00]\n");
    EXPECT_TRUE(agree(before, with("  x = 1: gain -1.50 LUX [-2.50, -0.50]\n")));
    EXPECT_FALSE(agree(before, with("  x = 1: gain 2.00 LUX [1.00, 3.00]\n")));
    EXPECT_FALSE(agree(before, with("  x = 2: gain -2.00 LUX [-3.00, -1.00]\n")));
    EXPECT_FALSE(agree(before, with("")));
    EXPECT_TRUE(agree(with("  x = 5: 0.8 [0.7, 0.9], theory 0.82\n"),
                      with("  x = 5: 0.9 [0.85, 0.95], theory 0.82\n")));
    EXPECT_THROW(agree(before, with("gain -2\n")), std::runtime_error);
}

}  // namespace
}  // namespace aivm::scenarios::cli
