#include "scenarios/cli/text_file.h"

#include <fmt/format.h>

#include <fstream>

#include "scenarios/cli/terminal.h"

namespace aivm::scenarios::cli {

bool write_text_file(const std::optional<std::string>& path, const std::string& text) {
    if (!path) return true;
    std::ofstream file(*path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file.fail()) return true;
    complain(
        fmt::format("{} cannot be written; does its folder exist, and is the disk full?", *path));
    return false;
}

}  // namespace aivm::scenarios::cli
