// Shared by tests of scenario files: the shortest complete scenario, and a comparison through the
// field table.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "scenarios/file/check.h"
#include "scenarios/file/fields.h"
#include "scenarios/file/load.h"

namespace aivm::scenarios {

inline std::string with_provider(const std::string& more) {
    return "name = \"t\"\n" + more + "\n[[provider]]\nname = \"p\"\n";
}

template <class Owner>
void expect_equal_fields(std::span<const Field<Owner>> fields, const Owner& a, const Owner& b) {
    for (const auto& field : fields) EXPECT_EQ(field.get(a), field.get(b)) << field.info.dotted();
}

inline void expect_equal(const sim::Scenario& a, const sim::Scenario& b) {
    expect_equal_fields(scenario_fields(), a, b);
    ASSERT_EQ(a.actors.size(), b.actors.size());
    for (std::size_t i = 0; i < a.actors.size(); ++i) {
        EXPECT_EQ(a.actors[i].role, b.actors[i].role);
        expect_equal_fields(group_fields(), a.actors[i], b.actors[i]);
    }
    ASSERT_EQ(a.links.size(), b.links.size());
    for (std::size_t i = 0; i < a.links.size(); ++i)
        expect_equal_fields(link_fields(), a.links[i], b.links[i]);
    ASSERT_EQ(a.faults.size(), b.faults.size());
    for (std::size_t i = 0; i < a.faults.size(); ++i)
        expect_equal_fields(fault_fields(), a.faults[i], b.faults[i]);
}

// The loaded scenario; fails the test with the errors if it does not load.
inline sim::Scenario loaded(const std::string& text) {
    auto result = load_scenario_text(text, "t.toml");
    EXPECT_TRUE(result) << (result ? "" : to_text(result.error()));
    return result ? result->scenario : sim::Scenario{};
}

// All errors as text; empty if the text loads.
inline std::string errors_of(const std::string& text, std::span<const Override> overrides = {}) {
    const auto result = load_scenario_text(text, "t.toml", overrides);
    return result ? std::string() : to_text(result.error());
}

}  // namespace aivm::scenarios
