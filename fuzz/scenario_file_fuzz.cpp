// Scenario files from arbitrary bytes: any bytes either load or fail with errors, and a loaded
// scenario prints as a text that loads to the same scenario. Every error has a message, and its
// position, if it has one, is inside the text.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "scenarios/file/check.h"
#include "scenarios/file/load.h"
#include "scenarios/file/print.h"

namespace {

using namespace aivm::scenarios;

void check_errors(const Diagnostics& errors) {
    AIVM_CHECK(!errors.empty() && errors.size() <= kMaxDiagnostics + 1);
    for (const auto& error : errors) {
        AIVM_CHECK(error.severity == Severity::kError && !error.message.empty());
        AIVM_CHECK((error.line == 0) == (error.column == 0) && error.width > 0);
    }
    AIVM_CHECK(!to_text(errors).empty());
}

void check_scenario_survives(const LoadedScenario& first) {
    for (const auto& problem : check_with_profiles(first.scenario)) AIVM_CHECK(is_note(problem));
    const auto text = canonical_text(first.scenario);
    const auto second = load_scenario_text(text, "canonical");
    AIVM_CHECK(second.has_value());
    AIVM_CHECK(canonical_text(second->scenario) == text);
    AIVM_CHECK(!show_config(first).empty() &&
               !to_text(first.notes).empty() == !first.notes.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto loaded = load_scenario_text(text, "fuzz");
    if (loaded) {
        check_scenario_survives(*loaded);
    } else {
        check_errors(loaded.error());
    }
    return 0;
}
