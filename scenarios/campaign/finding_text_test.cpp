#include <gtest/gtest.h>

#include "scenarios/campaign/finding.h"

namespace aivm::scenarios {
namespace {

SavedFinding escape() {
    SavedFinding f;
    f.id = "3f9a2c71";
    f.scenario_name = "unbond_escape";
    f.violation.invariant = "E3";
    f.violation.name = "bond-outlives-obligation";
    f.violation.message =
        "provider[7] withdrew 1000 LUX while 1 result was still slashable until block 101";
    f.violation.time = 248 * sim::kSecond;
    f.violation.block = 62;
    f.violation.event = 48'211;
    f.violation.actors = {"validator[3]"};
    f.reproducer = Reproducer::kHistory;
    f.actions = {"provider[7] posts a wrong result for task 2", "provider[7] deregisters"};
    f.actions_before = 412;
    f.actions_after = 2;
    f.tries = 1204;
    f.shrink_time_ms = 38'400;
    f.folder = "out/findings/3f9a2c71";
    return f;
}

TEST(FindingText, SaysWhatWhenWhoTheActionsAndHowToSeeItAgain) {
    EXPECT_EQ(finding_text(escape()),
              "FAIL  E3 bond-outlives-obligation   unbond_escape   finding 3f9a2c71\n"
              "  t=4m 08.0s  block 62  event #48 211  validator[3]\n"
              "  provider[7] withdrew 1000 LUX while 1 result was still slashable until block 101\n"
              "  shrunk 412 -> 2 actions (1 204 tries, 38 s)\n"
              "    1  provider[7] posts a wrong result for task 2\n"
              "    2  provider[7] deregisters\n"
              "  saved      out/findings/3f9a2c71/\n"
              "  reproduce  aivmsim replay out/findings/3f9a2c71\n");
}

TEST(FindingText, AReportAlsoSaysWhyAnInvariantMustHoldIfThisVersionHasIt) {
    SavedFinding f = escape();
    EXPECT_NE(finding_report(f).find("\n  because    A slash that finds no bond"),
              std::string::npos)
        << finding_report(f);
    f.violation.invariant = "Z9";
    EXPECT_EQ(finding_report(f), finding_text(f));
}

TEST(FindingText, NamesActorsAsTheTableOfPayoffsDoesToo) {
    SavedFinding f = escape();
    f.violation.actors = {"provider[7]", "provider[8]"};
    f.violation.owners = {"escapers-0", "escapers-1"};
    EXPECT_NE(finding_text(f).find("  provider[7] (escapers-0) provider[8] (escapers-1)\n"),
              std::string::npos)
        << finding_text(f);
}

TEST(FindingText, LeavesOutActorsAndTimeThatNobodyKnows) {
    SavedFinding f = escape();
    f.violation.actors.clear();
    f.violation.time = 3'723 * sim::kSecond + sim::kSecond / 2;
    f.shrink_time_ms = 0;
    f.tries = 1;
    const std::string text = finding_text(f);
    EXPECT_NE(text.find("  t=1h 02m 03.5s  block 62  event #48 211\n"), std::string::npos) << text;
    EXPECT_NE(text.find("actions (1 try)\n"), std::string::npos) << text;
}

TEST(FindingText, TheCommandCanBePastedWhateverTheFolderIsCalled) {
    SavedFinding f = escape();
    f.folder = "my out's/3f9a2c71";
    EXPECT_NE(finding_text(f).find("aivmsim replay 'my out'\\''s/3f9a2c71'\n"), std::string::npos);
}

TEST(FindingText, SaysWhyThereIsNoReproducer) {
    SavedFinding f = escape();
    f.reproducer = Reproducer::kNone;
    f.note = "no tries were allowed";
    EXPECT_NE(finding_text(f).find("  not shrunk: no tries were allowed\n"), std::string::npos);
}

}  // namespace
}  // namespace aivm::scenarios
