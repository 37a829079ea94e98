// The version of the JSON documents that the commands print: it changes when a key changes its
// meaning or goes, not when one is added. Version 2 made identifiers strings.
#pragma once

namespace aivm::scenarios::cli {

inline constexpr int kJsonVersion = 2;

}  // namespace aivm::scenarios::cli
