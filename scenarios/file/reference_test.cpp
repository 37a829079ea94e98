#include "scenarios/file/reference.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "scenarios/testing/test_scenarios.h"

namespace aivm::scenarios {
namespace {

template <class Owner>
void expect_documented(const Field<Owner>& field, const std::string& page) {
    const auto row = "| `" + std::string(field.info.key) + "` | ";
    const auto value = field.info.required ? std::string("required")
                                           : print_value(field.info, field.default_value());
    const auto end = "| `" + value + "` | " + std::string(field.info.doc) + " |\n";
    auto at = page.find(row);
    while (at != std::string::npos &&
           page.substr(at, page.find('\n', at) + 1 - at).find(end) == std::string::npos)
        at = page.find(row, at + 1);
    EXPECT_NE(at, std::string::npos) << field.info.dotted() << " with default " << value;
}

TEST(Reference, EveryKeyIsOnThePageWithItsDefaultAndMeaning) {
    const auto page = reference_page();
    for (const auto& field : scenario_fields()) expect_documented(field, page);
    for (const auto& field : link_fields()) expect_documented(field, page);
    for (const auto& field : fault_fields()) expect_documented(field, page);
    for (const auto& field : group_fields()) expect_documented(field, page);
    EXPECT_NE(page.find("| `challenge_window_blocks` | an integer, 0 to 1000000 blocks | `100` | "),
              std::string::npos);
    EXPECT_NE(page.find("| `block_interval` | a duration, 1ms to 1h | `\"4s\"` | "),
              std::string::npos);
}

TEST(Reference, TheSchemaHasEveryKeyWithItsTypeRangeAndDefault) {
    const auto schema = nlohmann::json::parse(json_schema());
    const auto& properties = schema["properties"];
    for (const auto& field : scenario_fields()) {
        const auto& table = field.info.section.empty()
                                ? properties
                                : properties[std::string(field.info.section)]["properties"];
        EXPECT_TRUE(table.contains(std::string(field.info.key))) << field.info.dotted();
    }
    EXPECT_EQ(properties["vm"]["additionalProperties"], false);
    EXPECT_EQ(properties["vm"]["properties"]["slash_bps"]["maximum"], 10'000);
    EXPECT_EQ(properties["vm"]["properties"]["slash_bps"]["default"], 10'000);
    EXPECT_EQ(properties["run"]["properties"]["fidelity"]["enum"],
              (std::vector<std::string>{"full", "economic"}));
    EXPECT_EQ(properties["provider"]["items"]["required"], (std::vector<std::string>{"name"}));
    EXPECT_EQ(schema["required"], (std::vector<std::string>{"name", "provider"}));
}

TEST(Reference, HelpIsOneLinePerKeyAndCanBeNarrowed) {
    EXPECT_EQ(
        help_text("vm.slash_bps"),
        "vm.slash_bps                       share of the result bond taken for a wrong result (an "
        "integer, 0 to 10000 basis points; default 10000)\n");
    const auto providers = help_text("provider");
    EXPECT_EQ(static_cast<std::size_t>(std::count(providers.begin(), providers.end(), '\n')),
              group_fields().size());
    EXPECT_EQ(help_text("vm.slash"), "");
    EXPECT_NE(help_text("").find("fault.kind"), std::string::npos);
}

}  // namespace
}  // namespace aivm::scenarios
