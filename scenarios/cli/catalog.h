// The scenarios of the catalogue, by name.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace aivm::scenarios::cli {

// AIVMSIM_CATALOG if it is set, otherwise the catalogue of the source tree that this program was
// built from.
std::filesystem::path catalog_folder();

// The file of validation cases: AIVMSIM_CASES, otherwise that of the source tree.
std::string built_in_cases();

// Names of the catalogue, sorted; empty if the folder cannot be read.
std::vector<std::string> catalog_names();

// Resolves an argument: the file if there is one, otherwise the scenario of the catalogue with this
// name. Any other text is returned unchanged, so that opening it reports the error.
std::filesystem::path scenario_path(const std::string& written);

// Why the catalogue cannot be used: its folder, which was looked for, is missing or holds no
// scenario, as where the source tree was moved after the build. Empty if all is well.
std::string missing_catalog();

// A message for a name that is neither a file nor in the catalogue; empty if the text looks like a
// path.
std::string unknown_scenario(const std::string& written);

}  // namespace aivm::scenarios::cli
