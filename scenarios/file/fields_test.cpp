#include "scenarios/file/fields.h"

#include <gtest/gtest.h>

#include <set>

namespace aivm::scenarios {
namespace {

// The number of members of an aggregate: the largest number of values, each convertible to
// anything, that can initialise it.
struct Anything {
    template <class T>
    operator T() const {
        return T();
    }
};
template <class T, class... Args>
constexpr std::size_t member_count() {
    if constexpr (requires { T{Args{}..., Anything{}}; }) {
        return member_count<T, Args..., Anything>();
    } else {
        return sizeof...(Args);
    }
}

TEST(Fields, EveryMemberOfTheStructsHasARow) {
    EXPECT_EQ(fields_of_section("run").size(), member_count<sim::RunSettings>());
    EXPECT_EQ(fields_of_section("chain").size(), member_count<sim::ChainSettings>());
    EXPECT_EQ(fields_of_section("network").size(), member_count<sim::NetworkSettings>());
    EXPECT_EQ(fields_of_section("swarm").size(), member_count<sim::SwarmSettings>());
    EXPECT_EQ(fields_of_section("tasks").size(), member_count<sim::Workload>());
    EXPECT_EQ(fields_of_section("vm").size(), member_count<Config>() + member_count<Policy>());
    EXPECT_EQ(fault_fields().size(), member_count<sim::FaultPlan>());
    EXPECT_EQ(link_fields().size(), member_count<sim::LinkRule>());
    EXPECT_EQ(group_fields().size() + 2,
              member_count<sim::ActorGroup>() + member_count<sim::AcceleratorFaults>())
        << "the role is the name of the table, and the faults of a device have a row each";
    const auto lists = std::size_t{3};  // actors, links, faults
    EXPECT_EQ(fields_of_section("").size() + kSections.size() + lists,
              member_count<sim::Scenario>());
}

TEST(Fields, EveryRowBelongsToAKnownSectionAndIsDocumentedInOneLine) {
    std::size_t in_sections = fields_of_section("").size();
    for (const auto section : kSections) in_sections += fields_of_section(section).size();
    EXPECT_EQ(in_sections, scenario_fields().size());
    const auto check = [](const FieldInfo& info) {
        EXPECT_FALSE(info.doc.empty()) << info.dotted();
        EXPECT_EQ(info.doc.find_first_of("\n|"), std::string_view::npos) << info.dotted();
        EXPECT_FALSE(section_doc(info.section).empty());
        EXPECT_EQ(info.type == FieldType::kChoice, !info.choices.empty()) << info.dotted();
        EXPECT_LE(info.min, info.max) << info.dotted();
    };
    for (const auto& field : scenario_fields()) check(field.info);
    for (const auto& field : link_fields()) check(field.info);
    for (const auto& field : fault_fields()) check(field.info);
    for (const auto& field : group_fields()) check(field.info);
}

TEST(Fields, NoTwoRowsShareAKeyOrAMember) {
    std::set<std::string> keys;
    for (const auto& field : scenario_fields())
        EXPECT_TRUE(keys.insert(field.info.dotted()).second) << field.info.dotted();
    // Writing through one row changes exactly the value that the row reads.
    for (const auto& field : scenario_fields()) {
        if (field.info.type == FieldType::kNames) continue;
        if (field.info.key == "preset") continue;  // it sets several
        sim::Scenario changed;
        if (std::holds_alternative<bool>(field.default_value())) {
            field.set(changed, !std::get<bool>(field.default_value()));
        } else if (std::holds_alternative<std::string>(field.default_value())) {
            field.set(changed, std::string("something-else"));
        } else {
            const bool at_max = std::get<std::uint64_t>(field.default_value()) == field.info.max;
            field.set(changed, at_max ? field.info.min : field.info.max);
        }
        for (const auto& other : scenario_fields())
            EXPECT_EQ(other.get(changed) == other.default_value(),
                      other.info.dotted() != field.info.dotted())
                << field.info.dotted() << " and " << other.info.dotted();
    }
}

template <class Owner>
void expect_default_in_range(const Field<Owner>& field) {
    if (field.info.required) return;
    const auto value = field.default_value();
    if (const auto* number = std::get_if<std::uint64_t>(&value)) {
        EXPECT_TRUE(check_range(field.info, *number)) << field.info.dotted();
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        EXPECT_EQ(parse_value(field.info, *text).value_or(Value{}), value) << field.info.dotted();
    }
}

TEST(Fields, EveryDefaultIsOneThatTheFileCouldGive) {
    for (const auto& field : scenario_fields()) expect_default_in_range(field);
    for (const auto& field : link_fields()) expect_default_in_range(field);
    for (const auto& field : fault_fields()) expect_default_in_range(field);
    for (const auto& field : group_fields()) expect_default_in_range(field);
}

TEST(Fields, TheLargestValueOfEveryRowFitsItsMember) {
    const auto check = [](const auto& field, auto owner) {
        if (!std::holds_alternative<std::uint64_t>(field.default_value())) return;
        field.set(owner, field.info.max);
        EXPECT_EQ(field.get(owner), Value(field.info.max)) << field.info.dotted();
    };
    for (const auto& field : scenario_fields()) check(field, sim::Scenario{});
    for (const auto& field : link_fields()) check(field, sim::LinkRule{});
    for (const auto& field : fault_fields()) check(field, sim::FaultPlan{});
    for (const auto& field : group_fields()) check(field, sim::ActorGroup{});
}

}  // namespace
}  // namespace aivm::scenarios
