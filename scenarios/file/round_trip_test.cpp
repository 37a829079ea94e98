// Any scenario within the table's ranges prints to a text that loads to the same scenario.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "scenarios/file/print.h"
#include "scenarios/testing/test_scenarios.h"

namespace aivm::scenarios {
namespace {

rc::Gen<std::string> any_name() {
    const auto letter = rc::gen::elementOf(std::string("abcxyzABZ0189_-"));
    return rc::gen::suchThat(rc::gen::resize(20, rc::gen::container<std::string>(letter)),
                             [](const std::string& s) { return !s.empty(); });
}

rc::Gen<std::string> any_text() {
    return rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab \"\\'#\n\t=[]{}.")));
}

rc::Gen<std::uint64_t> between(std::uint64_t min, std::uint64_t max) {
    return rc::gen::oneOf(rc::gen::inRange(min, max), rc::gen::element(min, max));
}

Value any_value(const FieldInfo& info) {
    switch (info.type) {
        case FieldType::kBoolean:
            return *rc::gen::arbitrary<bool>();
        case FieldType::kName:
            return *any_name();
        case FieldType::kText:
            return (*any_text()).substr(0, info.max);
        case FieldType::kNames:
            return *rc::gen::container<std::vector<std::string>>(any_name());
        case FieldType::kNameLists:
            return *rc::gen::container<NameLists>(
                rc::gen::container<std::vector<std::string>>(any_name()));
        case FieldType::kIntegers: {
            std::vector<std::uint32_t> out;
            for (const auto number :
                 *rc::gen::container<std::vector<std::uint64_t>>(between(info.min, info.max)))
                out.push_back(static_cast<std::uint32_t>(number));
            return out;
        }
        case FieldType::kTrace:
            return std::string(*rc::gen::element("", "arrival_s,input,output\n0,5,6\n1.5,7,8\n"));
        case FieldType::kPrices:
            return std::string(*rc::gen::element("", "time_s,price\n0,1\n2.5,0.5\n"));
        case FieldType::kParameters:
            return *rc::gen::resize(10, rc::gen::container<ParameterTable>(
                                            any_name(), rc::gen::arbitrary<std::int64_t>()));
        default:
            return *between(info.min, info.max);
    }
}

bool fits_together(const sim::Scenario& scenario) {
    const auto problems = check_with_profiles(scenario);
    return std::all_of(problems.begin(), problems.end(), is_note);
}

// Sets each field of `owner`, which is part of `scenario`, to a random value, unless
// check_with_profiles refuses the scenario.
template <class Owner>
void randomise(std::span<const Field<Owner>> fields, Owner& owner, const sim::Scenario& scenario) {
    for (const auto& field : fields) {
        const auto before = field.get(owner);
        Value value = any_value(field.info);
        // Thousands of participants would only make each of the checks below slow.
        const std::string_view key = field.info.key;
        const bool counts = key == "validators" || key == "requesters" || key == "count";
        auto* number = std::get_if<std::uint64_t>(&value);
        if (counts && number != nullptr) *number = 1 + *number % 64;
        field.set(owner, value);
        if (!fits_together(scenario)) field.set(owner, before);
    }
}

// A group of every role and a fault of every kind, before anything is random.
sim::Scenario everything() {
    return loaded(R"(name = "t"
[[provider]]
name = "p"
[[provider]]
name = "q"
[[challenger]]
name = "c"
[[requester]]
name = "r"
[[validator]]
name = "v"
[[fault]]
kind = "crash"
at = "1m"
validators = [1]
[[fault]]
kind = "partition"
at = "1m"
duration = "1m"
regions = ["AP", "NA"]
[[link]]
from = ["AP"]
loss = "1%"
[[link]]
to_validators = [0]
jitter = "1ms"
[[fault]]
kind = "partition"
at = "1m"
duration = "1m"
groups = [["AP"], ["NA", "0"], ["c"]]
[[fault]]
kind = "slow_node"
at = "1m"
duration = "1m"
delay = "1s"
validators = [3, 2]
)");
}

TEST(RoundTrip, AnyValidScenarioSurvivesPrintingAndLoading) {
    EXPECT_TRUE(rc::check("canonical text", [] {
        auto scenario = everything();
        for (auto& group : scenario.actors) randomise(group_fields(), group, scenario);
        for (auto& link : scenario.links) randomise(link_fields(), link, scenario);
        for (auto& fault : scenario.faults) randomise(fault_fields(), fault, scenario);
        randomise(scenario_fields(), scenario, scenario);
        const auto text = canonical_text(scenario);
        const auto again = load_scenario_text(text, "t.toml");
        if (!again) RC_FAIL(to_text(again.error()));
        expect_equal(again->scenario, scenario);
        RC_ASSERT(canonical_text(again->scenario) == text);
        RC_ASSERT(!::testing::Test::HasFailure());
    }));
}

TEST(RoundTrip, EveryValueOfEveryRowSurvivesAlone) {
    EXPECT_TRUE(rc::check("print then read", [] {
        const auto check = [](const FieldInfo& info) {
            const auto value = any_value(info);
            const auto toml = print_value(info, value);
            if (!is_quoted(info.type) || info.type == FieldType::kText || is_data(info.type))
                return;
            const auto read = parse_value(info, std::string_view(toml).substr(1, toml.size() - 2));
            RC_ASSERT(read.has_value());
            RC_ASSERT(*read == value);
        };
        for (const auto& field : scenario_fields()) check(field.info);
        for (const auto& field : group_fields()) check(field.info);
        for (const auto& field : link_fields()) check(field.info);
        for (const auto& field : fault_fields()) check(field.info);
    }));
}

}  // namespace
}  // namespace aivm::scenarios
