// Explains a finding: what is promised, what happened instead, and what led to it.
#pragma once

#include <string>

namespace aivm::scenarios::cli {

// Whether the text names a finding's folder, or a scenario file with a recorded run.
bool names_finding(const std::string& text);

// Prints the explanation; returns the exit code of the command, 0 unless the finding cannot be read
// or repeated.
int explain_finding(const std::string& path);

}  // namespace aivm::scenarios::cli
