#include "scenarios/validation/case_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace aivm::scenarios {
namespace {

using ::testing::HasSubstr;

constexpr const char* kCases = AIVM_SOURCE_DIR "/scenarios/validation/cases.json";

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

std::string fault(const std::string& text) {
    const auto cases = parse_cases(text);
    return cases ? "no fault" : cases.error().context;
}

TEST(CaseFile, OursHasAllCasesAndEveryExpectedValueIsThatOfItsExpression) {
    const auto cases = load_cases(kCases);
    ASSERT_TRUE(cases) << cases.error().text();
    EXPECT_EQ(cases->size(), 41U);
    std::set<std::string> without;
    for (const auto& one : *cases) {
        if (one.expression.empty()) without.insert(one.id);
    }
    EXPECT_EQ(without, (std::set<std::string>{"C03", "C04", "C05", "C06", "C07", "C09", "C10"}));
}

TEST(CaseFile, ReadsACase) {
    const auto cases = parse_cases(one_case());
    ASSERT_TRUE(cases) << cases.error().text();
    EXPECT_EQ(cases->front().id, "V01");
    EXPECT_EQ(cases->front().kind, CaseKind::kMean);
    EXPECT_EQ(cases->front().ppm("a"), 500'000U);
}

TEST(CaseFile, RefusesWhatIsForeignOrBrokenWithOneClearSentence) {
    EXPECT_THAT(fault("{"), HasSubstr("no JSON, from byte"));
    EXPECT_THAT(fault("[]"), HasSubstr("no list \"cases\""));
    EXPECT_THAT(fault(R"({"cases": []})"), HasSubstr("no list \"cases\""));
    EXPECT_THAT(fault(R"({"cases": [3]})"), HasSubstr("case 1 is not an object"));
    EXPECT_THAT(fault(R"({"cases": [{"id": "V01"}]})"), HasSubstr("case 1 has no \"quantity\""));
    EXPECT_THAT(fault(R"({"case": 1, "cases": [{}]})"), HasSubstr("\"case\" is no key"));
    EXPECT_THAT(fault(one_case({{"expected", R"("0.25")"}})),
                HasSubstr("\"expected\" must be a number"));
    EXPECT_THAT(fault(one_case({{"expected", "0.26"}})),
                HasSubstr("V01: expected is 0.26, but a**2 is 0.25"));
    EXPECT_THAT(fault(one_case({{"extra", "1"}})), HasSubstr("\"extra\" is no key of a case"));
    EXPECT_THAT(fault(one_case({{"id", R"("X1")"}})), HasSubstr("\"X1\" is no id"));
    EXPECT_THAT(fault(one_case({{"kind", R"("guess")"}})),
                HasSubstr("kind must be one of frequency"));
    EXPECT_THAT(fault(one_case({{"expression", R"("b")"}})),
                HasSubstr("no parameter is called 'b'"));
    EXPECT_THAT(fault(one_case({{"parameters", R"({"a": "x"})"}})), HasSubstr("parameter \"a\""));
    const std::string one = one_case();
    const std::string twice = one.substr(0, one.size() - 2) + ", " + one.substr(11);
    EXPECT_THAT(fault(twice), HasSubstr("V01 is there twice"));
    EXPECT_THAT(fault(R"({"cases": [{"id": 1, "id": 2}]})"),
                HasSubstr("an object has \"id\" twice"));
    EXPECT_THAT(load_cases("no/such/file").error().text(), HasSubstr("no such file"));
    EXPECT_THAT(load_cases("/").error().text(), HasSubstr("no file"));
}

}  // namespace
}  // namespace aivm::scenarios
