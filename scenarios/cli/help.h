// How the help of the command line looks: options in the words of a user, folded to the terminal,
// and an example of each command. Only arguments.cpp and man_page.cpp include this header.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace aivm::scenarios::cli {

// An option in the words of the help: "-o,--out", "FILE", "database to write; also by AIVMSIM_OUT".
struct OptionWords {
    std::string names;
    std::string value;  // empty for a flag
    std::string about;
};
OptionWords words_of(const CLI::Option& option);

// Sets the form of all help texts, and appends the examples to those of the commands.
void set_help(CLI::App& app);

}  // namespace aivm::scenarios::cli
