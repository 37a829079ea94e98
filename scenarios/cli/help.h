// How the help of the command line looks: options in the words of a user, folded to the terminal,
// and an example of each command. Only arguments.cpp includes this header.
#pragma once

#include <CLI/CLI.hpp>

namespace aivm::scenarios::cli {

// Sets the form of all help texts, and appends the examples to those of the commands.
void set_help(CLI::App& app);

}  // namespace aivm::scenarios::cli
