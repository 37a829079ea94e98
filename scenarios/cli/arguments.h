// The command line, understood.
#pragma once

#include <functional>
#include <optional>

namespace aivm::scenarios::cli {

// What to do: a command with its request inside, to be called for the exit code; or the exit code
// at once, when there was nothing to do but to print help or to say what is wrong with the
// arguments.
struct Parsed {
    std::function<int()> command;
    int exit_code = 0;
};

Parsed parse_arguments(int argc, char** argv);

}  // namespace aivm::scenarios::cli
