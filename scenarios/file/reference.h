// The field table as a reference page and as an editor schema.
#pragma once

#include <string>

namespace aivm::scenarios {

// Markdown: every key by table, with its type, default, range and meaning.
std::string reference_page();

// A JSON Schema (draft 2020-12) of a scenario file, for editors that check TOML while it is
// written.
std::string json_schema();

// Help on one key, or on all keys that start with `prefix` ("vm", "vm.slash_bps", "provider"): one
// line each. Empty if there are none.
std::string help_text(const std::string& prefix);

}  // namespace aivm::scenarios
