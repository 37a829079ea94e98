// The scenarios that come with aivmsim, by name.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace aivm::scenarios::cli {

// AIVMSIM_CATALOG, else the folder of the source tree that this program was built from.
std::filesystem::path catalog_folder();

// Names of the catalogue, sorted; empty when the folder cannot be read.
std::vector<std::string> catalog_names();

// The file meant by what the user wrote: that file where there is one, else the catalogue's
// scenario of this name. What is neither is returned as it is; opening it tells what is wrong.
std::filesystem::path scenario_path(const std::string& written);

// A sentence for a name that is neither a file nor in the catalogue; empty when the text looks like
// a path.
std::string unknown_scenario(const std::string& written);

}  // namespace aivm::scenarios::cli
