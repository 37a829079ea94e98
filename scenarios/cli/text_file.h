// Writes a file that was named on the command line.
#pragma once

#include <optional>
#include <string>

namespace aivm::scenarios::cli {

// Replaces the file's contents; without a path it does nothing. False if that fails, which is
// reported on stderr.
bool write_text_file(const std::optional<std::string>& path, const std::string& text);

}  // namespace aivm::scenarios::cli
