// Cases with other parameters than those of the case file: each of these was once missed, refused
// the whole file, or ended the program. The margin is wide, so that few runs decide; the second
// case file is simulated to 10 % in CI.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/validation/validate.h"

namespace aivm::scenarios {
namespace {

using ::testing::HasSubstr;

// The case of the file with these parameters changed, and the number that theory predicts then.
ValidationCase with(const std::string& id, const Bindings& changed) {
    static const auto all = load_cases(AIVM_SOURCE_DIR "/scenarios/validation/cases.json").value();
    ValidationCase c = choose_cases(all, {id}).value().front();
    for (const auto& [name, value] : changed) c.parameters[name] = value;
    const auto theory = evaluate(c.expression, c.parameters);
    EXPECT_TRUE(theory) << id << ": " << theory.error().context;
    c.expected = theory ? theory->value : 0;
    return c;
}

CaseResult result_of(const ValidationCase& c, double margin = 0.3) {
    ValidateOptions options;
    options.margin = margin;
    options.jobs = 2;
    const auto validation = validate({c}, options);
    EXPECT_TRUE(validation) << validation.error().text();
    return validation.value().cases.front();
}

void expect_agrees(const std::string& id, const Bindings& changed, double margin = 0.3) {
    const CaseResult result = result_of(with(id, changed), margin);
    EXPECT_EQ(result.verdict, Verdict::kAgrees) << id << ": " << result.simulated << ", expected "
                                                << result.c.expected << "; " << result.reason;
}

void expect_failed(const std::string& id, const Bindings& changed, const std::string& reason) {
    ValidationCase c = with(id, {});
    for (const auto& [name, value] : changed) c.parameters[name] = value;
    const CaseResult result = result_of(c);
    EXPECT_EQ(result.verdict, Verdict::kFailed) << id;
    EXPECT_THAT(result.reason, HasSubstr(reason)) << id;
}

// F11: units cancelled only where mu and s are 1.
TEST(FreeParameters, RatesAndServiceTimesMayDifferFromOne) {
    expect_agrees("V29", {{"mu", 2}});
    expect_agrees("V29", {{"N", 4}, {"M", 1}, {"mu", 0.1}});
    expect_agrees("V54", {{"lam", 16}, {"mu", 2}}, 0.5);
    expect_agrees("V55", {{"lam", 0.4}, {"s", 2}});
}

// F11: one of these ended the program.
TEST(FreeParameters, CommitteesMayHaveAnyMembers) {
    expect_agrees("V27", {{"h", 4}, {"b", 1}});
    expect_agrees("V27", {{"h", 4}, {"b", 3}});
    expect_agrees("V27", {{"h", 1}, {"b", 0}});
    expect_agrees("V27", {{"h", 0}, {"b", 1}});
    expect_agrees("V22", {{"n", 10}, {"K", 10}});
    expect_agrees("V22", {{"n", 10}, {"K", 0}});
    expect_agrees("V21", {{"f", 0}});
    expect_agrees("V64", {{"n", 0}, {"k", 3}});
    expect_agrees("V65", {{"n", 3}, {"e", 3}});
}

TEST(FreeParameters, SearchesWidenTheirBrackets) {
    expect_agrees("V06", {{"p", 0.6}});
    expect_agrees("V07", {{"C", 4}, {"R", 5}, {"L", 3}});
    expect_agrees("V08", {{"G", 400}, {"S", 40}});
    expect_agrees("V43", {{"B", 0.001}, {"rho", 0.9999}});
    expect_failed("V07", {{"C", 4}, {"R", 2}, {"L", 1}}, "no change of sign between 1e-06 and 1");
}

TEST(FreeParameters, AWindowMayBeOneBlock) {
    expect_agrees("V41", {{"W", 1}});
    expect_agrees("V31", {{"W", 1}});
    expect_agrees("V33", {{"W", 1}, {"m", 1}, {"al", 0.5}});
    expect_agrees("V52", {{"W", 1}, {"lam", 4}, {"k", 5}});
    expect_agrees("V53", {{"W", 1}});
}

TEST(FreeParameters, ADisputeMayHaveAnyNumberOfMoves) {
    for (const double moves : {2.0, 3.0, 7.0})
        expect_agrees("V33", {{"m", moves}, {"al", 0.5}, {"W", 2 * moves}});
}

TEST(FreeParameters, ALeaverMayHaveAnyCooldown) {
    expect_agrees("V58", {{"U", 61}});  // a margin of 0
    expect_agrees("V58", {{"U", 64}});
    expect_agrees("V58", {{"U", 0}});
    expect_agrees("V58", {{"U", 5000}, {"C", 1}, {"R", 1}});
    EXPECT_EQ(result_of(with("V58", {{"U", 61}})).simulated, 0);
    ValidationCase off_by_one = with("V58", {{"U", 61}});
    off_by_one.expected = 1;
    EXPECT_EQ(result_of(off_by_one).verdict, Verdict::kDisagrees);
}

TEST(FreeParameters, AnyShareOfTheProposersMayGrind) {
    expect_agrees("V66", {{"A", 0}});
    expect_agrees("V66", {{"n", 1}, {"A", 1}});  // nine draws, of which the last must be taken
    expect_agrees("V66", {{"n", 100}, {"A", 95}}, 0.1);
    expect_agrees("V67", {{"A", 0}});
    expect_agrees("V67", {{"n", 1}, {"A", 1}, {"P", 9}}, 0.1);
    expect_agrees("V67", {{"P", 2}, {"K", 2}});
    expect_failed("V66", {{"A", 22}}, "A = 22: it must be a whole number from 0 to 21");
}

// The window and one game, however many dispute the answer at once.
TEST(FreeParameters, AnyNumberOfDisputesDelaysAnAnswerEquallyLong) {
    for (const double disputes : {1.0, 2.0, 5.0, 64.0, 300.0}) {
        expect_agrees("V68", {{"W", 10}, {"N", disputes}});
        expect_agrees("V69", {{"W", 10}, {"D", 2}, {"n", 8}, {"N", disputes}});
    }
    expect_agrees("V68", {{"W", 1}, {"R", 1}});
    for (const double steps : {2.0, 3.0, 5.0, 7.0, 33.0, 100.0})
        expect_agrees("V69", {{"W", 3}, {"R", 1}, {"D", 1}, {"n", steps}, {"N", 3}});
    expect_failed("V69", {{"n", 1}}, "n = 1: it must be a whole number from 2 to");
}

TEST(FreeParameters, AQueueOfAnySizeMayBeKeptFull) {
    expect_agrees("V70", {{"Q", 1}, {"T", 1}});
    expect_agrees("V70", {{"Q", 17}, {"T", 3}, {"b", 1}});
    expect_agrees("V70", {{"F", 1e-6}, {"b", 0.5}, {"Q", 160}, {"T", 10}});
    expect_failed("V70", {{"b", 0.00001}}, "the VM has it in whole basis points");
}

TEST(FreeParameters, AnyShareMayBeForcedToErrOrAskedAbout) {
    expect_agrees("V78", {{"f", 1}, {"q", 0}, {"n", 1}});
    expect_agrees("V78", {{"f", 0.5}, {"q", 1}, {"n", 3}});
    expect_failed("V78", {{"f", 0}}, "f = 0: it must be above 0");
    expect_agrees("V79", {{"P", 0.5}, {"A", 3}});
    expect_failed("V79", {{"P", 1}}, "a sample that tells 10 % needs inf tasks");
}

TEST(FreeParameters, ADagMayHaveAnyRateOfRivalsAndAnyInterval) {
    expect_agrees("C15", {{"q", 0}});
    // Of five validators, four of five answers never agree on one side of two against three.
    expect_agrees("C15", {{"q", 1}, {"n", 5}, {"k", 4}, {"alpha", 3}}, 0.3);
    expect_failed("C15", {{"n", 2}}, "n = 2: it must be a whole number from 3 to");
    // Polls too small for so even a split: the end is a lost agreement, not 200 million events.
    expect_failed("C15", {{"q", 1}, {"k", 3}, {"alpha", 2}, {"beta", 1}}, "invariant S2");
    expect_agrees("C16", {{"I", 5000}, {"v", 100}, {"L", 10}});
    expect_failed("C16", {{"v", 30}}, "v = 30: it must divide I");
    expect_failed("C16", {{"v", 25}}, "at the very moment of its cut");
    expect_failed("C16", {{"alpha", 10}}, "chain.alpha_confidence");
}

TEST(FreeParameters, TermsMayCancel) {
    expect_agrees("V05", {{"p", 0.2}, {"S", 390}});
    expect_agrees("V05", {{"p", 0.2}, {"S", 395}});
    expect_agrees("V05", {{"G", 1e-6}, {"S", 4e-6}, {"c", 1e-8}});
}

TEST(FreeParameters, ProbabilitiesMayBeTiny) {
    const CaseResult censored = result_of(with("V31", {{"al", 0.5}}));
    EXPECT_EQ(censored.margin.rule, MarginRule::kSmall);
    EXPECT_EQ(censored.verdict, Verdict::kAgrees) << censored.reason;
}

TEST(FreeParameters, WhatCannotBeSimulatedSaysWhyAndEndsNothing) {
    expect_failed("V01", {{"n", 0.5}}, "n = 0.5: it must be a whole number from 0 to");
    expect_failed("V01", {{"n", 1e9}}, "n = 1000000000: it must be");
    expect_failed("V01", {{"q", -1}}, "q = -1: it must be from 0 to 1");
    expect_failed("V27", {{"h", 40}, {"b", 1}}, "h = 40");
    expect_failed("V27", {{"h", 16}, {"b", 1}}, "33 seats");
    expect_failed("V54", {{"lam", 11}}, "lam = 11: it must be below k mu");
    expect_failed("V54", {{"mu", 0}}, "mu = 0: it must be above 0");
    expect_failed("V16", {{"p", 1e-5}}, "a sample that tells 10 % needs");
    expect_failed("V37", {{"mu", 20.12345}}, "more than 1000 simulated blocks");
    expect_failed("V39", {{"L", 101}}, "L = 101");
    expect_failed("C08", {{"k", 200}}, "no majority of the 200 votes");
    expect_failed("C08", {{"n", 1}}, "n = 1");
    expect_failed("C02", {{"f", 1.5}}, "f = 1.5");
}

}  // namespace
}  // namespace aivm::scenarios
