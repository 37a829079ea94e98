// Parses the command line.
#pragma once

#include <functional>
#include <optional>

namespace aivm::scenarios::cli {

// Either a command bound to its request, which returns the exit code when called, or the exit code
// itself, if help was printed or the arguments were wrong.
struct Parsed {
    std::function<int()> command;
    int exit_code = 0;
};

Parsed parse_arguments(int argc, char** argv);

}  // namespace aivm::scenarios::cli
