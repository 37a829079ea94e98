// Databases as the user names them.
#pragma once

#include <optional>
#include <string>

#include "sim/record/study.h"

namespace aivm::scenarios::cli {

// Nothing when it is no whole database of ours; stderr has been told why. What is worth knowing of
// an older one is told there too.
std::optional<sim::Study> open_for_user(const std::string& path);

}  // namespace aivm::scenarios::cli
