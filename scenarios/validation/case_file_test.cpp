#include "scenarios/validation/case_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace aivm::scenarios {
namespace {

using ::testing::HasSubstr;

constexpr const char* kCases = AIVM_SOURCE_DIR "/scenarios/validation/cases.json";
constexpr const char* kSecondCases = AIVM_SOURCE_DIR "/scenarios/validation/second_cases.json";

// A valid case with some members changed or added; values as JSON.
std::string one_case(const std::map<std::string, std::string>& changed = {}) {
    std::map<std::string, std::string> members{
        {"id", R"("V01")"},          {"quantity", R"("q")"},
        {"expression", R"("a**2")"}, {"parameters", R"({"a": 0.5})"},
        {"kind", R"("mean")"},       {"expected", "0.25"}};
    for (const auto& [key, value] : changed) members[key] = value;
    std::string out;
    for (const auto& [key, value] : members)
        out += (out.empty() ? "" : ", ") + ('"' + key + "\": ") + value;
    return R"({"cases": [{)" + out + "}]}";
}

// Why the file is refused.
std::string fault(const std::string& text) {
    const auto cases = parse_cases(text);
    return cases ? "no fault" : cases.error().context;
}

// Why the only case of a file cannot be simulated.
std::string problem(const std::string& text) {
    const auto cases = parse_cases(text);
    if (!cases) return "the file is refused: " + cases.error().context;
    return cases->size() == 1 ? cases->front().problem : "not one case";
}

TEST(CaseFile, OursHaveAllCasesAndEveryExpectedValueIsThatOfItsExpression) {
    for (const char* path : {kCases, kSecondCases}) {
        const auto cases = load_cases(path);
        ASSERT_TRUE(cases) << cases.error().text();
        EXPECT_EQ(cases->size(), 61U);
        for (const auto& one : *cases) {
            EXPECT_EQ(one.problem, "") << one.id;
            const bool computed_elsewhere =
                std::set<std::string>{"C05", "C06", "C07", "C09", "C10"}.contains(one.id);
            const bool published = path == kCases && (one.id == "C03" || one.id == "C04");
            EXPECT_EQ(one.expression.empty(), computed_elsewhere || published) << one.id;
        }
    }
}

// A parameter that both files have must differ, or nothing says that it is free.
TEST(CaseFile, TheSecondFileChangesEveryParameterOfEveryCase) {
    const auto first = load_cases(kCases).value();
    const auto second = load_cases(kSecondCases).value();
    ASSERT_EQ(first.size(), second.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
        EXPECT_EQ(first[i].id, second[i].id);
        for (const auto& [name, value] : first[i].parameters)
            EXPECT_NE(value, second[i].get(name)) << first[i].id << " " << name;
    }
}

TEST(CaseFile, ReadsACase) {
    const auto cases = parse_cases(one_case({{"margin", "0.02"}}));
    ASSERT_TRUE(cases) << cases.error().text();
    EXPECT_EQ(cases->front().problem, "");
    EXPECT_EQ(cases->front().id, "V01");
    EXPECT_EQ(cases->front().kind, CaseKind::kMean);
    EXPECT_EQ(cases->front().ppm("a"), 500'000U);
    EXPECT_EQ(cases->front().margin, 0.02);
}

TEST(CaseFile, RefusesWhatIsNoCaseFileWithOneClearSentence) {
    EXPECT_THAT(fault("{"), HasSubstr("not JSON, from byte"));
    EXPECT_THAT(fault(R"({"cases": [1e999]})"), HasSubstr("too large"));
    EXPECT_THAT(fault("[]"), HasSubstr("no list \"cases\""));
    EXPECT_THAT(fault(R"({"cases": []})"), HasSubstr("no list \"cases\""));
    EXPECT_THAT(fault(R"({"case": 1, "cases": [{}]})"), HasSubstr("\"case\" is not a key"));
    EXPECT_THAT(fault(R"({"cases": [{}], "cases": [{}]})"), HasSubstr("\"cases\" is there twice"));
    EXPECT_THAT(load_cases("no/such/file").error().text(), HasSubstr("no such file"));
    EXPECT_THAT(load_cases("/").error().text(), HasSubstr("no file"));
}

TEST(CaseFile, SaysOfEachCaseWhyItCannotBeSimulated) {
    EXPECT_THAT(problem(R"({"cases": [3]})"), HasSubstr("not an object"));
    EXPECT_THAT(problem(R"({"cases": [{"id": "V01"}]})"), HasSubstr("it has no \"quantity\""));
    EXPECT_THAT(problem(one_case({{"expected", R"("0.25")"}})),
                HasSubstr("\"expected\" must be a number"));
    EXPECT_THAT(problem(one_case({{"expected", "0.26"}})),
                HasSubstr("expected is 0.26, but a**2 is 0.25"));
    EXPECT_THAT(problem(one_case({{"expected", "0"}})), HasSubstr("a**2 is 0.25"));
    EXPECT_THAT(problem(one_case({{"extra", "1"}})), HasSubstr("\"extra\" is not a key of a case"));
    EXPECT_THAT(problem(one_case({{"id", R"("X1")"}})), HasSubstr("\"X1\" is not the id"));
    EXPECT_THAT(problem(one_case({{"kind", R"("guess")"}})),
                HasSubstr("kind must be one of frequency"));
    EXPECT_THAT(problem(one_case({{"expression", R"("b")"}})),
                HasSubstr("no parameter is called 'b'"));
    EXPECT_THAT(problem(one_case({{"parameters", R"({"a": "x"})"}})), HasSubstr("parameter \"a\""));
    EXPECT_THAT(problem(one_case({{"margin", "0"}})), HasSubstr("\"margin\" must be a number"));
    EXPECT_THAT(problem(R"({"cases": [{"id": 1, "id": 2}]})"), HasSubstr("it has no \"quantity\""));
    EXPECT_THAT(problem(one_case({{"kind", R"("mean", "kind": "mean")"}})),
                HasSubstr("\"kind\" is there twice"));
    EXPECT_THAT(
        problem(one_case(
            {{"kind", R"("frequency")"}, {"parameters", R"({"a": 2})"}, {"expected", "4"}})),
        HasSubstr("not one from 0 to 1"));
}

TEST(CaseFile, AnExpectedValueOfZeroNeedsNoDigits) {
    // 0.1 + 0.2 - 0.3 leaves 5.6e-17.
    EXPECT_EQ(problem(one_case({{"expression", R"("0.1+0.2-0.3")"}, {"expected", "0"}})), "");
}

// F11: one unreadable case refused the whole file.
TEST(CaseFile, OneBadCaseLeavesTheOthersAlone) {
    const std::string fine = one_case().substr(11, one_case().size() - 13);
    const std::string twice = R"({"id": "V03", "id": "V04"})";
    const auto cases =
        parse_cases(R"({"cases": [)" + twice + ", 3, " + fine + ", " + fine + "]}").value();
    ASSERT_EQ(cases.size(), 4U);
    EXPECT_NE(cases[0].problem, "");
    EXPECT_EQ(cases[1].id, "#2");
    EXPECT_EQ(cases[2].problem, "");
    EXPECT_THAT(cases[3].problem, HasSubstr("case 4 of the file has the id of case 3"));
}

TEST(CaseParameters, AreCheckedAndTheMessageNamesThem) {
    ValidationCase c;
    c.parameters = {{"p", 1.5}, {"q", 2e-7}, {"n", 2.5}, {"zero", 0}, {"fine", 7}};
    const auto refusal = [](const auto& read) {
        try {
            read();
        } catch (const ParameterError& error) {
            return std::string(error.what());
        }
        return std::string("read");
    };
    EXPECT_EQ(refusal([&] { return c.share("p"); }), "p = 1.5: it must be from 0 to 1");
    EXPECT_THAT(refusal([&] { return c.ppm("q"); }), HasSubstr("whole parts per million"));
    EXPECT_EQ(refusal([&] { return c.whole("n", 1, 9); }),
              "n = 2.5: it must be a whole number from 1 to 9");
    EXPECT_EQ(refusal([&] { return c.positive("zero"); }), "zero = 0: it must be above 0");
    EXPECT_EQ(refusal([&] { return c.get("none"); }), "there is no parameter \"none\"");
    EXPECT_EQ(c.whole("fine", 7, 7), 7U);
    EXPECT_EQ(c.ppm("zero"), 0U);
}

}  // namespace
}  // namespace aivm::scenarios
