// Opens databases that the user names.
#pragma once

#include <optional>
#include <string>

#include "sim/record/study.h"

namespace aivm::scenarios::cli {

// Empty if the file is not a complete database of aivmsim; the reason has been written to stderr,
// as are notes on an older version.
std::optional<sim::Study> open_for_user(const std::string& path);

}  // namespace aivm::scenarios::cli
