// A problem in a scenario: what is wrong, where, and how to correct it; and its form at a terminal.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace aivm::scenarios {

enum class Severity : std::uint8_t { kError, kNote };

struct Diagnostic {
    Severity severity = Severity::kError;
    std::string source;        // a file's name, "--set vm.x=1", an environment variable's name
    std::uint32_t line = 0;    // from 1; 0 without a place in a file
    std::uint32_t column = 0;  // from 1, in characters
    std::uint32_t width = 1;   // characters to underline
    std::string line_text;     // the source line, without its end
    std::string message;       // what is wrong
    std::string remedy;        // the correction; may be empty
};

using Diagnostics = std::vector<Diagnostic>;

// At most this many are kept per file; one more says that there are others.
inline constexpr std::size_t kMaxDiagnostics = 100;

// Several lines, ending in a line break:
//   quickstart.toml:4:1: error: unknown key "chalenge_window_blocks" in [vm]
//     4 | chalenge_window_blocks = 100
//       | ^~~~~~~~~~~~~~~~~~~~~~
//     did you mean "challenge_window_blocks"?
// A remedy is folded to 100 columns.
std::string to_text(const Diagnostic& diagnostic);
std::string to_text(std::span<const Diagnostic> diagnostics);

}  // namespace aivm::scenarios
