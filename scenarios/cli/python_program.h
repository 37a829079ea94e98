// The Python that carries what the program does not do itself: the report, and executors.
#pragma once

#include <string>
#include <vector>

namespace aivm::scenarios::cli {

// AIVMSIM_PYTHON, otherwise the environment that ./dev makes in the build folder, otherwise python3
// of the system.
std::string python_program();

// Replaces this process by the command. Returns only if it cannot be started.
void replace_process(const std::vector<std::string>& command);

}  // namespace aivm::scenarios::cli
