// The manual page of aivmsim, in the roff of man(7), from the definitions of the command line. Only
// arguments.cpp includes this header.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace aivm::scenarios::cli {

// Requires that set_help() was called for the same `app`. `version` stands in the footer.
std::string man_page(const CLI::App& app, const std::string& version);

}  // namespace aivm::scenarios::cli
