// The suite on cases that take no time, and on deliberately wrong simulators.
#include "scenarios/validation/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace aivm::scenarios {
namespace {

using ::testing::HasSubstr;

std::vector<ValidationCase> cases(const std::set<std::string>& ids) {
    const auto all = load_cases(AIVM_SOURCE_DIR "/scenarios/validation/cases.json");
    std::vector<ValidationCase> out;
    for (const ValidationCase& c : *all) {
        if (ids.contains(c.id)) out.push_back(c);
    }
    EXPECT_EQ(out.size(), ids.size());
    return out;
}

Verdict verdict_of(const std::string& id, Fault fault, double margin) {
    ValidateOptions options;
    options.fault = fault;
    options.margin = margin;
    options.jobs = 2;
    const auto validation = validate(cases({id}), options);
    EXPECT_TRUE(validation) << validation.error().text();
    return validation ? validation->cases.front().verdict : Verdict::kFailed;
}

TEST(Validate, EveryRowIsOfACaseOfTheFileAndNoCaseHasTwo) {
    const auto all = load_cases(AIVM_SOURCE_DIR "/scenarios/validation/cases.json");
    std::set<std::string_view> seen;
    for (const CaseRow& row : case_rows()) {
        EXPECT_TRUE(std::ranges::any_of(*all, [&](const ValidationCase& c) {
            return c.id == row.id;
        })) << row.id;
        EXPECT_TRUE(seen.insert(row.id).second) << row.id;
        EXPECT_FALSE(row.how.empty());
    }
}

TEST(Validate, ExactCasesAgreeExactly) {
    ValidateOptions options;
    const auto validation = validate(cases({"V41", "V43", "C01", "C08"}), options);
    ASSERT_TRUE(validation) << validation.error().text();
    EXPECT_TRUE(validation->passed());
    EXPECT_EQ(badge(*validation, "0.1.0"),
              "validated: 4 of 4 cases agree, family-wise 1e-4, 0.1.0");
}

TEST(Validate, TheSameSeedYieldsTheSameNumbersOnAnyNumberOfThreads) {
    ValidateOptions options;
    options.margin = 0.5;
    const auto one = validate(cases({"C02", "V64"}), options);
    options.jobs = 3;
    const auto three = validate(cases({"C02", "V64"}), options);
    options.seed = 2;
    const auto other = validate(cases({"C02", "V64"}), options);
    ASSERT_TRUE(one && three && other);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(one->cases[i].simulated, three->cases[i].simulated);
        EXPECT_NE(one->cases[i].simulated, other->cases[i].simulated);
    }
}

TEST(Validate, ACaseThatNothingSimulatesHasFailed) {
    std::vector<ValidationCase> list = cases({"C08"});
    list.push_back(list.front());
    list.back().id = "V99";
    const auto validation = validate(list, {});
    ASSERT_TRUE(validation);
    EXPECT_FALSE(validation->passed());
    EXPECT_EQ(validation->cases[1].verdict, Verdict::kFailed);
    EXPECT_EQ(validation->cases[1].reason, "nothing simulates this case");
    EXPECT_THAT(badge(*validation, "x"), HasSubstr("1 of 2 cases"));
}

TEST(Validate, AWrongExpectationDisagrees) {
    std::vector<ValidationCase> list = cases({"C02"});
    list.front().expected *= 1.5;
    ValidateOptions options;
    options.margin = 0.3;
    const auto validation = validate(list, options);
    ASSERT_TRUE(validation);
    EXPECT_EQ(validation->cases[0].verdict, Verdict::kDisagrees);
}

// Formulas that leave out a term of the right one, or have a wrong share of it.
TEST(Validate, AWrongTheoryOfADagDisagrees) {
    const auto verdict = [](const char* id, double expected) {
        std::vector<ValidationCase> list = cases({id});
        list.front().expected = expected;
        const auto validation = validate(list, {});
        return validation ? validation->cases.front().verdict : Verdict::kFailed;
    };
    EXPECT_EQ(verdict("C15", 1 / (1 - 0.4)), Verdict::kDisagrees) << "the rival always wins";
    EXPECT_EQ(verdict("C15", 1), Verdict::kDisagrees) << "the rival always loses";
    EXPECT_EQ(verdict("C16", 938 - 400), Verdict::kDisagrees) << "without the decision";
    EXPECT_EQ(verdict("C16", 938 - 490), Verdict::kDisagrees) << "without the wait for a cut";
    EXPECT_EQ(verdict("C16", 938 + 490), Verdict::kDisagrees) << "a whole interval";
}

TEST(Validate, ARunThatFailsIsTheVerdictOfItsCaseAndTheOthersGoOn) {
    std::vector<ValidationCase> list = cases({"C01", "C08", "V41"});
    list[1].parameters.erase("alpha");  // C01's; the file has V41 first
    list[2].parameters["n"] = 5;        // C08's: 20 of 5 nodes cannot be sampled
    for (const unsigned jobs : {1U, 2U}) {
        ValidateOptions options;
        options.jobs = jobs;
        const auto validation = validate(list, options);
        ASSERT_TRUE(validation) << validation.error().text();
        EXPECT_EQ(validation->cases[0].verdict, Verdict::kAgrees);
        EXPECT_EQ(validation->cases[1].verdict, Verdict::kFailed);
        EXPECT_THAT(validation->cases[1].reason, HasSubstr("there is no parameter \"alpha\""));
        EXPECT_EQ(validation->cases[2].verdict, Verdict::kFailed);
        EXPECT_FALSE(validation->cases[2].measured());
        EXPECT_FALSE(validation->passed());
        EXPECT_EQ(validation->count(Verdict::kFailed), 2U);
        EXPECT_EQ(validation->count(Verdict::kDisagrees), 0U);
        EXPECT_THAT(badge(*validation, "x"), HasSubstr("1 of 3 cases"));
    }
}

TEST(Validate, ACaseThatCannotBeReadHasFailedAndTheOthersAreSimulated) {
    std::vector<ValidationCase> list = cases({"C08"});
    ValidationCase unreadable;
    unreadable.id = "#2";
    unreadable.problem = "it is not an object";
    list.insert(list.begin(), unreadable);
    const auto validation = validate(list, {});
    ASSERT_TRUE(validation);
    EXPECT_EQ(validation->cases[0].verdict, Verdict::kFailed);
    EXPECT_EQ(validation->cases[0].reason, "it is not an object");
    EXPECT_EQ(validation->cases[1].verdict, Verdict::kAgrees);
}

// No affordable number of runs measures a probability to within one in a million.
TEST(Validate, AnIntervalThatStaysTooWideIsUndecidedAndNoMiss) {
    std::vector<ValidationCase> list = cases({"C02"});
    list.front().margin = 1e-6;
    const auto validation = validate(list, {});
    ASSERT_TRUE(validation);
    EXPECT_EQ(validation->cases[0].verdict, Verdict::kUndecided);
    EXPECT_THAT(validation->cases[0].reason, HasSubstr("still too wide"));
    EXPECT_EQ(validation->cases[0].margin.rule, MarginRule::kOwn);
    EXPECT_TRUE(validation->passed());
    EXPECT_THAT(badge(*validation, "x"), HasSubstr("0 of 1 cases"));
}

// 80 runs do for a probability of 0.95 and not for one of 0.21.
TEST(Validate, ALaterLookMakesAsManyRunsAsTheParametersNeed) {
    std::vector<ValidationCase> list = cases({"C10"});
    list.front().parameters = {{"n", 50},   {"f", 8},       {"k", 6},
                               {"beta", 3}, {"alpha_p", 4}, {"alpha_c", 4}};
    list.front().expected = 0.2096;
    list.front().margin = 0.05;
    const auto validation = validate(list, {});
    ASSERT_TRUE(validation);
    EXPECT_EQ(validation->cases[0].verdict, Verdict::kAgrees) << validation->cases[0].reason;
    EXPECT_GT(validation->cases[0].runs, 400U);
}

TEST(Validate, AnInterruptionEndsTheSuiteAndIsNoVerdict) {
    ValidateOptions options;
    options.interrupted = [] { return true; };
    EXPECT_FALSE(validate(cases({"C08"}), options));
}

// One or two runs of each case, roughly right in every build; the whole suite, to 10 %, runs in a
// release build.
TEST(Validate, WhatCheckersAndCommitteesDoIsRoughlyRight) {
    for (const char* id : {"V01", "V02", "V21", "V22", "V24", "V27", "V37", "V39", "V65"}) {
        EXPECT_EQ(verdict_of(id, Fault::kNone, 0.5), Verdict::kAgrees) << id;
    }
}

// The suite must catch a wrong simulator. With a margin of 30 % few runs suffice; the same cases
// agree to 10 % in the full suite.
TEST(Validate, EachMistakeMadeOnPurposeIsCaught) {
    EXPECT_EQ(verdict_of("V41", Fault::kNone, 0.1), Verdict::kAgrees);
    EXPECT_EQ(verdict_of("V41", Fault::kWindowOffByOne, 0.1), Verdict::kDisagrees);
    EXPECT_EQ(verdict_of("V43", Fault::kNone, 0.1), Verdict::kAgrees);
    EXPECT_EQ(verdict_of("V43", Fault::kForgottenBurn, 0.1), Verdict::kDisagrees);
    EXPECT_EQ(verdict_of("V34", Fault::kNone, 0.3), Verdict::kAgrees);
    EXPECT_EQ(verdict_of("V34", Fault::kWithReplacement, 0.3), Verdict::kDisagrees);
    EXPECT_EQ(verdict_of("V34", Fault::kSwappedFraction, 0.3), Verdict::kDisagrees);
    for (const char* id : {"V66", "V67"}) {
        EXPECT_EQ(verdict_of(id, Fault::kNone, 0.3), Verdict::kAgrees) << id;
        EXPECT_EQ(verdict_of(id, Fault::kSwappedFraction, 0.3), Verdict::kDisagrees) << id;
    }
    for (const char* id : {"V68", "V69"}) {
        EXPECT_EQ(verdict_of(id, Fault::kNone, 0.1), Verdict::kAgrees) << id;
        EXPECT_EQ(verdict_of(id, Fault::kWindowOffByOne, 0.1), Verdict::kDisagrees) << id;
        EXPECT_EQ(verdict_of(id, Fault::kSlowDisputes, 0.1), Verdict::kDisagrees) << id;
    }
    EXPECT_EQ(verdict_of("V70", Fault::kNone, 0.1), Verdict::kAgrees);
    EXPECT_EQ(verdict_of("V70", Fault::kFreeFees, 0.1), Verdict::kDisagrees);
    EXPECT_EQ(verdict_of("C15", Fault::kNone, 0.15), Verdict::kAgrees);
    EXPECT_EQ(verdict_of("C15", Fault::kKeyByOperation, 0.15), Verdict::kDisagrees);
    EXPECT_EQ(verdict_of("C16", Fault::kNone, 0.1), Verdict::kAgrees);
    EXPECT_EQ(verdict_of("C16", Fault::kLateCuts, 0.1), Verdict::kDisagrees);
}

}  // namespace
}  // namespace aivm::scenarios
