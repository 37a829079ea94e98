// The field table for people and for editors.
#pragma once

#include <string>

namespace aivm::scenarios {

// Markdown: every key by table, with its type, default, range and meaning.
std::string reference_page();

// A JSON Schema (draft 2020-12) of a scenario file, for editors that check TOML while it is
// written.
std::string json_schema();

// What `--help` says of one key, or of all keys that start with `prefix` ("vm", "vm.slash_bps",
// "provider"): one line each. Empty when there are none.
std::string help_text(const std::string& prefix);

}  // namespace aivm::scenarios
